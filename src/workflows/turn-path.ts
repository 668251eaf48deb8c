/** The order of a turn, and what follows from its judgement. Pure: every function changes only the state it is given. */
import type { JudgeResult } from '../activities/contract.ts';
import type { TurnOutcomeKind } from '../domain/turn-outcome.ts';
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

/** The step after `done` in the turn of that task. */
export function nextInTurn(task: TaskProgress, done: TurnStepName): Step {
  const path = AFTER_RUN[task.outcome ?? 'failed'];
  return { at: path[path.indexOf(done) + 1] ?? 'judgeTurn', task: task.id };
}

/** Another attempt at the task, in a turn of its own. */
export function nextAttempt(task: TaskProgress, note: string | null): Step {
  task.state = task.turn === 0 ? 'running' : 'retrying';
  task.turn += 1;
  task.attemptsUsed += 1;
  task.failuresBefore = task.failuresInRow;
  Object.assign(task, { seq: 1, outcome: null, note, skipReview: false, tree: null, asked: {} });
  return { at: 'beginTurn', task: task.id };
}

/** Another run of the same turn: waiting, or a loss of ours, is not an attempt. */
export function nextRun(task: TaskProgress, note: string | null): Step {
  task.seq += 1;
  task.outcome = null;
  task.note = note;
  return { at: 'beginTurn', task: task.id };
}

export function grantAttempts(task: TaskProgress): void {
  task.attemptsUsed = 0;
  task.failuresInRow = 0;
}

// A limit that names no end: long enough to be worth it, short enough to notice that it is over.
const UNKNOWN_LIMIT_MS = 15 * 60_000;

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

function waitUntil(until: string | null, nowMs: number): string {
  const given = until === null ? NaN : Date.parse(until);
  return new Date(Number.isNaN(given) ? nowMs + UNKNOWN_LIMIT_MS : given).toISOString();
}

/** Books the judgement and says what comes next; null when a person has to be asked. */
export function afterJudgement(state: MilestoneState, taskId: string, judged: JudgeResult, nowMs: number): Step | null {
  const task = taskOf(state, taskId);
  task.quality = judged.quality;
  task.confidence = judged.confidence;
  if (judged.decision !== 'wait' && judged.decision !== 'rerun') task.failuresInRow = judged.failed ? task.failuresBefore + 1 : 0;
  switch (judged.decision) {
    case 'proceed':
      task.state = 'completed';
      return { at: 'chooseTask' };
    case 'retry':
    case 'clarify':
      return nextAttempt(task, judged.reason);
    case 'rerun':
      return rerun(task, judged.reason, nowMs);
    case 'wait':
      return { at: 'sleep', task: taskId, until: waitUntil(judged.until, nowMs), why: judged.reason };
    case 'breakpoint':
      return null;
  }
}
