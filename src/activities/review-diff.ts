/** What a task has changed so far, not only in this attempt: a retry is judged by the whole. */
import { turn as loadTurn } from '../db/turns.ts';
import type { Change, HostApi } from '../domain/host-api.ts';
import { rankOf } from '../domain/prompt/relevance.ts';
import type { TurnCall } from './contract.ts';
import type { Deps } from './deps.ts';
import type { Beat } from './heartbeat.ts';
import { onHost } from './on-host.ts';
import { taskIn, type Planned } from './plans.ts';
import { hostOf } from './workspaces.ts';
import { firstTree } from './forks.ts';
import { treesOf } from './places.ts';

/** What is asked of the host; the prompt cuts it to what the model is given. */
const DIFF_BYTES = 256 * 1024;
const FILE_BYTES = 64 * 1024;
/** A call each. */
const MAX_FILES = 200;

export interface TaskDiff {
  text: string;
  /** Changed paths that are not in it at all. */
  leftOut: string[];
}

export async function diffOfTask(deps: Deps, context: Planned, call: TurnCall, beat: Beat): Promise<TaskDiff> {
  const [{ treeAfter, treeBefore }, first] = await Promise.all([loadTurn(deps.db, call), firstTree(deps, context, call)]);
  const trees = { ...treesOf(context), from: first ?? treeBefore, to: treeAfter ?? treeBefore };
  const { instructions, acceptance } = taskIn(context, call.task);
  const found = await onHost(hostOf(deps, context, beat.signal), (api) => read(api, trees, [instructions, ...acceptance].join('\n')));
  return { ...found, text: deps.redactor(context.plan.agent).text(found.text) };
}

type Trees = Parameters<HostApi['diffTrees']>[0];

/** One that is too long comes in the order of its paths, and would be cut there: then the telling files are asked for one by one. */
async function read(api: Pick<HostApi, 'diffText' | 'diffTrees'>, trees: Trees, named: string): Promise<TaskDiff> {
  const whole = await api.diffText({ ...trees, path: null, maxBytes: DIFF_BYTES });
  if (!whole.truncated) return { text: whole.text, leftOut: whole.damaged };
  const { changes } = await api.diffTrees(trees);
  const texts: string[] = [];
  const unreadable: string[] = [];
  let left = DIFF_BYTES;
  const ordered = inOrder(changes, named);
  while (left > 0 && texts.length < Math.min(MAX_FILES, ordered.length)) {
    const { text, leftOut, damaged } = await api.diffText({ ...trees, path: ordered[texts.length] ?? null, maxBytes: Math.min(FILE_BYTES, left) });
    unreadable.push(...leftOut, ...damaged);
    texts.push(text);
    left -= Buffer.byteLength(text);
  }
  return { text: texts.join(''), leftOut: [...unreadable, ...ordered.slice(texts.length)] };
}

const inOrder = (changes: Change[], named: string): string[] =>
  changes.map(({ path, sizeAfter }) => ({ path, rank: rankOf(path, named), sizeAfter }))
    .sort((a, b) => a.rank - b.rank || a.sizeAfter - b.sizeAfter).map(({ path }) => path);
