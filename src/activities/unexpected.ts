/** Changes that no tool call accounts for: whether a person is asked about them, and how they are taken back. */
import { checkpointOfRestore, findCheckpoint, insertCheckpoint, type KeptCheckpoint } from '../db/checkpoints.ts';
import { noteEvent } from '../db/events.ts';
import { turn as loadTurn } from '../db/turns.ts';
import type { Change } from '../domain/host-api.ts';
import { turnTarget } from '../domain/ids.ts';
import type { Plan } from '../domain/plan.ts';
import { attribute, type Attributed } from './attribution.ts';
import { changedBetween } from './between-turns.ts';
import { takeCheckpoint } from './checkpoints.ts';
import type { HostActivities, PutBack, PutBackResult, TurnCall, Unexpected } from './contract.ts';
import type { Deps } from './deps.ts';
import { thisAttempt, withHeartbeat, type Beat } from './heartbeat.ts';
import { onHost } from './on-host.ts';
import { treesOf } from './places.ts';
import { planned, type Planned } from './plans.ts';
import { checkpointSettings, fenceOf, hostOf } from './workspaces.ts';

const MAX_PATHS = 20;
const MAX_PATH = 200;

/** Naming the question among the plan's breakpoints asks for it. */
export function asksAboutUnexpected({ policy: { unexpectedChange, breakpoints } }: Plan): boolean {
  const named = breakpoints.unexpected_change;
  return named?.enabled !== false && (unexpectedChange ?? (named ? 'ask' : 'note')) === 'ask';
}

/** A rename changes two. */
export const touchedPaths = (changes: readonly Change[]): string[] => changes.flatMap(({ path, from }) => (from === undefined ? [path] : [path, from]));

/** What a person is asked about; undefined where there is nothing, or the plan only wants it noted. */
export async function toldUnexpected(deps: Deps, { plan }: Planned, call: TurnCall, tree: string, all: readonly string[], when: PutBack['when']): Promise<Unexpected | undefined> {
  if (all.length === 0) return undefined;
  const paths = all.slice(0, MAX_PATHS).map((path) => path.slice(0, MAX_PATH));
  const message = `${call.task} #${call.turn}: ${all.length} ${all.length === 1 ? 'file' : 'files'} changed by nobody of ours ${when} it: ${paths.join(', ')}`.slice(0, 1000);
  await noteEvent(deps.db, { project: call.project, milestone: call.milestone, kind: 'unexpected_change', message, key: `${turnTarget(call)}.${call.epoch}/${when}/${tree}` });
  return asksAboutUnexpected(plan) ? { tree, files: all.length, paths } : undefined;
}

interface Back {
  tree: string;
  paths: string[];
}

/** Paths by the tree that holds what they were. */
function byTree(unexpected: Attributed['unexpected']): Back[] {
  const found = new Map<string, string[]>();
  for (const { path, before } of unexpected) found.set(before, [...(found.get(before) ?? []), path]);
  return [...found].map(([tree, paths]) => ({ tree, paths }));
}

/** What there was before, in the files of the question. */
interface Before {
  sidecar: string;
  backs: Back[];
}

async function duringTurn(deps: Deps, context: Planned, call: PutBack, now: KeptCheckpoint, beat: Beat): Promise<Before> {
  const [{ treeBefore }, before] = await Promise.all([loadTurn(deps.db, call), findCheckpoint(deps.db, { ...call, kind: 'before' })]);
  const target = hostOf(deps, context, beat.signal);
  const trees = { from: treeBefore, to: now.tree };
  const { changes } = await onHost(target, (api) => api.diffTrees({ ...treesOf(context), ...trees }));
  const { unexpected } = await attribute(deps, target, context, call, trees, changes);
  return { sidecar: before?.sidecar ?? now.sidecar, backs: byTree(unexpected) };
}

async function beforeTurn(deps: Deps, context: Planned, call: PutBack, now: KeptCheckpoint, beat: Beat): Promise<Before> {
  const between = await changedBetween(deps, context, call, now, beat);
  return between ? { sidecar: between.sidecar, backs: [{ tree: between.from, paths: touchedPaths(between.changes) }] } : { sidecar: now.sidecar, backs: [] };
}

/** A checkpoint of the files that the question is about, once; undefined when they are others by now. */
async function savePresent(deps: Deps, context: Planned, call: PutBack, beat: Beat): Promise<KeptCheckpoint | undefined> {
  const saved = await checkpointOfRestore(deps.db, call.question);
  if (saved) return saved;
  const present = await takeCheckpoint(deps, context, call, beat);
  if (present.tree !== call.tree) return undefined;
  await insertCheckpoint(deps.db, { ...call, kind: 'restore', restore: call.question }, present);
  return checkpointOfRestore(deps.db, call.question);
}

/** Each path to what it was; the agent's own work stays. Only what was shown is taken back: of more than that a person is asked first. */
async function putBack(deps: Deps, call: PutBack, beat: Beat): Promise<PutBackResult> {
  const context = await planned(deps, call);
  const saved = await savePresent(deps, context, call, beat);
  if (!saved) return { undo: null };
  const { sidecar, backs } = await (call.when === 'during' ? duringTurn : beforeTurn)(deps, context, call, saved, beat);
  const request = { ...fenceOf(context, call), ...checkpointSettings(context), sidecar, dryRun: false };
  for (const back of backs) await onHost(hostOf(deps, context, beat.signal), (api) => api.restoreTree({ ...request, ...back }));
  return { undo: saved.id };
}

export const createUnexpected = (deps: Deps): Pick<HostActivities, 'putBack'> => ({
  putBack: (call) => withHeartbeat((beat) => putBack(deps, { ...call, ...thisAttempt() }, beat)),
});
