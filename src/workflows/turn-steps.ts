/** The life of a turn, one activity a step: begin, run, end, checks, review, judge. Each may be repeated under the same key. */
import { patched } from '@temporalio/workflow';
import { groups, timeouts } from './activity-groups.ts';
import type { BeginTurn, MeasureTurn } from '../activities/contract.ts';
import { ask } from './breakpoints.ts';
import { failureType, fatal } from './failures.ts';
import { moreMs, moreTurns } from './extensions.ts';
import { askBeforeTurn, askForMoney, askToWait } from './limits.ts';
import { measured } from './lane.ts';
import { taskOf, type Milestone, type Step, type TaskProgress, type TurnStepName } from './milestone-state.ts';
import { isPlanning, planPhase } from './planning.ts';
import { noteEvent, record } from './recorder.ts';
import { previewFor, withPreview } from './restore-step.ts';
import { runToEnd } from './run-to-end.ts';
import { leaveSeat, takeSeat } from './seats.ts';
import { callOf, summary } from './turn-call.ts';
import { askAboutUnexpected } from './unexpected.ts';
import { afterJudgement, isEnlarged, nextInTurn } from './turn-path.ts';

type TurnStep = (m: Milestone, task: TaskProgress) => Promise<Step>;

function beginCall(m: Milestone, task: TaskProgress): BeginTurn {
  const more = { turns: moreTurns(m.state, task.id), ms: moreMs(m.state, task.id) };
  const { seq, note, usageSkipped, goesOn, enlarged, answered, keptTree } = task;
  const plan = planPhase(m, task);
  return {
    ...callOf(m, task), seq, note, ...saidTo(m, task), ...(usageSkipped !== undefined && { usageSkipped }), ...(goesOn !== undefined && { goesOn }),
    ...(keptTree !== undefined && { keptTree }), ...(enlarged && { enlarged }), ...(task.isFresh && { fresh: true as const }), ...(answered && { answered }), ...(m.state.granted && { granted: m.state.granted }), ...(plan && { plan }),
    ...(more.turns > 0 && { moreTurns: more.turns }), ...(more.ms > 0 && { moreMs: more.ms }),
  };
}

/** A seat is held from the checkpoint to the end of the agent, and by nobody who waits for something else. */
async function beginTurn(m: Milestone, task: TaskProgress): Promise<Step> {
  if (task.turn === 1 && task.seq === 1) task.state = 'running';
  await record(m, `${task.id} #${task.turn} ${task.state}`);
  await takeSeat(m);
  const options = { ...timeouts.snapshot(m.brief), ...summary(task, 'checkpoint and prompt') };
  const call = beginCall(m, task);
  const { projectRaises } = m.state;
  try {
    const { full, broke, unexpected, maxTurns, enlargeTo } = await groups.host.beginTurn.executeWithOptions(options, [call]);
    if (maxTurns !== undefined) Object.assign(task, { maxTurns, enlargeTo });
    if (!full && !broke && !unexpected) return begun(m, task);
    await leaveSeat(m);
    if (unexpected) return askAboutUnexpected(m, task, unexpected, 'before', { at: 'beginTurn', task: task.id });
    // Raised while it was looked at: nobody is asked about what is there by now.
    if (broke && m.state.projectRaises !== projectRaises) return { at: 'beginTurn', task: task.id };
    return full ? askBeforeTurn(m, task, full) : askForMoney(m, task, broke ?? []);
  } catch (error) {
    // A person may be asked now, for days.
    if (failureType(error) === 'host_unreachable') await leaveSeat(m);
    throw error;
  }
}

/** What people have said is in the prompt now. */
function begun(m: Milestone, task: TaskProgress): Step {
  if (!task.answered) delete m.lane.unsaid;
  delete task.earlier;
  delete m.lane.lastTurn;
  return { at: 'runTurn', task: task.id };
}

/** Not where the session may only go on with a call that was answered: that prompt is empty. */
const saidTo = ({ lane: { unsaid = [] } }: Milestone, task: TaskProgress): { said?: string } => (unsaid.length > 0 && !task.answered ? { said: unsaid.join('\n') } : {});

const ENDED_BY_ITSELF = new Set<TaskProgress['outcome']>(['completed', 'maxTurns', 'overBudget', 'deferred']);

async function runTurn(m: Milestone, task: TaskProgress): Promise<Step> {
  await takeSeat(m);
  // Where it fails the agent may be at work: the seat stays taken.
  m.lane.live = { task: task.id, turn: task.turn, seq: task.seq };
  const result = await runToEnd(m, task).finally(() => void (m.lane.live = null));
  await leaveSeat(m);
  if ('at' in result) return result;
  task.outcome = result.outcome;
  // An answer to a call has had its effect; of a run that was lost or had to wait nobody knows.
  if (ENDED_BY_ITSELF.has(result.outcome)) forgetBefore(task);
  task.failure = result.failure ?? null;
  m.state.costUsd += result.costUsd;
  if (result.outcome !== 'completed') noteEvent(m.state, result.outcome, `${task.id} #${task.turn}: ${result.message}`);
  return nextInTurn(task, 'runTurn', isPlanning(m, task));
}

