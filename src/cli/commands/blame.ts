/** `holdpoint blame PATH`: which turn and which tool call wrote each line of a file. */
import { isAbsolute, posix, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { blameSteps, causesOf, type BlameStep, type CauseOf } from '../../db/blame-steps.ts';
import { listProjects, type ProjectPlace } from '../../db/plans.ts';
import type { BlameDocument } from '../../domain/documents/turns.ts';
import { HoldpointError } from '../../domain/failure-kind.ts';
import type { BlamedFile, BlamedLine } from '../../domain/host-api.ts';
import { define, type Call, type Frame } from '../command.ts';
import { colorsFor, type Io } from '../io.ts';

interface Options {
  project?: string;
}

const MAX_BYTES = 4 * 1024 * 1024;

interface Place extends ProjectPlace {
  /** In the workspace. */
  path: string;
}

const under = (folder: string, path: string): string | null => {
  const inside = relative(folder, path);
  return inside.startsWith('..') || isAbsolute(inside) ? null : inside;
};

/** As it is written, where it is in a workspace of this machine; otherwise it is relative to the workspace. */
function placeIn(project: ProjectPlace, path: string, cwd: string): Place | null {
  const inside = under(project.workspace, isAbsolute(path) || project.host !== 'local' ? path : resolve(cwd, path));
  return inside === null ? null : { ...project, path: inside };
}

async function placeOf({ session, io, args: [path = ''], options }: Call<Options>): Promise<Place> {
  const projects = await listProjects(session.db);
  const named = options.project === undefined ? projects : projects.filter(({ project }) => project === options.project);
  if (named.length === 0) throw new HoldpointError('unknown_project', `there is no project ${options.project ?? ''}`.trim(), { hint: 'see `holdpoint status`' });
  const here = named.flatMap((one) => placeIn(one, path, io.cwd) ?? []);
  const [found, ...more] = here.length > 0 || isAbsolute(path) ? here : named.map((one) => ({ ...one, path: posix.normalize(path) }));
  if (found && more.length === 0) return found;
  const hint = found ? `say which with --project: ${[found, ...more].map(({ project }) => project).join(', ')}` : 'name it relative to the workspace of the project';
  throw new HoldpointError('bad_input', found ? `${path} may be a file of several projects` : `${path} is in no workspace`, { hint });
}

async function ask({ session }: Call<Options>, { project, host, workspace, path }: Place, steps: BlameStep[]): Promise<BlamedFile> {
  if (steps.length === 0) throw new HoldpointError('unknown_target', `${project} has no turn yet`, { hint: `see \`holdpoint status ${project}\`` });
  const { api } = await session.hosts.link(host);
  const file = await api.blameFile({ workspace, trees: steps.map(({ tree }) => tree), path, maxBytes: MAX_BYTES });
  if (!file.exists) throw new HoldpointError('unknown_target', `${path} is not in the last checkpoint of ${project}`, { hint: 'the path is relative to the workspace' });
  if (!file.isText) throw new HoldpointError('bad_input', `${path} is no text, or larger than 4 MiB`);
  return file;
}

type By = BlameDocument['lines'][number]['by'];

function whoOf(step: BlameStep | undefined, path: string, causeOf: CauseOf): By {
  if (step?.kind !== 'turn') return { kind: step?.kind === 'between' ? 'other' : 'before' };
  const { id, ...turn } = step.turn;
  return { ...turn, ...causeOf({ turn: id, tree: step.tree, path }) };
}

async function blame(call: Call<Options>): Promise<void> {
  const { session, print, io } = call;
  const place = await placeOf(call);
  const steps = await blameSteps(session.db, place.project);
  const file = await ask(call, place, steps);
  const stepOf = ({ tree }: BlamedLine): BlameStep | undefined => steps[tree];
  const turns = new Set(file.lines.flatMap((line) => { const step = stepOf(line); return step?.kind === 'turn' ? [step.turn.id] : []; }));
  const causeOf = await causesOf(session.db, [...turns], [...new Set(file.lines.map(({ path }) => path))]);
  const lines = file.lines.map((line, n) => ({ line: n + 1, text: line.text, path: line.path, by: whoOf(stepOf(line), line.path, causeOf) }));
  const document: BlameDocument = { project: place.project, path: place.path, tree: file.tree, forgotten: file.missing, lines };
  await print(document, () => textOf(document, io));
}

function nameOf({ kind, milestone, task, turn, tool, toolUseId }: By): string {
  if (kind === 'before') return 'before Holdpoint';
  if (turn === undefined) return 'somebody else';
  const place = `${milestone}/${task}.${turn}`;
  return kind === 'tool' ? `${place} ${tool} ${toolUseId}` : `${place} nobody known`;
}

/** Not a table: the spaces of a line of code are part of it. */
function textOf({ lines, forgotten }: BlameDocument, io: Io): string {
  const { dim, cyan } = colorsFor(io);
  const names = lines.map(({ by }) => nameOf(by));
  const [width, digits] = [Math.max(0, ...names.map((name) => name.length)), String(lines.length).length];
  const shown = lines.map(({ line, text, by }, n) =>
    `${(by.kind === 'tool' ? cyan : dim)((names[n] ?? '').padEnd(width))}  ${dim(String(line).padStart(digits))}  ${text}`);
  const remark = forgotten === 0 ? [] : [dim(`${forgotten} of the checkpoints are not kept any more: what they brought counts for the next one`)];
  return [...shown, ...remark].join('\n');
}

export function addBlame(program: Command, frame: Frame): void {
  const command = program.command('blame').description('which turn and tool call wrote each line of a file')
    .argument('<path>', 'in the workspace').option('--project <project>', 'whose file it is, where that is not clear');
  define<Options>(frame, command, blame);
}
