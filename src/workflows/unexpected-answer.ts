/** What follows when a person keeps or takes back what somebody else has changed. Pure, but for the state it is given. */
import type { Given, Question } from './after-answer.ts';
import type { Step, TaskProgress } from './milestone-state.ts';

export function afterUnexpectedAnswer({ back, detail }: Question, task: TaskProgress, { id, action, by }: Given): Step {
  const when = detail?.['when'] === 'before' ? 'before' : 'during';
  if (action === 'restore') return { at: 'putBack', task: task.id, when, by, question: id };
  if (when === 'before' && task.tree !== null) task.keptTree = task.tree;
  return back;
}
