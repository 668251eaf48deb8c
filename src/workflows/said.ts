/** Notes of answers that begin no new attempt: kept until the next prompt is written, whichever turn that is of. */
import type { AnswerAction } from '../domain/breakpoints.ts';
import { isAboutSetup, type Given, type Question } from './after-answer.ts';
import type { Lane } from './lane.ts';

/** Ends the task: the next prompt is another one's. */
const ENDS_TASK: ReadonlySet<AnswerAction> = new Set(['approve', 'skip']);
const GOES_ON: ReadonlySet<AnswerAction> = new Set(['skip-review', 'wait', 'extend', 'finish', 'keep', 'resolved']);

/** After `retry` and `revise` these go on where they were. */
const goesOnAfterRetry = (question: Question): boolean => {
  const { kind, hold } = question;
  return hold === true || isAboutSetup(question) || kind === 'rate_limit_hit' || kind === 'host_unreachable' || kind === 'reviewer_unavailable';
};

const MAX_KEPT = 5;

/** For the next prompt. */
export function say(lane: Lane, words: string): void {
  lane.unsaid = [...(lane.unsaid ?? []), words].slice(-MAX_KEPT);
}

export function keepNote(lane: Lane, question: Question, { action, note }: Given): void {
  // The note about a plan goes with the plan itself.
  if (!note || question.kind === 'plan_approval') return;
  const endsTask = ENDS_TASK.has(action);
  if (!endsTask && !GOES_ON.has(action) && !(['retry', 'revise'].includes(action) && goesOnAfterRetry(question))) return;
  const said = endsTask && question.task !== null ? `About task ${question.task}: ${note}` : note;
  say(lane, said);
}
