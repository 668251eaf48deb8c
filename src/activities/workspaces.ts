/** Who may write in a workspace: the lease, kept in Postgres and on the host, which refuses an older number. */
import { insertCheckpoint } from '../db/checkpoints.ts';
import { noteEvent } from '../db/events.ts';
import { claimLease, leaseHolder, releaseLease, type LeaseClaim } from '../db/leases.ts';
import { neededTrees } from '../db/needed-trees.ts';
import { closeRun, unfinishedRuns, unfinishedRunsOf } from '../db/runs.ts';
import { halfMerged, leaveOlder, setKept } from '../db/worktrees.ts';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { CheckpointRequest, Fence, TreesOf } from '../domain/host-api.ts';
import { keptOnHost } from '../domain/host-secrets.ts';
import { holdsForRestore } from '../domain/ids.ts';
import type { ClaimCall, HostActivities, MilestoneRef } from './contract.ts';
import type { Deps } from './deps.ts';
import { thisAttempt, withHeartbeat, type Beat } from './heartbeat.ts';
import type { HostCall } from './on-host.ts';
import { onHost } from './on-host.ts';
import { rootOf, treesOf } from './places.ts';
import { planned, type Planned } from './plans.ts';
import { fillWorktree, makeWorktree } from './forks.ts';
import { restoreFiles } from './restore-files.ts';

const GRACE_MS = 5_000;

/** How to reach the plan's host for as long as its policy allows. */
export const hostOf = (deps: Deps, { plan }: Planned, signal: AbortSignal): HostCall => ({
  hosts: deps.hosts,
  host: plan.workspace.host,
  patienceMs: plan.policy.hostPatienceMs,
  signal,
  guard: { hide: keptOnHost(plan.agent), redactor: deps.redactor(plan.agent) },
});

/** What the host checks before it lets anybody write. */
export const fenceOf = (context: Planned, call: { milestone: string; epoch: number }): TreesOf & Fence => ({
  ...treesOf(context),
  holder: `${context.plan.project}/${call.milestone}`,
  fence: call.epoch,
});

export const checkpointSettings = (context: Planned): TreesOf & Pick<CheckpointRequest, 'exclude' | 'include' | 'maxFileBytes'> => ({
  ...treesOf(context),
  exclude: context.plan.policy.snapshot.exclude,
  ...(context.plan.policy.snapshot.include && { include: context.plan.policy.snapshot.include }),
  maxFileBytes: context.plan.policy.snapshot.maxFileBytes,
});

/** A workflow that was terminated gave nothing back: its lease is taken from it, and the next number fences what it left. */
async function claimFromEnded(deps: Deps, lease: LeaseClaim): Promise<{ epoch: number }> {
  try {
    return await claimLease(deps.db, lease);
  } catch (error) {
    const held = await leaseHolder(deps.db, lease);
    if (!held || (await deps.isRunning(held))) throw error;
    await releaseLease(deps.db, { host: lease.host, workspace: lease.workspace, epoch: held.epoch });
    return claimLease(deps.db, lease);
  }
}

/** A milestone that was terminated may have left an agent at work: two in one workspace must never be. */
async function reapOlder(deps: Deps, target: HostCall, lease: LeaseClaim & { epoch: number }): Promise<void> {
  const left = [...(await unfinishedRuns(deps.db, lease)), ...(lease.beside ? [] : await unfinishedRunsOf(deps.db, lease))];
  for (const key of new Set(left)) {
    const { state } = await onHost(target, (api) => api.cancelRun({ key, graceMs: GRACE_MS }));
    await closeRun(deps.db, key, state);
  }
}

/** The number the host has seen, when that is why it refuses a claim. */
const newestOf = (error: unknown): number | null => {
  const isStale = error instanceof HoldpointError && error.kind === 'stale_fence';
  return isStale && typeof error.details?.newest === 'number' ? error.details.newest : null;
};

/**
 * The host has the last word on the number: another database may count for the same workspace, or this one was made anew.
 * The lease moves above what the host has seen, and whoever worked under that is refused from then on.
 */
