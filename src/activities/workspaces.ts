/** Who may write in a workspace: the lease, kept in Postgres and on the host, which refuses an older number. */
import { claimLease, leaseHolder, releaseLease, type LeaseClaim } from '../db/leases.ts';
import { unfinishedRuns, updateRun } from '../db/runs.ts';
import type { HostActivities, MilestoneRef } from './contract.ts';
import type { Deps } from './deps.ts';
import { withHeartbeat, type Beat } from './heartbeat.ts';
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
    await releaseLease(deps.db, { ...lease, epoch: held.epoch });
    return claimLease(deps.db, lease);
  }
}

/** A milestone that was terminated may have left an agent at work: two in one workspace must never be. */
async function reapOlder(deps: Deps, target: HostCall, lease: { host: string; workspace: string; epoch: number }): Promise<void> {
  for (const key of await unfinishedRuns(deps.db, lease)) {
    const { state } = await onHost(target, (api) => api.cancelRun({ key, graceMs: GRACE_MS }));
    await updateRun(deps.db, key, { state });
  }
}

async function claim(deps: Deps, ref: MilestoneRef & { workflowRunId: string }, beat: Beat): Promise<{ epoch: number }> {
  const { plan, milestone } = await planned(deps, ref);
  const { host, path: workspace } = plan.workspace;
  const lease = { host, workspace, project: ref.project, milestone: ref.milestone, holder: ref.workflowRunId };
  const { epoch } = await claimFromEnded(deps, lease);
  const call = { milestone: milestone.id, epoch };
  const target = hostOf(deps, { plan, milestone }, beat.signal);
  try {
    await onHost(target, (api) => api.claimWorkspace(fenceOf({ plan, milestone }, call)));
    await reapOlder(deps, target, { host, workspace, epoch });
  } catch (error) {
    // A workspace that could not be opened is not held: nobody else would ever get it.
    await releaseLease(deps.db, { host, workspace, epoch });
    throw error;
  }
  return { epoch };
}

export const createWorkspaces = (deps: Deps): Pick<HostActivities, 'claimWorkspace' | 'releaseWorkspace'> => ({
  claimWorkspace: (ref) => withHeartbeat((beat) => claim(deps, ref, beat)),
  async releaseWorkspace(ref) {
    const { plan } = await planned(deps, ref);
    await releaseLease(deps.db, { host: plan.workspace.host, workspace: plan.workspace.path, epoch: ref.epoch });
  },
});
