/** The steps around the turns: claim the workspace, measure before, choose a task, sleep, accept the whole. */
import { condition, patched } from '@temporalio/workflow';
import { clockTime } from '../domain/waits.ts';
import { groups, timeouts } from './activity-groups.ts';
import { ask, awaitAnswer, mustStop } from './breakpoints.ts';
import { failureMessage, failureType } from './failures.ts';
import { taskOf, type Milestone, type Step } from './milestone-state.ts';
import { noteEvent, record } from './recorder.ts';
import { goOn, goOnRecorded, rest } from './resting.ts';
import { restoreForTask } from './restore-step.ts';
import { leaveSeat } from './seats.ts';
import { awaitLanes, awaitRetry, chooseTask } from './scheduling.ts';
import { runAgain } from './turn-path.ts';
import { takeTurnStep } from './turn-steps.ts';
import { putBack } from './unexpected.ts';
import { setUpFork, takeWorktreeStep } from './worktree-steps.ts';

/** Who waits anyway says so by itself. */
export const restsHere = ({ lane: { step: { at } }, state: { paused } }: Milestone): boolean => at !== 'ask' && at !== 'sleep' && (at !== 'awaitRetry' || paused);

/** Stops here while paused. */
export async function whilePaused(m: Milestone): Promise<void> {
  while (m.state.paused && !mustStop(m)) {
    await leaveSeat(m);
    rest(m, 'paused');
    await record(m, `${m.input.milestone} paused`);
    await condition(() => !m.state.paused || mustStop(m));
  }
  if (!m.state.paused && m.lane.resting) await goOnRecorded(m);
}

/** Somebody else works in the workspace: says so once, then the server repeats the claim until the lease is free. */
async function waitForLease(m: Milestone, claim: Parameters<typeof groups.host.claimWorkspace>[0], why: string): Promise<number> {
  noteEvent(m.state, 'waiting_for_workspace', why);
  rest(m, 'lease');
  await record(m, `${m.input.milestone} waits for the workspace`);
  const options = { ...timeouts.snapshot(m.brief), summary: `${m.input.milestone} waits for the workspace` };
  const { epoch } = await groups.host.claimWorkspace.executeWithOptions(options, [claim]);
  await goOnRecorded(m);
  return epoch;
}

async function claimWorkspace(m: Milestone): Promise<Step> {
  if (m.brief.isolated && !m.lane.worktree) return { at: 'openWorktree', task: null };
  const { project, planSha256, milestone } = m.input;
  const claim = { project, planSha256, milestone, workflowRunId: m.firstRunId };
  const options = { ...timeouts.snapshot(m.brief), summary: `${milestone} claims ${m.brief.workspace}`.slice(0, 200) };
  try {
    m.state.epoch = (await groups.leaseProbe.claimWorkspace.executeWithOptions(options, [claim])).epoch;
  } catch (error) {
    if (failureType(error) !== 'workspace_leased') throw error;
    m.state.epoch = await waitForLease(m, claim, failureMessage(error));
  }
  return m.brief.fork && m.brief.setupTimeoutMs !== undefined && patched('fork-is-set-up') ? { at: 'setUpFork' } : { at: 'takeBaseline' };
}

async function takeBaseline(m: Milestone): Promise<Step> {
  const { project, planSha256, milestone } = m.input;
  const options = { ...timeouts.checks(m.brief), summary: `${milestone} checks before the first turn` };
  await groups.host.takeBaseline.executeWithOptions(options, [{ project, planSha256, milestone, epoch: m.state.epoch ?? 0 }]);
  return { at: 'chooseTask' };
}

/** The next run of the turn begins when the time has come; not an attempt. */
async function sleepUntil(m: Milestone, step: Extract<Step, { at: 'sleep' }>): Promise<Step> {
  rest(m, 'limit');
  noteSleep(m, step);
  await record(m, `${step.task} sleeps until ${step.until}`);
  const restMs = Math.max(0, Date.parse(step.until) - Date.now());
  const wasCut = restMs > 0 && (await condition(() => mustStop(m), restMs, { summary: `${step.task} sleeping until ${clockTime(step.until, Date.now())}` }));
  if (wasCut) return step;
  goOn(m);
  const task = taskOf(m.state, step.task);
  task.usageSkipped = step.until;
  return runAgain(task, step.why);
}

function noteSleep(m: Milestone, step: Extract<Step, { at: 'sleep' }>): void {
  if (m.state.recorded.state !== 'waiting') noteEvent(m.state, 'sleeping', `${step.task} sleeping until ${clockTime(step.until, Date.now())}: ${step.why}`);
}

/** Carries out the step and says what comes next. */
async function takeStep(m: Milestone, step: Step): Promise<Step> {
  switch (step.at) {
    case 'claimWorkspace':
      return claimWorkspace(m);
    case 'setUpFork':
      return setUpFork(m, step);
    case 'takeBaseline':
      return takeBaseline(m);
    case 'chooseTask':
      return chooseTask(m);
    case 'awaitRetry':
      return awaitRetry(m, step);
    case 'putBack':
      return putBack(m, step);
    case 'sleep':
      return sleepUntil(m, step);
    case 'ask':
      return awaitAnswer(m, step);
    case 'restore':
      return restoreForTask(m, step);
    case 'awaitLanes':
      return awaitLanes(m, step);
    case 'openWorktree':
    case 'bringBack':
    case 'closeWorktree':
      return takeWorktreeStep(m, step);
    case 'complete':
      return ask(m, { kind: 'milestone_completion', task: null, back: step }, '');
    case 'closed':
      return step;
    default:
      return takeTurnStep(m, step);
  }
}

/** The host stayed away for longer than the plan allows: a person says whether to try again; a run goes on there meanwhile. */
export async function takeStepOrAsk(m: Milestone, step: Step): Promise<Step> {
  try {
    return await takeStep(m, step);
  } catch (error) {
    if (failureType(error) !== 'host_unreachable') throw error;
    return ask(m, { kind: 'host_unreachable', task: 'task' in step ? step.task : null, back: step }, failureMessage(error));
  }
}
