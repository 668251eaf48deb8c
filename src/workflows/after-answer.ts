/** What follows from a person's answer: changes only the state it is given. */
import { patched } from '@temporalio/workflow';
import type { AnsweredBreakpoint } from '../domain/questions.ts';
import type { AnswerAction, BreakpointKind } from '../domain/breakpoints.ts';
import { isCutShort } from '../domain/turn-outcome.ts';
import { afterCallAnswer, isAboutCall } from './after-call-answer.ts';
import { raiseAsAnswered } from './extensions.ts';
import { limitDetail } from './limit-detail.ts';
import { backToEarlier, judgeAsItIs, measureAgain } from './measure-again.ts';
import { conflictNote } from './merge-notes.ts';
import { taskOf, type Milestone, type MilestoneState, type Step, type TaskProgress } from './milestone-state.ts';
import { afterPlanAnswer } from './planning.ts';
import { afterUnexpectedAnswer } from './unexpected-answer.ts';
import { goOnWith, grantAttempts, nextAttempt, runAgain } from './turn-path.ts';

type Lined = Pick<Milestone, 'state' | 'lane'>;

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
  /** What it is about; its shape depends on the kind. Small: it goes into the history. */
  detail?: Record<string, unknown>;
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
  architecture_decision: 'abort', // switched off it is not raised: the scores decide
  conflicting_solutions: 'abort',
  time_threshold_exceeded: 'extend',
  destructive_operation: 'deny',
  permission_request: 'deny',
  // Without a note: the agent is told to decide itself.
  agent_question: 'answer',
  budget_exceeded: 'finish',
  // The gate judges every call of carrying it out, as in a task without a plan.
  plan_approval: 'approve',
  unexpected_change: 'keep',
  merge_conflict: 'abort',
  evidence_weakened: 'abort',
};

/** `task-id: what to change` names the task to reopen; otherwise it is the last one that was worked on. */
function taskToReopen(state: MilestoneState, note: string | null): TaskProgress {
  const named = /^([a-z0-9-]+):\s/.exec(note ?? '')?.[1];
  const worked = state.tasks.filter((t) => t.turn > 0 && !t.dropped);
  const task = state.tasks.find((t) => t.id === named && !t.dropped) ?? worked.at(-1) ?? state.tasks.at(-1);
  if (!task) throw new RangeError('a milestone without tasks');
  return task;
}

function tryAgain(question: Question, task: TaskProgress, note: string | null): Step {
  // The turn itself is fine: it is the reviewer that is asked again.
  if (question.kind === 'reviewer_unavailable') return task.moved ? measureAgain(task) : { at: 'reviewTurn', task: task.id };
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
  return judgeAsItIs(task);
}

/** The checks and the rest of the rules still hold. Another tree is another question. */
function acceptWeaker({ lane: { lastTurn } }: Lined, task: TaskProgress): Step {
  // Asked again after files moved it names those; the findings are of the tree that was measured.
  const measured = lastTurn?.task === task.id && lastTurn.turn === task.turn ? lastTurn.tree : task.tree;
  if (measured !== null) task.weakeningsApproved = measured;
  return judgeAsItIs(task);
}

const GRANTED = 'Your run before this one reached a limit; nothing else was wrong. A person has given you more.';

/** The same session goes on: in the turn that was cut short, with the attempt that had no money, or with the one not begun yet. The note is kept for it. */
function goOnExtended({ kind, back }: Question, task: TaskProgress): Step {
  if (kind !== 'budget_exceeded' || back.at === 'beginTurn') return back;
  return isCutShort(task.outcome) ? goOnWith(task, GRANTED) : nextAttempt(task, null);
}

/** Its end was measured whole: with the checks. */
const isMeasured = ({ outcome }: TaskProgress): boolean => outcome === 'completed' || isCutShort(outcome);

