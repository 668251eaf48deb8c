/** What follows from a person's answer. Pure, but for the state it is given. */
import type { AnsweredBreakpoint } from '../domain/questions.ts';
import type { AnswerAction, BreakpointKind } from '../domain/breakpoints.ts';
import { taskOf, type MilestoneState, type Step, type TaskProgress } from './milestone-state.ts';
import { grantAttempts, nextAttempt, runAgain } from './turn-path.ts';

/** A person ended the milestone. */
export interface Abort {
  abort: string;
}

export interface Question {
  kind: BreakpointKind;
  task: string | null;
  back: Step;
  /** RFC 3339: it answers itself then. */
  until?: string;
  /** Nothing was tried: after `retry` the same turn goes on. */
  hold?: boolean;
}

export type Given = Pick<AnsweredBreakpoint, 'id' | 'action' | 'note' | 'by'>;

/** Whether a question that the plan has switched off is answered for the person, and how: never an approval of red checks. */
export const WHEN_OFF: Record<BreakpointKind, AnswerAction> = {
  milestone_completion: 'approve',
  confidence_too_low: 'approve',
  reviewer_unavailable: 'skip-review',
  breaking_test_failure: 'abort',
  consecutive_failures: 'abort',
  host_unreachable: 'retry',
  rate_limit_hit: 'wait',
  sign_in_required: 'abort',
  stalled: 'wait',
};

/** `task-id: what to change` names the task to reopen; otherwise it is the last one that was worked on. */
function taskToReopen(state: MilestoneState, note: string | null): TaskProgress {
  const named = /^([a-z0-9-]+):\s/.exec(note ?? '')?.[1];
  const worked = state.tasks.filter((t) => t.turn > 0);
  const task = state.tasks.find((t) => t.id === named) ?? worked.at(-1) ?? state.tasks.at(-1);
  if (!task) throw new RangeError('a milestone without tasks');
  return task;
}

function tryAgain(question: Question, task: TaskProgress, note: string | null): Step {
  // The turn itself is fine: it is the reviewer that is asked again.
  if (question.kind === 'reviewer_unavailable') return { at: 'reviewTurn', task: task.id };
  if (question.hold) return runAgain(task, note);
  grantAttempts(task);
  return nextAttempt(task, note);
}

/** The reset of the limit, or a person, lets the turn go on: its window does not hold it a second time. */
function afterLimit({ until }: Question, task: TaskProgress, { action, note }: Given): Step {
  if (action === 'wait' && until !== undefined) return { at: 'sleep', task: task.id, until, why: note ?? 'a usage limit' };
  if (until !== undefined) task.usageSkipped = until;
  return runAgain(task, note);
}

function settleTask(task: TaskProgress, state: 'completed' | 'skipped'): Step {
  task.state = state;
  return { at: 'chooseTask' };
}

function judgeAgain(task: TaskProgress): Step {
  task.skipReview = true;
  return { at: 'judgeTurn', task: task.id };
}

/** Answer to a question about the milestone as a whole. */
function afterMilestoneAnswer(state: MilestoneState, given: Given): Step {
  if (given.action === 'approve') return { at: 'closed' };
  const task = taskToReopen(state, given.note);
  grantAttempts(task);
  return nextAttempt(task, given.note);
}

function afterTaskAnswer(question: Question, task: TaskProgress, given: Given): Step {
  task.state = 'running';
  if (question.kind === 'rate_limit_hit') return afterLimit(question, task, given);
  switch (given.action) {
    case 'approve':
      return settleTask(task, 'completed');
    case 'skip':
      return settleTask(task, 'skipped');
    case 'skip-review':
      return judgeAgain(task);
    case 'wait':
      return question.back;
    default:
      return tryAgain(question, task, given.note);
  }
}

export function afterAnswer(state: MilestoneState, question: Question, given: Given): Step | Abort {
  const task = question.task === null ? null : taskOf(state, question.task);
  if (given.action === 'abort') {
    if (task) task.state = 'failed';
    return { abort: `aborted by ${given.by ?? 'somebody'} at ${given.id}${given.note ? `: ${given.note}` : ''}` };
  }
  if (question.kind === 'host_unreachable') {
    if (task) task.state = 'running';
    return question.back;
  }
  return task ? afterTaskAnswer(question, task, given) : afterMilestoneAnswer(state, given);
}
