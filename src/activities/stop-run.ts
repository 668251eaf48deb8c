/** Ends a run because a person said so, and says what was ended. */
import { noteEvent } from '../db/events.ts';
import type { HostActivities, StopRun } from './contract.ts';
import type { Deps } from './deps.ts';
import { whatWasEnded } from './ended.ts';
import { withHeartbeat, type Beat } from './heartbeat.ts';
import { loadRun } from './loaded-run.ts';
import { onHost } from './on-host.ts';
import { hostOf } from './workspaces.ts';

const GRACE_MS = 5_000;

async function stop(deps: Deps, call: StopRun, beat: Beat): Promise<void> {
  const { key, planned } = await loadRun(deps, call);
  const target = { ...hostOf(deps, planned, beat.signal), patienceMs: Number.POSITIVE_INFINITY };
  const ended = await onHost(target, (api) => api.cancelRun({ key, graceMs: GRACE_MS }));
  const { project, milestone, by } = call;
  await noteEvent(deps.db, { project, milestone, kind: 'run_stopped', message: `stopped by ${by}: ${whatWasEnded(ended)}`, key });
}

export const createStops = (deps: Deps): Pick<HostActivities, 'stopRun'> => ({
  stopRun: (call) => withHeartbeat((beat) => stop(deps, call, beat)),
});