async function claimOnHost(deps: Deps, target: HostCall, lease: LeaseClaim & { trees: TreesOf }, epoch: number): Promise<number> {
  const holder = [deps.install, lease.project, lease.milestone, lease.holder].join('/');
  try {
    // What a restore is about to read may be needed by nobody else: it lets nothing be thrown away.
    const keepTrees = holdsForRestore(lease.holder) ? undefined : await neededTrees(deps.db, lease.host);
    await onHost(target, (api) => api.claimWorkspace({ ...lease.trees, holder, fence: epoch, ...(keepTrees && { keepTrees }) }));
    return epoch;
  } catch (error) {
    const newest = newestOf(error);
    if (newest === null) throw error;
    return claimOnHost(deps, target, lease, (await claimLease(deps.db, { ...lease, above: newest })).epoch);
  }
}

/** A milestone that works elsewhere may claim the workspace itself as well. */
async function placed(deps: Deps, ref: MilestoneRef & { root?: true }): Promise<Planned> {
  const context = await planned(deps, ref);
  return ref.root ? { ...context, place: rootOf(context.plan) } : context;
}

/** A workflow that was terminated may have left the files of two lines of work half merged: the workspace is put back first. */
async function putBack(deps: Deps, target: HostCall, context: Planned, call: ClaimCall & { epoch: number }): Promise<void> {
  const { plan, place: { path, root } } = context;
  if (path !== root) return;
  for (const { id, ours } of await halfMerged(deps.db, { host: plan.workspace.host, root, holder: call.workflowRunId })) {
    const request = { ...fenceOf(context, call), ...checkpointSettings(context) };
    const present = await onHost(target, (api) => api.takeCheckpoint(request));
    const of = { project: plan.project, milestone: call.milestone, epoch: call.epoch, ...thisAttempt(), kind: 'merge' } as const;
    if (present.tree !== ours?.tree) await insertCheckpoint(deps.db, of, present);
    if (ours) await restoreFiles(target, request, ours);
    const message = `a merge that was cut off was taken back; the files as they were found are a checkpoint, tree ${present.tree}`;
    await noteEvent(deps.db, { project: plan.project, milestone: call.milestone, kind: 'merge_undone', message, key: `worktree-${id}` });
    await setKept(deps.db, id);
  }
}

async function claim(deps: Deps, ref: ClaimCall, beat: Beat): Promise<{ epoch: number }> {
  const { project, milestone, workflowRunId: holder } = ref;
  // A restore is no next run of the milestone: where that has begun meanwhile, its tasks are at work in those worktrees.
  if (!holdsForRestore(holder) || !(await deps.isRunning({ project, milestone }))) await leaveOlder(deps.db, { project, milestone, holder });
  const context = await placed(deps, ref);
  const { plan: { workspace: { host } }, place: { path: workspace } } = context;
  const { attemptAt } = thisAttempt();
  const lease = { host, workspace, project, milestone, holder, attemptAt, ...(ref.root && { beside: true }) };
  const target = hostOf(deps, context, beat.signal);
  await makeWorktree(target, context);
  const claimed = await claimFromEnded(deps, lease);
  try {
    const epoch = await claimOnHost(deps, target, { ...lease, trees: treesOf(context) }, claimed.epoch);
    await reapOlder(deps, target, { ...lease, epoch });
    // A restore says itself what the files are to be: they stay until then, with whatever a person has done to them.
    if (!holdsForRestore(holder)) await fillWorktree(target, context, { ...fenceOf(context, { ...ref, epoch }), ...checkpointSettings(context) });
    await putBack(deps, target, context, { ...ref, epoch });
    return { epoch };
  } catch (error) {
    // A workspace that could not be opened is not held: nobody else would ever get it.
    await releaseLease(deps.db, { host, workspace, holder: lease.holder, attemptAt });
    throw error;
  }
}

export const createWorkspaces = (deps: Deps): Pick<HostActivities, 'claimWorkspace' | 'releaseWorkspace'> => ({
  claimWorkspace: (ref) => withHeartbeat((beat) => claim(deps, ref, beat)),
  async releaseWorkspace(ref) {
    const { plan, place } = await placed(deps, ref);
    await releaseLease(deps.db, { host: plan.workspace.host, workspace: place.path, epoch: ref.epoch });
  },
});
