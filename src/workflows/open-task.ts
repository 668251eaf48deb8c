/** Whether a message to a milestone still finds the task it is about. */
import { refused, type Refusal } from './inbox.ts';
import type { MilestoneState } from './milestone-state.ts';

const OVER = new Set(['completed', 'failed', 'cancelled', 'skipped']);

/** `moot`: why the message would come too late, for people. Undefined where it does not. */
export function taskProblem({ tasks, final }: MilestoneState, task: string | undefined, moot: string): Refusal | undefined {
  if (final) return refused('not_open', `the milestone has ended (${final}): ${moot}`);
  if (task === undefined) return undefined;
  const found = tasks.find(({ id }) => id === task);
  if (!found) return refused('unknown_target', `there is no task ${task}; the milestone has ${tasks.map(({ id }) => id).join(', ') || 'none yet'}`);
  return OVER.has(found.state) ? refused('not_open', `task ${task} is ${found.state}: ${moot}`) : undefined;
}