/** Its own session, and none of the answers before it, is what the next run goes on with. */
function forgetBefore(task: TaskProgress): void {
  task.answered = null;
  delete task.isFresh;
}

const measureCall = (m: Milestone, task: TaskProgress): MeasureTurn => ({ ...callOf(m, task), ...(task.again && { again: task.again }) });

async function endTurn(m: Milestone, task: TaskProgress): Promise<Step> {
  const options = { ...timeouts.snapshot(m.brief), ...summary(task, 'checkpoint and changes') };
  const { tree, unexpected } = await groups.host.endTurn.executeWithOptions(options, [measureCall(m, task)]);
  measured(m.lane, task, tree);
  const next = nextInTurn(task, 'endTurn', isPlanning(m, task));
  return unexpected ? askAboutUnexpected(m, task, unexpected, 'during', next) : next;
}

async function runChecks(m: Milestone, task: TaskProgress): Promise<Step> {
  await groups.host.runChecks.executeWithOptions({ ...timeouts.checks(m.brief), ...summary(task, 'checks') }, [measureCall(m, task)]);
  const next = nextInTurn(task, 'runChecks');
  // Turns that ended at a limit were not reviewed once.
  const isReviewed = task.outcome === 'completed' || patched('partial-is-reviewed');
  // Nobody waits again for a reviewer that a person has let off.
  const isLetOff = task.skipReview && task.again !== undefined;
  return isReviewed && !isLetOff ? next : { at: 'judgeTurn', task: task.id };
}

/** Always asked after a completed run: the activity itself knows whether the evidence leaves anything to review. */
async function reviewTurn(m: Milestone, task: TaskProgress): Promise<Step> {
  await groups.host.reviewTurn.executeWithOptions({ ...timeouts.review(m.brief), ...summary(task, 'review') }, [callOf(m, task)]);
  return nextInTurn(task, 'reviewTurn');
}

function attemptsLeft(m: Milestone, task: TaskProgress): number {
  const planned = m.brief.tasks.find(({ id }) => id === task.id)?.attempts ?? m.brief.attempts;
  return task.finish ? 0 : Math.max(0, planned - task.attemptsUsed);
}

async function judgeTurn(m: Milestone, task: TaskProgress): Promise<Step> {
  // What was granted while the agent worked counts now.
  if ((m.state.unrecorded.raised?.length ?? 0) > 0) await record(m, `${task.id} extended`);
  const { projectRaises } = m.state;
  const judged = await groups.quick.judgeTurn.executeWithOptions(summary(task, 'judge'), [{
    ...callOf(m, task),
    attemptsLeft: attemptsLeft(m, task),
    ...(isEnlarged(task) && { enlargeTo: task.enlargeTo ?? undefined }),
    ...(task.finish && { finish: true }),
    failuresBefore: task.failuresBefore,
    skipReview: task.skipReview,
    ...(task.waits && { waitsBefore: task.waits }),
    ...(task.weakeningsApproved !== undefined && { weakeningsApproved: task.weakeningsApproved }),
    ...(isPlanning(m, task) && { planning: true as const }),
  }]);
  if (judged.breakpoint === 'budget_exceeded' && m.state.projectRaises !== projectRaises) return { at: 'judgeTurn', task: task.id };
  if (judged.decision === 'stop') return stopByRule(task, judged.reason);
  const next = afterJudgement(m.state, task.id, judged, { ms: Date.now(), random: Math.random(), ...(m.brief.retry && { retry: m.brief.retry }) });
  if (next?.at === 'sleep' && judged.breakpoint === 'rate_limit_hit') return askToWait(m, task, next.until, judged.reason);
  if (next) return next;
  const kind = judged.breakpoint ?? 'consecutive_failures';
  const preview = await previewFor(m, task, kind);
  const detail = preview ? { ...judged.detail, restore: preview } : judged.detail;
  return ask(m, { kind, task: task.id, back: { at: 'judgeTurn', task: task.id }, ...(judged.hold && { hold: true }), ...(detail && { detail }) }, withPreview(judged.reason, preview));
}

/** A rule of the plan ends the milestone; nobody is asked. */
function stopByRule(task: TaskProgress, reason: string): never {
  task.state = 'failed';
  throw fatal('aborted', reason);
}

const TURN_STEPS: Record<TurnStepName, TurnStep> = { beginTurn, runTurn, endTurn, runChecks, reviewTurn, judgeTurn };

export function takeTurnStep(m: Milestone, step: Extract<Step, { at: TurnStepName }>): Promise<Step> {
  return TURN_STEPS[step.at](m, taskOf(m.state, step.task));
}
