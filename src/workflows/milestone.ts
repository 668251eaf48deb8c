/**
 * One milestone: a loop over the steps of milestone-steps.ts and turn-steps.ts. Between any two of them it may pause or
 * continue as new; at its end it gives the workspace back and says truthfully how it ended.
 */
import {
  allHandlersFinished, CancellationScope, condition, continueAsNew, isCancellation, setHandler, TemporalFailure, workflowInfo,
} from '@temporalio/workflow';
import { groups } from './activity-groups.ts';
import { handleAnswers } from './answer-handlers.ts';
import { mustContinue, mustStop } from './breakpoints.ts';
import { attempt, compensate } from './compensate.ts';
import { handleControl } from './control-handlers.ts';
import { handleExtend } from './extend-handlers.ts';
import { failureMessage, failureType, fatal } from './failures.ts';
import { Lanes } from './lanes.ts';
import { milestoneStatusQuery } from './messages.ts';
import { lanesOf, newShared } from './lane.ts';
import { beginTasks, newState, planWaits, type Milestone, type MilestoneInput, type MilestoneResult, type MilestoneState, type Step } from './milestone-state.ts';
import { statusOf } from './milestone-status.ts';
import { restsHere, takeStepOrAsk, whilePaused } from './milestone-steps.ts';
import { adoptPlan, handlePlanChange } from './plan-change.ts';
import { handleBudgetRaised } from './project-money.ts';
import { noteEvent, record } from './recorder.ts';
import { handleCheckpoint } from './checkpoint-handler.ts';
import { handleRestore } from './restore-handlers.ts';
import { handleSteer } from './steer-handlers.ts';
import { follow } from './scheduling.ts';
import { releaseCovered } from './release.ts';
import { leaveSeat } from './seats.ts';
import { refresh } from './visibility.ts';

/** State before handlers, handlers before the first wait: a signal sent with the start finds its handler. */
function registerHandlers(input: MilestoneInput, state: MilestoneState, milestone: () => Milestone): void {
  setHandler(milestoneStatusQuery, () => statusOf(input, state), { description: 'Where the milestone stands' });
  handleAnswers(input, () => state.inbox);
  handlePlanChange(input, state);
  handleSteer(input, state);
  handleExtend(state, () => milestone().brief);
  handleBudgetRaised(state);
  handleRestore(input, state, milestone);
  handleCheckpoint(input, state, milestone);
  handleControl({
    setPaused: (paused, by) => {
      if (state.paused !== paused) noteEvent(state, paused ? 'paused' : 'resumed', `by ${by ?? 'somebody'}`);
      state.paused = paused;
    },
  });
}

async function load(input: MilestoneInput, state: MilestoneState): Promise<Milestone> {
  const { project, planSha256, milestone } = input;
  const brief = await groups.quick.loadMilestone.executeWithOptions({ summary: `${milestone} plan` }, [{ project, planSha256, milestone }]);
  if (state.tasks.length === 0) beginTasks(state, brief);
  // Kept in the state: the next run of this history would count its own questions among those of earlier ones.
  state.askedInEarlierRuns ??= brief.questionsBefore ?? 0;
  return { input, brief, state, lane: state, shared: newShared(), firstRunId: workflowInfo().firstExecutionRunId };
}

/** One of them may wait for the seat that this one has. */
async function othersStopped(m: Milestone, lanes: Lanes): Promise<void> {
  if (m.state.lanes) await leaveSeat(m);
  await lanes.stopped();
}

/** Nothing runs between two steps: the place to go over to another plan, to pause and to begin a fresh history. */
async function safePoint(m: Milestone, lanes: Lanes): Promise<void> {
  do {
    if (mustStop(m)) await othersStopped(m, lanes);
    while (planWaits(m.state)) await adoptPlan(m);
    refresh(m);
    lanes.start();
    if (restsHere(m)) await whilePaused(m);
  } while (planWaits(m.state));
  if (m.state.restoring !== undefined) await condition(() => m.state.restoring === undefined);
  if (!mustContinue(m)) return;
  await othersStopped(m, lanes);
  await condition(() => allHandlersFinished() && m.shared.telling === 0);
  await continueAsNew<typeof milestoneWorkflow>({ ...m.input, carried: m.state });
}

