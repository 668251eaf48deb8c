/** Ties what a turn changed to the tool calls that were open meanwhile: docs/decisions/0025. */
import { posix } from 'node:path';
import { callPositions } from '../db/agent-events.ts';
import { insertChanges, seenCauses } from '../db/file-changes.ts';
import { runsOfTurn, type Run } from '../db/runs.ts';
import { causeOf, openAt, originsOf, suspects, type ChangeCause, type Origin, type Step, type WrittenBy } from '../domain/attribution.ts';
import { callIntervals, callSpans, readMarks, type CallMark, type CallSpan, type IsOver } from '../domain/call-marks.ts';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { Change, TreesOf } from '../domain/host-api.ts';
import type { TurnRef } from '../domain/ids.ts';
import type { Deps } from './deps.ts';
import { readWhole } from './follow-run.ts';
import { onHost, type HostCall } from './on-host.ts';
import { treesOf } from './places.ts';
import type { Planned } from './plans.ts';
import { summaryOf } from './stored-stream.ts';

/** Far above any real run: a line has 200 bytes. */
const MOST_MARKS_BYTES = 32 * 1024 * 1024;

export interface Trees {
  from: string;
  to: string;
}

/** What the runs of a turn have told about its calls. */
interface Told {
  marks: CallMark[];
  isOver: IsOver;
  writtenBy: WrittenBy;
}

/** A run that is gone from the host has no marks: what it changed is tied to the calls around it, or to nobody. */
async function marksOf(target: HostCall, { key }: Run): Promise<CallMark[]> {
  const text = await readWhole(target, key, 'calls', MOST_MARKS_BYTES);
  return typeof text === 'string' ? readMarks(text) : [];
}

async function toldBy(deps: Deps, target: HostCall, { plan, place }: Planned, turn: TurnRef): Promise<Told> {
  const written = new Map<string, string>();
  const marks: CallMark[] = [];
  for (const run of await runsOfTurn(deps.db, turn)) {
    const { writes } = await summaryOf(deps, plan.agent, run.key);
    for (const { path, toolUseId } of writes) written.set(toolUseId, inWorkspace(place.path, path));
    marks.push(...(await marksOf(target, run)));
  }
  const positions = await callPositions(deps.db, turn);
  const isOver: IsOver = (earlier, later) => (positions.get(earlier)?.answered ?? Infinity) < (positions.get(later)?.made ?? -1);
  return { marks, isOver, writtenBy: (id) => written.get(id) };
}

/** As the agent names it, relative to the workspace. */
export const inWorkspace = (workspace: string, path: string): string => posix.relative(workspace, posix.resolve(workspace, path));

/** The steps between the trees of the marks; one step over all where the host has forgotten those trees. */
async function stepsOf(target: HostCall, of: TreesOf, { from, to }: Trees, { marks, isOver }: Told): Promise<Step[]> {
  // One after the other: a turn has thousands of calls, and each comparison is a process on the host.
  const between = async (known: readonly CallMark[]): Promise<Step[]> => {
    const steps: Step[] = [];
    for (const interval of callIntervals({ first: from, marks: known, last: to, isOver })) {
      const { changes } = await onHost(target, (api) => api.diffTrees({ ...of, from: interval.from, to: interval.to }));
      steps.push({ ...interval, changes });
    }
    return steps;
  };
  try {
    return await between(marks);
  } catch (error) {
    if (!(error instanceof HoldpointError && error.kind === 'unknown_target')) throw error;
    return between(marks.map((mark) => ({ ...mark, tree: undefined })));
  }
}

/** A rename changes two paths: nothing is left at the old one. Whoever has written the new one need not have taken that away. */
const ends = (changes: readonly Change[]): Pick<Change, 'path' | 'shaAfter'>[] =>
  changes.flatMap((change) => (change.from === undefined ? [change] : [change, { path: change.from, shaAfter: null }]));

/** Where several calls may have made a change, the kernel's own time of it may tell which was open then. */
async function narrowed(target: HostCall, workspace: string, origins: ReadonlyMap<string, Origin>, spans: readonly CallSpan[]): Promise<Map<string, Origin['suspects']>> {
  const unclear = [...origins].filter(([, origin]) => origin.suspects.length > 1);
  if (unclear.length === 0) return new Map();
  const { times } = await onHost(target, (api) => api.changeTimes({ workspace, paths: unclear.map(([path]) => path) }));
  return new Map(unclear.flatMap(([path, origin], n) => {
    const time = times[n];
    return typeof time === 'number' ? [[path, openAt(time, origin.suspects, spans)] as const] : [];
  }));
}

export interface Attributed {
  /** The changes between the checkpoints, each with its cause. */
  changes: (Change & { by: ChangeCause })[];
  /** Paths that nobody of ours has changed, also old ones of renames: the tree that holds what was there before. */
  unexpected: { path: string; before: string }[];
}

/** Stores the steps of the turn as rows of their own, and gives the changes between its checkpoints with their causes. May be repeated. */
export async function attribute(deps: Deps, target: HostCall, context: Planned, turn: TurnRef, trees: Trees, changes: readonly Change[]): Promise<Attributed> {
  const { path: workspace } = context.place;
  const told = await toldBy(deps, target, context, turn);
  const steps = await stepsOf(target, treesOf(context), trees, told);
  for (const { from, to, calls, changes: made } of steps) {
    const caused = made.map((change) => ({ ...change, by: causeOf(suspects(change.path, calls, told.writtenBy)) }));
    await insertChanges(deps.db, { turn, treeFrom: from, treeTo: to, observedBy: 'call', final: false, changes: caused });
  }
  const touched = ends(changes);
  const origins = originsOf(touched, steps, told.writtenBy);
  const [clear, seen] = await Promise.all([narrowed(target, workspace, origins, callSpans(told.marks, told.isOver)), seenCauses(deps.db, turn)]);
  const causeAt = (path: string): ChangeCause => {
    const found = origins.get(path)?.suspects ?? [];
    const one = clear.get(path) ?? found;
    return found.length > 1 && !clear.has(path) ? (seen.get(path) ?? causeOf(found)) : causeOf(one);
  };
  const caused = changes.map((change) => ({ ...change, by: causeAt(change.path) }));
  const unexpected = touched.filter(({ path }) => causeAt(path).kind === 'other').map(({ path }) => ({ path, before: origins.get(path)?.before ?? trees.from }));
  return { changes: caused, unexpected };
}
