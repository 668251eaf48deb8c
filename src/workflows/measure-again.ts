/** The end of a turn measured once more, before it is judged by evidence of files that are there no longer. Pure, but for the task it is given. */
import type { Step, TaskProgress } from './milestone-state.ts';

/** Checkpoint, checks and what follows, of the files as they are now. */
export function measureAgain(task: TaskProgress): Step {
  task.again = (task.again ?? 0) + 1;
  delete task.moved;
  return { at: 'endTurn', task: task.id };
}

/** What is there is judged, with the evidence that there is of it. */
export const judgeAsItIs = (task: TaskProgress): Step => (task.moved ? measureAgain(task) : { at: 'judgeTurn', task: task.id });

/** What the attempt that ends here would need to be judged after all. */
export function keepEarlier(task: TaskProgress): void {
  const { turn, seq, outcome, failure = null, failuresBefore, asked, again } = task;
  if (turn > 0) task.earlier = { seq, outcome, failure, failuresBefore, asked, ...(again !== undefined && { again }) };
}

/** The attempt was not begun: the task stands where the one before it ended. False where there was none. */
export function backToEarlier(task: TaskProgress): boolean {
  const { earlier, asked } = task;
  if (!earlier) return false;
  // Questions about the attempt that was not begun keep their numbers, for when it is.
  Object.assign(task, { again: 0, ...earlier, turn: task.turn - 1, attemptsUsed: Math.max(0, task.attemptsUsed - 1), askedLater: asked });
  delete task.earlier;
  return true;
}