/** A worktree of the whole milestone comes back before it is asked about, and is cleared away before the end. */
function onItsWay({ lane, state }: Milestone, before: Step, next: Step): Step {
  if (!lane.worktree) return next;
  if (before.at === 'chooseTask' && next.at === 'complete' && state.tasks.some(({ turn }) => turn > 0)) return { at: 'bringBack', task: null };
  return next.at === 'closed' ? { at: 'closeWorktree', task: null } : next;
}

async function work(m: Milestone, lanes: Lanes): Promise<void> {
  while (m.state.step.at !== 'closed') {
    await safePoint(m, lanes);
    const before = m.state.step;
    const next = onItsWay(m, before, await takeStepOrAsk(m, before));
    follow(m, before, next);
    m.state.step = next;
  }
}

const ENDED = { completed: null, failed: 'cancelled', cancelled: 'cancelled' } as const;

/** What had not ended will not: the tasks end with the milestone. */
function closeTasks(state: MilestoneState, final: keyof typeof ENDED): void {
  state.final = final;
  for (const lane of lanesOf(state)) lane.resting = null;
  const left = ENDED[final];
  for (const task of state.tasks) {
    const isOpen = task.state !== 'completed' && task.state !== 'skipped' && task.state !== 'failed';
    if (left && isOpen) task.state = final === 'failed' && task.turn > 0 ? 'failed' : left;
  }
}

async function close(m: Milestone, final: keyof typeof ENDED): Promise<void> {
  closeTasks(m.state, final);
  refresh(m);
  await compensate(m);
  await attempt('recording the end', () => record(m, `${m.input.milestone} ${final}`, 'closing'));
  await condition(() => allHandlersFinished() && m.shared.telling === 0);
}

function resultOf(m: Milestone): MilestoneResult {
  const tasks = m.state.tasks.map(({ id, state, turn }) => ({ id, state, turns: turn }));
  return { milestone: m.input.milestone, state: 'completed', costUsd: m.state.costUsd, tasks };
}

/** The plan could not be read, so there is nothing to work on; the milestone still has to end in a state. */
const unread = (input: MilestoneInput, state: MilestoneState): Milestone => ({
  input, state, lane: state, shared: newShared(), firstRunId: workflowInfo().firstExecutionRunId,
  brief: {
    milestone: input.milestone, title: input.milestone, host: '', workspace: '', attempts: 0,
    hostPatienceMs: 0, runTimeoutMs: 0, checksTimeoutMs: 0, breakpoints: {}, tasks: [],
  },
});

/** Closes as Cancelled when it was cancelled (after the agent and its processes are gone), as Failed with a type otherwise. */
async function fail(m: Milestone, error: unknown): Promise<never> {
  const isCancelled = isCancellation(error);
  const message = isCancelled ? 'cancelled' : failureMessage(error);
  noteEvent(m.state, isCancelled ? 'cancelled' : 'failed', message);
  await CancellationScope.nonCancellable(() => close(m, isCancelled ? 'cancelled' : 'failed'));
  if (isCancelled) throw error;
  throw fatal(failureType(error) ?? 'internal', message);
}

/** Input and state are plain JSON; `carried` comes from the run before. */
export async function milestoneWorkflow(input: MilestoneInput): Promise<MilestoneResult> {
  const state = input.carried ?? newState(input);
  let m = unread(input, state);
  registerHandlers(input, state, () => m);
  try {
    m = await load(input, state);
    if (input.carried) await releaseCovered(m);
    const lanes = new Lanes(m);
    await lanes.beside(() => work(m, lanes));
  } catch (error) {
    // What is no failure of Temporal's is a bug, or continue-as-new: a bug holds the workflow task until a cure is deployed.
    if (!(error instanceof TemporalFailure)) throw error;
    return fail(m, error);
  }
  await CancellationScope.nonCancellable(() => close(m, 'completed'));
  return resultOf(m);
}
