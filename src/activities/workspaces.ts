/** Who may write in a workspace: the lease, kept in Postgres and on the host, which refuses an older number. */
import { claimLease, releaseLease } from '../db/leases.ts';
import type { HostActivities, MilestoneRef } from './contract.ts';
import type { Deps } from './deps.ts';
import { withHeartbeat, type Beat } from './heartbeat.ts';
import type { HostCall } from './on-host.ts';
import { onHost } from './on-host.ts';
import { planned, type Planned } from './plans.ts';

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

async function claim(deps: Deps, ref: MilestoneRef & { workflowRunId: string }, beat: Beat): Promise<{ epoch: number }> {
  const { plan, milestone } = await planned(deps, ref);
  const { host, path: workspace } = plan.workspace;
  const lease = { host, workspace, project: ref.project, milestone: ref.milestone, holder: ref.workflowRunId };
  const { epoch } = await claimLease(deps.db, lease);
  const call = { milestone: milestone.id, epoch };
  try {
    await onHost(hostOf(deps, { plan, milestone }, beat.signal), (api) => api.claimWorkspace(fenceOf({ plan, milestone }, call)));
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
