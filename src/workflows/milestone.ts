/**
 * One milestone: a loop over the steps of milestone-steps.ts and turn-steps.ts. Between any two of them it may pause or
 * continue as new; at its end it gives the workspace back and says truthfully how it ended.
 */
import {
  allHandlersFinished, CancellationScope, condition, continueAsNew, isCancellation, setHandler, TemporalFailure, workflowInfo,
} from '@temporalio/workflow';
import { groups } from './activity-groups.ts';
import { handleAnswers } from './answer-handlers.ts';
import { ask, mustContinue } from './breakpoints.ts';
import { attempt, compensate } from './compensate.ts';
import { handleControl } from './control-handlers.ts';
import { failureMessage, failureType, fatal } from './failures.ts';
import { milestoneStatusQuery } from './messages.ts';
import { newState, newTask, statusOf, type Milestone, type MilestoneInput, type MilestoneResult, type MilestoneState, type Step } from './milestone-state.ts';
import { takeStep, whilePaused } from './milestone-steps.ts';
import { noteEvent, record } from './recorder.ts';
import { refresh } from './visibility.ts';

/** State before handlers, handlers before the first wait: a signal sent with the start finds its handler. */
function registerHandlers(input: MilestoneInput, state: MilestoneState): void {
  setHandler(milestoneStatusQuery, () => statusOf(input, state), { description: 'Where the milestone stands' });
  handleAnswers(input, () => state.inbox);
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
  if (state.tasks.length === 0) state.tasks = brief.tasks.map((t) => newTask(t.id));
  // Kept in the state: the next run of this history would count its own questions among those of earlier ones.
  state.askedInEarlierRuns ??= brief.questionsBefore ?? 0;
  return { input, brief, state, firstRunId: workflowInfo().firstExecutionRunId };
}

/** The host stayed away for longer than the plan allows: a person says whether to try again; a run goes on there meanwhile. */
async function takeStepOrAsk(m: Milestone, step: Step): Promise<Step> {
  try {
    return await takeStep(m, step);
  } catch (error) {
    if (failureType(error) !== 'host_unreachable') throw error;
    return ask(m, { kind: 'host_unreachable', task: 'task' in step ? step.task : null, back: step }, failureMessage(error));
  }
}

/** Nothing runs between two steps: the place to pause and to begin a fresh history. */
async function safePoint(m: Milestone): Promise<void> {
  refresh(m);
  const { at } = m.state.step;
  if (at !== 'ask' && at !== 'sleep') await whilePaused(m);
  if (!mustContinue(m)) return;
  await condition(allHandlersFinished);
  await continueAsNew<typeof milestoneWorkflow>({ ...m.input, carried: m.state });
}

async function work(m: Milestone): Promise<void> {
  while (m.state.step.at !== 'closed') {
    await safePoint(m);
    m.state.step = await takeStepOrAsk(m, m.state.step);
  }
}

const ENDED = { completed: null, failed: 'cancelled', cancelled: 'cancelled' } as const;

/** What had not ended will not: the tasks end with the milestone. */
function closeTasks(state: MilestoneState, final: keyof typeof ENDED): void {
  state.final = final;
  state.resting = null;
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
  await condition(allHandlersFinished);
}

function resultOf(m: Milestone): MilestoneResult {
  const tasks = m.state.tasks.map(({ id, state, turn }) => ({ id, state, turns: turn }));
  return { milestone: m.input.milestone, state: 'completed', costUsd: m.state.costUsd, tasks };
}

/** The plan could not be read, so there is nothing to work on; the milestone still has to end in a state. */
const unread = (input: MilestoneInput, state: MilestoneState): Milestone => ({
  input, state, firstRunId: workflowInfo().firstExecutionRunId,
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
  registerHandlers(input, state);
  let m = unread(input, state);
  try {
    m = await load(input, state);
    await work(m);
  } catch (error) {
    // What is no failure of Temporal's is a bug, or continue-as-new: a bug holds the workflow task until a cure is deployed.
    if (!(error instanceof TemporalFailure)) throw error;
    return fail(m, error);
  }
  await CancellationScope.nonCancellable(() => close(m, 'completed'));
  return resultOf(m);
}
