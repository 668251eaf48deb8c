/** The life of a turn, one activity a step: begin, run, end, checks, review, judge. Each may be repeated under the same key. */
import { groups, timeouts } from './activity-groups.ts';
import { ask } from './breakpoints.ts';
import { failureType } from './failures.ts';
import { askBeforeTurn, askToWait } from './limits.ts';
import { taskOf, type Milestone, type Step, type TaskProgress, type TurnStepName } from './milestone-state.ts';
import { noteEvent, record } from './recorder.ts';
import { runToEnd } from './run-to-end.ts';
import { leaveSeat, takeSeat } from './seats.ts';
import { callOf, summary } from './turn-call.ts';
import { afterJudgement, nextInTurn } from './turn-path.ts';

type TurnStep = (m: Milestone, task: TaskProgress) => Promise<Step>;

/** A seat is held from the checkpoint to the end of the agent, and by nobody who waits for something else. */
async function beginTurn(m: Milestone, task: TaskProgress): Promise<Step> {
  if (task.turn === 1 && task.seq === 1) task.state = 'running';
  await record(m, `${task.id} #${task.turn} ${task.state}`);
  await takeSeat(m);
  const options = { ...timeouts.snapshot(m.brief), ...summary(task, 'checkpoint and prompt') };
  const call = { ...callOf(m, task), seq: task.seq, note: task.note, ...(task.usageSkipped !== undefined && { usageSkipped: task.usageSkipped }) };
  try {
    const { full } = await groups.host.beginTurn.executeWithOptions(options, [call]);
    if (!full) return { at: 'runTurn', task: task.id };
    await leaveSeat(m);
    return askBeforeTurn(m, task, full);
  } catch (error) {
    // A person may be asked now, for days.
    if (failureType(error) === 'host_unreachable') await leaveSeat(m);
    throw error;
  }
}

async function runTurn(m: Milestone, task: TaskProgress): Promise<Step> {
  await takeSeat(m);
  // Where it fails the agent may be at work: the seat stays taken.
  const result = await runToEnd(m, task);
  await leaveSeat(m);
  if ('at' in result) return result;
  task.outcome = result.outcome;
  task.failure = result.failure ?? null;
  m.state.costUsd += result.costUsd;
  if (result.outcome !== 'completed') noteEvent(m.state, result.outcome, `${task.id} #${task.turn}: ${result.message}`);
  return nextInTurn(task, 'runTurn');
}

async function endTurn(m: Milestone, task: TaskProgress): Promise<Step> {
  const options = { ...timeouts.snapshot(m.brief), ...summary(task, 'checkpoint and changes') };
  const { tree } = await groups.host.endTurn.executeWithOptions(options, [callOf(m, task)]);
  task.tree = tree;
  return nextInTurn(task, 'endTurn');
}

async function runChecks(m: Milestone, task: TaskProgress): Promise<Step> {
  await groups.host.runChecks.executeWithOptions({ ...timeouts.checks(m.brief), ...summary(task, 'checks') }, [callOf(m, task)]);
  return nextInTurn(task, 'runChecks');
}

/** Always asked after a completed run: the activity itself knows whether the evidence leaves anything to review. */
async function reviewTurn(m: Milestone, task: TaskProgress): Promise<Step> {
  await groups.host.reviewTurn.executeWithOptions({ ...timeouts.review(m.brief), ...summary(task, 'review') }, [callOf(m, task)]);
  return nextInTurn(task, 'reviewTurn');
}

async function judgeTurn(m: Milestone, task: TaskProgress): Promise<Step> {
  const judged = await groups.quick.judgeTurn.executeWithOptions(summary(task, 'judge'), [{
    ...callOf(m, task),
    attemptsLeft: Math.max(0, m.brief.attempts - task.attemptsUsed),
    failuresBefore: task.failuresBefore,
    skipReview: task.skipReview,
    ...(task.waits && { waitsBefore: task.waits }),
  }]);
  const next = afterJudgement(m.state, task.id, judged, { ms: Date.now(), random: Math.random() });
  if (next?.at === 'sleep' && judged.breakpoint === 'rate_limit_hit') return askToWait(m, task, next.until, judged.reason);
  if (next) return next;
  const kind = judged.breakpoint ?? 'consecutive_failures';
  return ask(m, { kind, task: task.id, back: { at: 'judgeTurn', task: task.id }, ...(judged.hold && { hold: true }) }, judged.reason);
}

const TURN_STEPS: Record<TurnStepName, TurnStep> = { beginTurn, runTurn, endTurn, runChecks, reviewTurn, judgeTurn };

export function takeTurnStep(m: Milestone, step: Extract<Step, { at: TurnStepName }>): Promise<Step> {
  return TURN_STEPS[step.at](m, taskOf(m.state, step.task));
}
