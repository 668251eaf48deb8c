/** The order of a turn, and what follows from its judgement. Pure: every function changes only the state it is given. */
import type { JudgeResult } from '../activities/contract.ts';
import { isHeld, type TurnOutcomeKind } from '../domain/turn-outcome.ts';
import { resumeAt } from '../domain/waits.ts';
import { taskOf, type MilestoneState, type Step, type TaskProgress, type TurnStepName } from './milestone-state.ts';

// A turn that goes on later has no end to measure yet. A partial one is measured, and judged without a reviewer: the
// rule for it stands before all rules that ask for a review. Of a failed one only the changes are kept.
const AFTER_RUN: Record<TurnOutcomeKind, readonly TurnStepName[]> = {
  completed: ['endTurn', 'runChecks', 'reviewTurn', 'judgeTurn'],
  maxTurns: ['endTurn', 'runChecks', 'judgeTurn'],
  overBudget: ['endTurn', 'runChecks', 'judgeTurn'],
  refused: ['endTurn', 'judgeTurn'],
  failed: ['endTurn', 'judgeTurn'],
  deferred: ['endTurn', 'judgeTurn'],
  limited: ['judgeTurn'],
  interrupted: ['judgeTurn'],
  lost: ['judgeTurn'],
};

const UNMEASURED: readonly TurnStepName[] = ['judgeTurn'];

/** The step after `done` in the turn of that task. */
export function nextInTurn(task: TaskProgress, done: TurnStepName): Step {
  const path = isHeld(task.failure) ? UNMEASURED : AFTER_RUN[task.outcome ?? 'failed'];
  return { at: path[path.indexOf(done) + 1] ?? 'judgeTurn', task: task.id };
}

/** Another attempt at the task, in a turn of its own. */
export function nextAttempt(task: TaskProgress, note: string | null): Step {
  task.state = task.turn === 0 ? 'running' : 'retrying';
  task.turn += 1;
  task.attemptsUsed += 1;
  task.failuresBefore = task.failuresInRow;
  Object.assign(task, { seq: 1, outcome: null, failure: null, note, skipReview: false, tree: null, asked: {} });
  return { at: 'beginTurn', task: task.id };
}

/** Another run of the same turn: waiting, or a loss of ours, is not an attempt. */
export function nextRun(task: TaskProgress, note: string | null): Step {
  task.seq += 1;
  task.outcome = null;
  task.failure = null;
  task.note = note;
  return { at: 'beginTurn', task: task.id };
}

/** The next run of the turn; the same one where it was never begun. */
export function runAgain(task: TaskProgress, note: string | null): Step {
  return task.outcome === null ? { at: 'beginTurn', task: task.id } : nextRun(task, note);
}

export function grantAttempts(task: TaskProgress): void {
  task.attemptsUsed = 0;
  task.failuresInRow = 0;
}

// Each run costs money: one that is lost over and over is started again less and less often.
const FIRST_RERUN_MS = 10_000;
const MAX_RERUN_MS = 10 * 60_000;

function rerunDelayMs(reruns: number): number {
  return reruns === 0 ? 0 : Math.min(FIRST_RERUN_MS * 2 ** (reruns - 1), MAX_RERUN_MS);
}

function rerun(task: TaskProgress, reason: string, nowMs: number): Step {
  const delay = rerunDelayMs(task.seq - 1);
  if (delay === 0) return nextRun(task, reason);
  return { at: 'sleep', task: task.id, until: new Date(nowMs + delay).toISOString(), why: reason };
}

/** Waits in a row are counted, failures too; a turn that is held has neither failed nor waited. */
function book(task: TaskProgress, judged: JudgeResult): void {
  if (judged.decision === 'wait') task.waits = (task.waits ?? 0) + 1;
  else if (judged.decision !== 'rerun') task.waits = 0;
  if (judged.decision !== 'wait' && judged.decision !== 'rerun' && !judged.hold) task.failuresInRow = judged.failed ? task.failuresBefore + 1 : 0;
}

interface Now {
  ms: number;
  /** 0 to 1. */
  random: number;
}

/** Books the judgement and says what comes next; null when a person has to be asked. */
export function afterJudgement(state: MilestoneState, taskId: string, judged: JudgeResult, now: Now): Step | null {
  const task = taskOf(state, taskId);
  task.quality = judged.quality;
  task.confidence = judged.confidence;
  const waited = task.waits ?? 0;
  book(task, judged);
  switch (judged.decision) {
    case 'proceed':
      task.state = 'completed';
      return { at: 'chooseTask' };
    case 'retry':
    case 'clarify':
      return nextAttempt(task, judged.reason);
    case 'rerun':
      return rerun(task, judged.reason, now.ms);
    case 'wait':
      return { at: 'sleep', task: taskId, until: resumeAt(judged.until, now.ms, waited, now.random), why: judged.reason };
    case 'breakpoint':
      return null;
  }
}