/** No more: what is there is judged, with no attempt after it. Where nothing was ever begun, nothing is there. */
function finish({ back }: Question, task: TaskProgress): Step {
  const isBefore = back.at === 'beginTurn';
  const measures = (isBefore || !isMeasured(task)) && patched('finish-measures');
  if (isBefore && task.seq === 1 && !(measures && backToEarlier(task))) return settleTask(task, 'skipped');
  task.finish = true;
  if (!isBefore && !measures) return judgeAsItIs(task);
  // The run before was lost, waited or failed, or the attempt ended a while ago: nobody has checked what is there now.
  Object.assign(task, { outcome: 'overBudget', failure: null });
  return measureAgain(task);
}

function afterLimitQuestion(state: MilestoneState, question: Question, task: TaskProgress, given: Given): Step {
  if (given.action === 'finish') return finish(question, task);
  const detail = limitDetail(question.detail);
  const isGranted = state.extended?.includes(given.id);
  if (isGranted) state.extended = state.extended?.filter((id) => id !== given.id);
  else if (detail) raiseAsAnswered(state, task.id, detail, given);
  return goOnExtended(question, task);
}

/** Answer to a question about the milestone as a whole. */
function afterMilestoneAnswer(state: MilestoneState, given: Given): Step {
  if (given.action === 'approve') return { at: 'closed' };
  const task = taskToReopen(state, given.note);
  grantAttempts(task);
  return nextAttempt(task, given.note);
}

/** Its files go back first. */
function restoreFor({ kind, back, detail }: Question, task: TaskProgress, { id, note, by }: Given): Step {
  return { at: 'restore', task: task.id, id, question: { kind, back, ...(detail && { detail }) }, note, by };
}

/** Resolved: by a person, in the files of the worktree. Otherwise the agent is told what conflicts. */
function afterConflict(question: Question, task: TaskProgress, { action, note }: Given): Step {
  if (action === 'resolved') return question.back;
  grantAttempts(task);
  return nextAttempt(task, [note, conflictNote(question.detail)].filter(Boolean).join('\n\n'));
}

function afterTaskAnswer(m: Lined, question: Question, task: TaskProgress, given: Given): Step {
  const { state } = m;
  task.state = 'running';
  if (question.kind === 'merge_conflict') return afterConflict(question, task, given);
  if (question.kind === 'rate_limit_hit') return afterLimit(question, task, given);
  if (question.kind === 'evidence_weakened' && given.action === 'approve') return acceptWeaker(m, task);
  if (question.kind === 'plan_approval') return afterPlanAnswer(task, given);
  if (question.kind === 'unexpected_change') return afterUnexpectedAnswer(question, task, given);
  if (isAboutCall(question)) return afterCallAnswer(state, question, task, given);
  if (given.action === 'extend' || given.action === 'finish') return afterLimitQuestion(state, question, task, given);
  switch (given.action) {
    case 'approve':
      return settleTask(task, 'completed');
    case 'skip':
      return settleTask(task, 'skipped');
    case 'skip-review':
      return judgeAgain(task);
    case 'wait':
      return question.back;
    case 'restore':
      return restoreFor(question, task, given);
    default:
      return tryAgain(question, task, given.note);
  }
}

/** Nothing was begun in a worktree that could not be made ready. */
export const isAboutSetup = ({ back }: Pick<Question, 'back'>): boolean => back.at === 'openWorktree' || back.at === 'setUpFork';

export function afterAnswer(m: Lined, question: Question, given: Given): Step | Abort {
  const { state } = m;
  const task = question.task === null ? null : taskOf(state, question.task);
  if (given.action === 'abort') {
    if (task) task.state = 'failed';
    return { abort: `aborted by ${given.by ?? 'somebody'} at ${given.id}${given.note ? `: ${given.note}` : ''}` };
  }
  if (question.kind === 'host_unreachable' || (isAboutSetup(question) && given.action !== 'skip')) {
    if (task) task.state = 'running';
    return question.back;
  }
  return task ? afterTaskAnswer(m, question, task, given) : afterMilestoneAnswer(state, given);
}
