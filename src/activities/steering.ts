/** A person's words to the agent: kept first, then handed to the run that is at work, if it takes them. */
import { keepSteering, steeringSent } from '../db/steering.ts';
import type { HostActivities, SteerAgent, Steered } from './contract.ts';
import type { Deps } from './deps.ts';
import { withHeartbeat, type Beat } from './heartbeat.ts';
import { loadRun } from './loaded-run.ts';
import { onHostUnlessAway } from './on-host.ts';
import { planned } from './plans.ts';
import { hostOf } from './workspaces.ts';

/** A host that is away is not waited for: the words then reach the next prompt. */
const PATIENCE_MS = 5_000;

async function hand(deps: Deps, call: SteerAgent, run: NonNullable<SteerAgent['run']>, beat: Beat): Promise<boolean> {
  const { key, planned: context, agent } = await loadRun(deps, { ...call, ...run });
  const text = agent.moreInput?.(call.id, call.text);
  if (text === undefined) return false;
  const target = { ...hostOf(deps, context, beat.signal), patienceMs: PATIENCE_MS };
  // Before it is sent: should the answer be lost, the run's stream still tells whether it was read.
  await steeringSent(deps.db, call.id, key);
  const sent = await onHostUnlessAway(target, (api) => api.sendInput({ key, id: call.id, text }));
  return sent?.sent === true;
}

async function steer(deps: Deps, call: SteerAgent, beat: Beat): Promise<Steered> {
  const { plan } = await planned(deps, call);
  await keepSteering(deps.db, { ...call, text: deps.redactor(plan.agent).text(call.text) });
  return { reached: call.run && (await hand(deps, call, call.run, beat)) ? 'turn' : 'next' };
}

export const createSteering = (deps: Deps): Pick<HostActivities, 'steerAgent'> => ({
  steerAgent: (call) => withHeartbeat((beat) => steer(deps, call, beat)),
});
