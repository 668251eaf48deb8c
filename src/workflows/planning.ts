/** Tasks that begin with a plan: where they stand in that. Pure. */
import type { PlanPhase } from '../activities/contract.ts';
import type { Given } from './after-answer.ts';
import type { Milestone, Step, TaskProgress } from './milestone-state.ts';
import { nextRun } from './turn-path.ts';

/** Undefined: the task is worked on as every other. */
export function planPhase({ brief }: Pick<Milestone, 'brief'>, task: TaskProgress): PlanPhase | undefined {
  if (!brief.tasks.find(({ id }) => id === task.id)?.plan) return undefined;
  if (task.planAccepted === undefined) return task.asked.plan_approval ? 'revise' : 'make';
  return task.planAccepted === task.turn ? 'carryOut' : undefined;
}

export const isPlanning = (m: Pick<Milestone, 'brief'>, task: TaskProgress): boolean => {
  const phase = planPhase(m, task);
  return phase === 'make' || phase === 'revise';
};

/** The session goes on in the next run of the same turn: making a plan is not an attempt. */
export function afterPlanAnswer(task: TaskProgress, { action, note }: Given): Step {
  if (action === 'approve') task.planAccepted = task.turn;
  return nextRun(task, note);
}
