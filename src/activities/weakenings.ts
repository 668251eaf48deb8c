/** Looks, when a turn has ended, for what its task has changed in the evidence: from the task's first tree to the one now. */
import { insertWeakenings } from '../db/weakenings.ts';
import type { Change } from '../domain/host-api.ts';
import type { Policy, TaskPlan } from '../domain/plan.ts';
import { contentsNeeded, findWeakenings, type ChangedFile, type EvidenceRules } from '../domain/weakening/find-weakenings.ts';
import type { TurnCall } from './contract.ts';
import type { Deps } from './deps.ts';
import type { Beat } from './heartbeat.ts';
import { onHost } from './on-host.ts';
import { planned, taskIn, type Planned } from './plans.ts';
import { hostOf } from './workspaces.ts';
import { firstTree } from './forks.ts';
import { treesOf } from './places.ts';

/** A larger file holds no tests that anybody has written. */
const MAX_FILE_BYTES = 1024 * 1024;
const PATHS_A_CALL = 100;

type Texts = Map<string, string | null>;

type ReadTexts = (tree: string, paths: string[]) => Promise<Texts>;

function readerOf(deps: Deps, context: Planned, beat: Beat): ReadTexts {
  const target = hostOf(deps, context, beat.signal);
  return async (tree, paths) => {
    const texts: Texts = new Map();
    for (let at = 0; at < paths.length; at += PATHS_A_CALL) {
      const request = { ...treesOf(context), tree, paths: paths.slice(at, at + PATHS_A_CALL), maxBytes: MAX_FILE_BYTES };
      const { files } = await onHost(target, (api) => api.readFiles(request));
      for (const { path, text } of files) texts.set(path, text);
    }
    return texts;
  };
}

function rulesFor({ policy, checks }: { policy: Policy; checks: readonly { run: string }[] }, task: TaskPlan, packageText: string | null): EvidenceRules {
  return {
    checks: checks.map(({ run }) => run), packageText,
    locked: policy.locked ?? [], mayChange: task.mayChange ?? [], allow: policy.evidence?.allow ?? [],
  };
}

const pathsOf = ({ path, from }: Change): string[] => (from === undefined ? [path] : [from, path]);

interface Trees {
  from: string;
  to: string;
}

/** Only of files that matter is the content read; of the others the path is enough. */
async function filesOf(changes: readonly Change[], { from, to }: Trees, rules: EvidenceRules, read: ReadTexts): Promise<ChangedFile[]> {
  const wanted = changes.filter((change) => change.op !== 'mode' && pathsOf(change).some((path) => contentsNeeded(path, rules)));
  const old = wanted.filter(({ shaBefore }) => shaBefore !== null).map((change) => change.from ?? change.path);
  const [before, after] = await Promise.all([read(from, old), read(to, wanted.filter(({ shaAfter }) => shaAfter !== null).map(({ path }) => path))]);
  return changes.map((change) => {
    const { path, op, from: source } = change;
    const text = after.get(path) ?? null;
    const isUnreadable = wanted.includes(change) && change.shaAfter !== null && text === null;
    return { path, op, ...(source !== undefined && { from: source }), before: before.get(source ?? path) ?? null, after: text, ...(isUnreadable && { unreadable: true }) };
  });
}

/** May be repeated. `tree`: that after the turn. Gives the changes that were looked at. */
export async function noteWeakenings(deps: Deps, call: TurnCall, tree: string, beat: Beat): Promise<Change[]> {
  const context = await planned(deps, call);
  const from = (await firstTree(deps, context, call)) ?? tree;
  const { changes } = await onHost(hostOf(deps, context, beat.signal), (api) => api.diffTrees({ ...treesOf(context), from, to: tree }));
  const read = readerOf(deps, context, beat);
  const packageText = changes.length === 0 ? null : ((await read(from, ['package.json'])).get('package.json') ?? null);
  const rules = rulesFor(context.plan, taskIn(context, call.task), packageText);
  await insertWeakenings(deps.db, call, findWeakenings(await filesOf(changes, { from, to: tree }, rules, read), rules));
  return changes;
}
