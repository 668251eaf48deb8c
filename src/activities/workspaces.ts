/** Who may write in a workspace: the lease, kept in Postgres and on the host, which refuses an older number. */
import { claimLease, leaseHolder, releaseLease, type LeaseClaim } from '../db/leases.ts';
import { closeRun, unfinishedRuns } from '../db/runs.ts';
import { HoldpointError } from '../domain/failure-kind.ts';
import { keptOnHost } from '../domain/host-secrets.ts';
import type { HostActivities, MilestoneRef } from './contract.ts';
import type { Deps } from './deps.ts';
import { thisAttempt, withHeartbeat, type Beat } from './heartbeat.ts';
import type { HostCall } from './on-host.ts';
import { onHost } from './on-host.ts';
import { planned, type Planned } from './plans.ts';

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
export const fenceOf = ({ plan }: Planned, call: { milestone: string; epoch: number }): { workspace: string; holder: string; fence: number } => ({
  workspace: plan.workspace.path,
  holder: `${plan.project}/${call.milestone}`,
  fence: call.epoch,
});

export const checkpointSettings = ({ plan }: Planned): { exclude: string[]; maxFileBytes: number } => ({
  exclude: plan.policy.snapshot.exclude,
  maxFileBytes: plan.policy.snapshot.maxFileBytes,
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
async function reapOlder(deps: Deps, target: HostCall, lease: { host: string; workspace: string; epoch: number }): Promise<void> {
  for (const key of await unfinishedRuns(deps.db, lease)) {
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
async function claimOnHost(deps: Deps, target: HostCall, lease: LeaseClaim, epoch: number): Promise<number> {
  const holder = [deps.install, lease.project, lease.milestone, lease.holder].join('/');
  try {
    await onHost(target, (api) => api.claimWorkspace({ workspace: lease.workspace, holder, fence: epoch }));
    return epoch;
  } catch (error) {
    const newest = newestOf(error);
    if (newest === null) throw error;
    return claimOnHost(deps, target, lease, (await claimLease(deps.db, { ...lease, above: newest })).epoch);
  }
}

async function claim(deps: Deps, ref: MilestoneRef & { workflowRunId: string }, beat: Beat): Promise<{ epoch: number }> {
  const context = await planned(deps, ref);
  const { host, path: workspace } = context.plan.workspace;
  const { attemptAt } = thisAttempt();
  const lease = { host, workspace, project: ref.project, milestone: ref.milestone, holder: ref.workflowRunId, attemptAt };
  const target = hostOf(deps, context, beat.signal);
  const claimed = await claimFromEnded(deps, lease);
  try {
    const epoch = await claimOnHost(deps, target, lease, claimed.epoch);
    await reapOlder(deps, target, { host, workspace, epoch });
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
    const { plan } = await planned(deps, ref);
    await releaseLease(deps.db, { host: plan.workspace.host, workspace: plan.workspace.path, epoch: ref.epoch });
  },
});
