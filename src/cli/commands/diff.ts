/** `holdpoint diff TARGET`: which paths changed between two checkpoints, and by which tool call. */
import type { Command } from 'commander';
import { diffRows, type Diff, type DiffRow } from '../../db/diff.ts';
import { changesOfCall } from '../../db/live-changes.ts';
import { netChanges } from '../../db/net-changes.ts';
import { workspaceOf } from '../../db/plans.ts';
import { HoldpointError } from '../../domain/failure-kind.ts';
import type { Target } from '../../domain/ids.ts';
import { define, type Call, type Frame } from '../command.ts';
import { followChanges } from '../diff-follow.ts';
import { patchText, pathsOf, readableText, summaryOf, type Part } from '../diff-text.ts';
import { write } from '../io.ts';
import { existingTarget } from '../targets.ts';

interface Options {
  stat?: boolean;
  patch?: boolean;
  follow?: boolean;
  call?: string;
  path?: string[];
}

type Found = Diff & { parts: Part[] };

type Wanted = (row: DiffRow) => boolean;

/** A file, or all below a folder; a rename by either of its paths. */
function byPaths({ path: asked }: Options): Wanted {
  if (!asked) return () => true;
  const wanted = asked.map((path) => path.replace(/^(\.\/)+/, '').replace(/\/+$/, ''));
  return (row) => pathsOf([row]).some((path) => wanted.some((one) => one === '.' || path === one || path.startsWith(`${one}/`)));
}

/** Of several turns only what they changed: somebody else may have been at the files between them. */
async function ofTurns({ session, options, args: [name = ''] }: Call<Options>, target: Target): Promise<Found> {
  const diff = await diffRows(session.db, target);
  const { from, to } = diff;
  if (from === null || to === null) {
    const why = from === null ? 'has no turn yet' : 'has no turn yet that has ended';
    throw new HoldpointError('unknown_target', `${name} ${why}`, { hint: `see \`holdpoint diff ${name} -f\`, or \`holdpoint status ${target.project} --watch\`` });
  }
  const changes = diff.changes.filter(byPaths(options));
  const isWhole = target.turn !== undefined && !options.path;
  return { from, to, changes, parts: [{ from, to, paths: isWhole ? null : pathsOf(changes) }] };
}

/** Each step in which the call was seen to change something has trees of its own. */
async function ofCall({ session, options, args: [name = ''] }: Call<Options>, target: Target, id: string): Promise<Found> {
  const rows = await changesOfCall(session.db, target, id);
  const [first, last] = [rows.at(0), rows.at(-1)];
  if (!first || !last) {
    throw new HoldpointError('unknown_target', `no change of ${name} is known to be by the call ${id}`, { hint: `see \`holdpoint diff ${name} --stat\` or \`holdpoint logs ${name}\`` });
  }
  const wanted = rows.filter(byPaths(options));
  const steps = Map.groupBy(wanted, ({ trees }) => `${trees.from} ${trees.to}`);
  const parts = [...steps.values()].flatMap((step) => (step[0] ? [{ ...step[0].trees, paths: pathsOf(step) }] : []));
  const changes = wanted.map(({ path, op, from, mode, shaBefore, shaAfter, sizeBefore, sizeAfter, added, removed, by }): DiffRow =>
    ({ path, op, ...(from !== undefined && { from }), mode, shaBefore, shaAfter, sizeBefore, sizeAfter, added, removed, by }));
  return { from: first.trees.from, to: last.trees.to, changes: parts.length > 1 ? netChanges(changes) : changes, parts };
}

const found = (call: Call<Options>, target: Target): Promise<Found> =>
  (call.options.call === undefined ? ofTurns(call, target) : ofCall(call, target, call.options.call));

/** The text is not stored: the host has the trees. */
async function hostOf({ session }: Call<Options>, project: string) {
  const { host, workspace } = await workspaceOf(session.db, project);
  return { api: (await session.hosts.link(host)).api, workspace };
}

async function show(call: Call<Options>, target: Target): Promise<void> {
  const { options, json, io, print } = call;
  const { parts, ...diff } = await found(call, target);
  const isTextWanted = !json && !options.stat && diff.changes.length > 0;
  if (options.patch && !json) {
    const { api, workspace } = await hostOf(call, target.project);
    await write(io.stdout, isTextWanted ? await patchText(api, workspace, parts) : '');
    return;
  }
  const host = isTextWanted ? await hostOf(call, target.project) : undefined;
  const text = host ? await readableText(host.api, host.workspace, parts, io) : '';
  await print(diff, () => (text === '' ? summaryOf(diff.changes) : `${summaryOf(diff.changes)}\n\n${text}`));
}

async function diff(call: Call<Options>): Promise<void> {
  const { session, args: [name = ''], options, json } = call;
  const target = await existingTarget(session.db, name);
  if (!options.follow) return show(call, target);
  const isWanted = byPaths(options);
  const isOfCall: Wanted = ({ by }) => options.call === undefined || (by.kind === 'tool' && by.toolUseId === options.call);
  const isRead = await followChanges(call, target, (change) => isWanted(change) && isOfCall(change));
  if (isRead && !json && (await diffRows(session.db, target)).to !== null) await show({ ...call, options: { ...options, stat: true, patch: false } }, target);
}

const several = (path: string, before: string[] = []): string[] => [...before, path];

export function addDiff(program: Command, frame: Frame): void {
  const command = program.command('diff').description('what a turn, a task, a milestone or a project changed')
    .argument('<target>', 'project[/milestone[/task[.turn]]]')
    .option('--stat', 'only the list of paths; does not ask the host')
    .option('--patch', 'only the patch, whole and with binary files, for `git apply`')
    .option('--call <tool-use-id>', 'only what this tool call changed')
    .option('--path <path>', 'only this file or folder; may be given several times', several)
    .option('-f, --follow', 'what changes while a turn runs, until the target ends');
  define<Options>(frame, command, diff);
}
