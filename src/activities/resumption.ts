/** How a person's answer reaches the call that waits for it: the agent makes the same call again, and the run's gate has the answer. */
import { hasWorked } from '../db/agent-events.ts';
import { runsOfTurn, type Run } from '../db/runs.ts';
import type { GivenAnswer } from '../domain/gate-policy.ts';
import type { AgentSettings } from '../domain/plan.ts';
import type { BeginTurn } from './contract.ts';
import type { Deps } from './deps.ts';
import type { Session } from './sessions.ts';
import { summaryOf } from './stored-stream.ts';

export type Resumption =
  /** The session still has the call: an empty prompt makes it again. */
  | { kind: 'call'; answer: GivenAnswer }
  /** Going on with the call has failed, or the session is gone: the prompt tells of it, the gate knows the call by its input. */
  | { kind: 'told'; answer: GivenAnswer; input: unknown }
  /** Nothing waits, or the answer has had its effect. */
  | { kind: 'none' };

export async function resumptionOf(deps: Deps, settings: AgentSettings, call: BeginTurn, session: Session): Promise<Resumption> {
  const { answered: answer } = call;
  if (!answer) return { kind: 'none' };
  const runs = (await runsOfTurn(deps.db, call)).filter(({ seq }) => seq < call.seq);
  const given = runs.findLast(({ spec }) => (spec as { answer?: GivenAnswer }).answer?.toolUseId === answer.toolUseId && (spec as { answer?: GivenAnswer }).answer?.inputSha256 === answer.inputSha256);
  // One answer is for one call, and it may have been used in a run of which the end is not known.
  if (given && (await hasWorked(deps.db, given.key))) return { kind: 'none' };
  if (!given && session.resume) return { kind: 'call', answer };
  return { kind: 'told', answer, input: await inputOf(deps, settings, runs, answer.toolUseId) };
}

/** Of the call that a run of this turn ended with; null where its stream does not tell. */
export async function inputOf(deps: Deps, settings: AgentSettings, runs: Run[], toolUseId: string): Promise<unknown> {
  for (const { key } of runs.toReversed()) {
    const { outcome } = await summaryOf(deps, settings, key);
    if (outcome?.kind === 'deferred' && outcome.toolUseId === toolUseId) return outcome.input;
  }
  return null;
}
