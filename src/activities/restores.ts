/** Restores: what one would do, and doing it, with a checkpoint of the present before and the files looked at again after. */
import { checkpointBeforeTask, checkpointById, checkpointInWorktree, checkpointOfRestore, insertCheckpoint, type KeptCheckpoint } from '../db/checkpoints.ts';
import { finishRestore, insertRestore } from '../db/restores.ts';
import { whenTaken } from '../domain/checkpoint.ts';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { RestoreRequest, RestoreResult } from '../domain/host-api.ts';
import type { Effects, RestorePreview, RestoreReport } from '../domain/restore.ts';
import type { HostActivities, ListEffects, MilestoneRef, PreviewRestore, RestoreFiles } from './contract.ts';
import type { Deps } from './deps.ts';
import { effectsSince } from './effects.ts';
import { thisAttempt, withHeartbeat, type Beat } from './heartbeat.ts';
import { onHost } from './on-host.ts';
import { planned, type Planned } from './plans.ts';
import { checkpointSettings, fenceOf, hostOf } from './workspaces.ts';

const MAX_EFFECTS = 20;
const MAX_CHANGES = 200;
const MAX_NOT_RESTORED = 50;
const MAX_PATH = 200;

const takenAt = (checkpoint: KeptCheckpoint): string => `${whenTaken(checkpoint)} (${checkpoint.at.slice(0, 19)}Z)`;

/** The task's own folder, where it has one. */
const contextOf = (deps: Deps, call: MilestoneRef, { milestone, task }: KeptCheckpoint): Promise<Planned> =>
  planned(deps, { ...call, task: milestone === call.milestone ? task : null });

type Wanted = Pick<RestoreRequest, 'paths' | 'dryRun'>;

function restoreOnHost(deps: Deps, context: Planned, call: { milestone: string; epoch: number }, { tree, sidecar }: KeptCheckpoint, wanted: Wanted, beat: Beat): Promise<RestoreResult> {
  const request = { ...fenceOf(context, call), ...checkpointSettings(context), tree, sidecar, ...wanted };
  return onHost(hostOf(deps, context, beat.signal), (api) => api.restoreTree(request));
}

const shown = (effects: string[]): Effects => ({ effects: effects.slice(0, MAX_EFFECTS), moreEffects: Math.max(0, effects.length - MAX_EFFECTS) });

function previewOf(checkpoint: KeptCheckpoint, { changes }: RestoreResult, effects: string[]): RestorePreview {
  return { checkpoint: checkpoint.id, taken: takenAt(checkpoint), files: changes.length, ...shown(effects) };
}

/** What the host no longer holds cannot be gone back to. */
const whenHeld = <T>(answer: Promise<T>): Promise<T | null> => answer.catch((error: unknown) => {
  if (error instanceof HoldpointError && error.kind === 'unknown_target') return null;
  throw error;
});

async function preview(deps: Deps, call: PreviewRestore, beat: Beat): Promise<RestorePreview | null> {
  const checkpoint = await (call.lane === undefined ? checkpointBeforeTask : checkpointInWorktree)(deps.db, call);
  if (!checkpoint) return null;
  const context = await contextOf(deps, call, checkpoint);
  const result = await whenHeld(restoreOnHost(deps, context, call, checkpoint, { paths: null, dryRun: true }, beat));
  if (!result || result.changes.length === 0) return null;
  return previewOf(checkpoint, result, await effectsSince(deps, context, checkpoint));
}

async function askedCheckpoint(deps: Deps, { project, checkpoint: id }: ListEffects): Promise<KeptCheckpoint> {
  const checkpoint = await checkpointById(deps.db, id);
  if (checkpoint?.project === project) return checkpoint;
  throw new HoldpointError('unknown_target', `${project} has no checkpoint ${id}`, { hint: `see \`holdpoint checkpoints ${project}\`` });
}

async function list(deps: Deps, call: ListEffects): Promise<Effects> {
  const checkpoint = await askedCheckpoint(deps, call);
  return shown(await effectsSince(deps, await contextOf(deps, call, checkpoint), checkpoint));
}

async function restore(deps: Deps, call: RestoreFiles & { attemptAt?: string }, beat: Beat): Promise<RestoreReport> {
  const checkpoint = await askedCheckpoint(deps, call);
  const context = await contextOf(deps, call, checkpoint);
  const effects = await effectsSince(deps, context, checkpoint);
  if (call.dryRun) return reportOf(checkpoint, await restoreOnHost(deps, context, call, checkpoint, call, beat), effects, null);
  if (effects.length > call.seen) throw new HoldpointError('policy', `since the checkpoint ${effects.length} things were done that no restore undoes, of which ${call.seen} were shown: ask again`);
  await insertRestore(deps.db, { ...call, by: call.by ?? null, effects });
  const undo = await savePresent(deps, context, call, beat);
  const result = await restoreOnHost(deps, context, call, checkpoint, call, beat);
  const { exact, notRestored, changes, after } = result;
  await finishRestore(deps.db, call, { exact, notRestored, changedFiles: changes.length, tree: after.tree });
  return reportOf(checkpoint, result, effects, undo);
}

/** Once: what a second attempt finds is half restored already. */
async function savePresent(deps: Deps, context: Planned, call: RestoreFiles, beat: Beat): Promise<string> {
  const saved = await checkpointOfRestore(deps.db, call.id);
  if (saved) return saved.id;
  const request = { ...fenceOf(context, call), ...checkpointSettings(context), borrow: true };
  const present = await onHost(hostOf(deps, context, beat.signal), (api) => api.takeCheckpoint(request));
  await insertCheckpoint(deps.db, { ...call, kind: 'restore', restore: call.id }, present);
  const { id } = (await checkpointOfRestore(deps.db, call.id)) ?? {};
  if (id === undefined) throw new HoldpointError('internal', `the checkpoint before restore ${call.id} was not stored`);
  return id;
}

function reportOf(checkpoint: KeptCheckpoint, result: RestoreResult, effects: string[], undo: string | null): RestoreReport {
  const { changes, notRestored, exact, after } = result;
  const named = notRestored.slice(0, MAX_NOT_RESTORED).map(({ path, reason }) => ({ path: path.slice(0, MAX_PATH), reason: reason.slice(0, MAX_PATH) }));
  return {
    ...previewOf(checkpoint, result, effects), undo, exact, tree: after.tree, notRestored: named, moreNotRestored: notRestored.length - named.length,
    changes: changes.slice(0, MAX_CHANGES).map(({ path, op, from }) => ({ path: path.slice(0, MAX_PATH), op, ...(from !== undefined && { from: from.slice(0, MAX_PATH) }) })),
  };
}

export const createRestores = (deps: Deps): Pick<HostActivities, 'previewRestore' | 'listEffects' | 'restoreFiles'> => ({
  previewRestore: (call) => withHeartbeat(async (beat) => ({ preview: await preview(deps, call, beat) })),
  listEffects: (call) => withHeartbeat(() => list(deps, call)),
  restoreFiles: (call) => withHeartbeat((beat) => restore(deps, { ...call, ...thisAttempt() }, beat)),
});
