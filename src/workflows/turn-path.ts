/** The order of a turn, and what follows from its judgement. Pure: every function changes only the state it is given. */
import type { JudgeResult } from '../activities/contract.ts';
import { isHeld, type TurnOutcomeKind } from '../domain/turn-outcome.ts';
import { resumeAt, retryDelayMs, type RetryPolicy } from '../domain/waits.ts';
import { keepEarlier } from './measure-again.ts';
import { taskOf, type MilestoneState, type Step, type TaskProgress, type TurnStepName } from './milestone-state.ts';

// A turn that goes on later has no end to measure yet. A partial one is measured and reviewed like a whole one: it may be
// good as it is. Of a failed one only the changes are kept.
const AFTER_RUN: Record<TurnOutcomeKind, readonly TurnStepName[]> = {
  completed: ['endTurn', 'runChecks', 'reviewTurn', 'judgeTurn'],
  maxTurns: ['endTurn', 'runChecks', 'reviewTurn', 'judgeTurn'],
  overBudget: ['endTurn', 'runChecks', 'reviewTurn', 'judgeTurn'],
  refused: ['endTurn', 'judgeTurn'],
  failed: ['endTurn', 'judgeTurn'],
  deferred: ['endTurn', 'judgeTurn'],
  limited: ['judgeTurn'],
  interrupted: ['judgeTurn'],
  lost: ['judgeTurn'],
};

const UNMEASURED: readonly TurnStepName[] = ['judgeTurn'];

/** It goes on with more turns: nothing to measure yet. */
export const isEnlarged = ({ outcome, enlargeTo }: TaskProgress): boolean => outcome === 'maxTurns' && typeof enlargeTo === 'number';

/** The step after `done` in the turn of that task. `isPlanning`: it made a plan, of which only the files are looked at. */
export function nextInTurn(task: TaskProgress, done: TurnStepName, isPlanning = false): Step {
  const path = isHeld(task.failure) || isEnlarged(task) ? UNMEASURED : AFTER_RUN[isPlanning && task.outcome === 'completed' ? 'deferred' : (task.outcome ?? 'failed')];
  return { at: path[path.indexOf(done) + 1] ?? 'judgeTurn', task: task.id };
}

const forget = (task: TaskProgress, ...names: ('goesOn' | 'moved' | 'again' | 'askedLater')[]): void => names.forEach((name) => delete task[name]);

/** Another attempt at the task, in a turn of its own. */
export function nextAttempt(task: TaskProgress, note: string | null): Step {
  task.state = task.turn === 0 ? 'running' : 'retrying';
  keepEarlier(task);
  task.turn += 1;
  task.attemptsUsed += 1;
  task.failuresBefore = task.failuresInRow;
  delete task.retryAt;
  Object.assign(task, { seq: 1, outcome: null, failure: null, note, skipReview: false, tree: null, asked: task.askedLater ?? {}, answered: null, finish: false });
  forget(task, 'goesOn', 'moved', 'again', 'askedLater');
  if (task.worked) task.worked.turnMs = 0;
  return { at: 'beginTurn', task: task.id };
}

/** Another run of the same turn: waiting, or a loss of ours, is not an attempt. */
export function nextRun(task: TaskProgress, note: string | null): Step {
  task.seq += 1;
  task.outcome = null;
  task.failure = null;
  task.note = note;
  task.finish = false;
  forget(task, 'goesOn', 'moved');
  return { at: 'beginTurn', task: task.id };
}

/** The next run of the turn, which goes on where the one before stopped at a limit. */
export function goOnWith(task: TaskProgress, goesOn: string): Step {
  const step = nextRun(task, null);
  task.goesOn = goesOn;
  return step;
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

const MORE_TURNS = 'Your run before this one reached its limit of turns; nothing was wrong. You have more now.';

function goOnEnlarged(task: TaskProgress): Step {
  task.enlarged = true;
  return goOnWith(task, MORE_TURNS);
}

interface Now {
  ms: number;
  /** 0 to 1. */
  random: number;
  retry?: RetryPolicy;
}

/** What a check or a reviewer found is told to the agent at once; a model or an agent that failed needs time. Other tasks may run meanwhile. */
function attemptLater(task: TaskProgress, note: string, { ms, random, retry }: Now): Step {
  const isOfAgent = task.outcome === 'failed' || task.outcome === 'refused';
  const delay = isOfAgent && retry ? retryDelayMs(retry, task.failuresBefore, random) : 0;
  if (delay === 0) return nextAttempt(task, note);
  Object.assign(task, { state: 'retrying', retryAt: new Date(ms + delay).toISOString(), note });
  return { at: 'chooseTask' };
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
      return attemptLater(task, judged.reason, now);
    case 'rerun':
      if (judged.rule === 'turns_enlarged') return goOnEnlarged(task);
      return rerun(task, judged.reason, now.ms);
    case 'wait':
      return { at: 'sleep', task: taskId, until: resumeAt(judged.until, now.ms, waited, now.random), why: judged.reason };
    case 'stop':
    case 'breakpoint':
      return null;
  }
}
