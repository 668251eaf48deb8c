/** Snapshots of the workspace under the caller's lease. */
import type { CheckpointResult } from '../domain/host-api.ts';
import type { Deps } from './deps.ts';
import type { Beat } from './heartbeat.ts';
import { onHost } from './on-host.ts';
import type { Planned } from './plans.ts';
import { checkpointSettings, fenceOf, hostOf } from './workspaces.ts';

/** As the workspace is now; may be repeated. `stale_fence` when somebody else holds the workspace. */
export function takeCheckpoint(deps: Deps, context: Planned, call: { milestone: string; epoch: number }, beat: Beat): Promise<CheckpointResult> {
  const request = { ...fenceOf(context, call), ...checkpointSettings(context) };
  return onHost(hostOf(deps, context, beat.signal), (api) => api.takeCheckpoint(request));
}
