/** What one run of the agent may take, from the plan and what people granted. Package-free. */
import type { Plan, TaskPlan } from '../plan.ts';
import { enlargedTurns, TURNS_CEILING, turnsFor } from './turns.ts';

export interface Granted {
  /** The run before reached its limit of turns, and the plan lets it go on with more. */
  enlarged?: boolean;
  moreTurns?: number;
}

export interface TurnLimits {
  maxTurns: number;
  /** With so many it goes on when it reaches them; null: a person is asked. */
  enlargeTo: number | null;
}

const ceiled = (turns: number): number => Math.min(TURNS_CEILING, turns);

export function turnLimits({ agent, policy }: Pick<Plan, 'agent' | 'policy'>, task: Pick<TaskPlan, 'kind' | 'size'>, { enlarged, moreTurns = 0 }: Granted): TurnLimits {
  const planned = turnsFor(agent.maxTurns, task);
  const larger = enlargedTurns(planned);
  const maxTurns = ceiled((enlarged ? (larger ?? planned) : planned) + moreTurns);
  const mayEnlarge = !enlarged && policy.enlargedRetry !== false && larger !== null;
  return { maxTurns, enlargeTo: mayEnlarge ? ceiled(larger + moreTurns) : null };
}
