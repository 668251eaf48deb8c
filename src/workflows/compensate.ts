/** What a milestone owes when it ends in the middle of a turn: the files as they are on record, the workspace given back. */
import { log, patched } from '@temporalio/workflow';
import type { ActivityOptions } from '@temporalio/common';
import type { WorktreeCall } from '../activities/contract.ts';
import { groups, timeouts } from './activity-groups.ts';
import { failureMessage } from './failures.ts';
import { inLane, lanesOf, type Lane } from './lane.ts';
import { taskOf, type Milestone, type MilestoneState, type Step, type TaskProgress } from './milestone-state.ts';
import { noteEvent } from './recorder.ts';
import { callOf, summary } from './turn-call.ts';
import { taskBehind, worktreeCall } from './worktree-steps.ts';

/** A clean-up that cannot be done must not hide how the milestone ended. False: it could not. */
export async function attempt(what: string, call: () => Promise<void>): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    log.error(`${what} failed while closing`, { error: failureMessage(error) });
    return false;
  }
}

/** What was to be done next when the host stayed away and a person gave it up. */
const gaveUp = ({ step }: Lane): Step | null => (step.at === 'ask' && step.kind === 'host_unreachable' ? step.back : null);

/** Of a question about a worktree that could not be made ready: no turn was begun in it. */
const behind = (step: Step): Step => (step.at === 'ask' && step.back.at === 'openWorktree' ? step.back : step);

/** The task of a turn whose agent may have written and whose end was never measured. */
function cutOff(state: MilestoneState, lane: Lane): TaskProgress | null {
  const step = behind(gaveUp(lane) ?? lane.step);
  if (!('task' in step) || step.task === null) return null;
  const task = taskOf(state, step.task);
  const isBegun = step.at !== 'beginTurn' || task.seq > 1;
  return isBegun && task.turn > 0 && task.tree === null && step.at !== 'openWorktree' ? task : null;
}

async function measure(m: Milestone, task: TaskProgress, limits: ActivityOptions): Promise<void> {
  const { tree, changedFiles } = await groups.closingOnHost.endTurn.executeWithOptions({ ...limits, ...summary(task, 'checkpoint at the end') }, [callOf(m, task)]);
  task.tree = tree;
  noteEvent(m.state, 'cut_off', `${task.id} #${task.turn}: its files are kept as checkpoint ${tree}, ${changedFiles} changed`);
}

/** The host may be there again. Not for long: a person waits for the end of a milestone that was given up because it was not. */
const WHEN_AWAY = { startToCloseTimeout: '30s', scheduleToCloseTimeout: '30s' } as const;

/** Ends an agent that went on while its host could not be reached, and stores what it has said meanwhile, where there is a seat for that. */
async function endRun(m: Milestone, task: TaskProgress): Promise<void> {
  const run = { ...callOf(m, task), seq: task.seq };
  await groups.closingOnHost.stopRun.executeWithOptions({ ...WHEN_AWAY, ...summary(task, 'the agent is ended') }, [{ ...run, by: 'the end of the milestone' }]);
  await attempt('storing what the agent said last', async () => {
    await groups.agent.runTurn.executeWithOptions({ ...timeouts.run(m.brief), ...WHEN_AWAY, ...summary(task, 'what the agent said last') }, [run]);
  });
}

/** Whether its files can be measured: nothing writes them any more. */
async function endedAgain(m: Milestone, task: TaskProgress, back: Step): Promise<boolean> {
  if (!patched('end-after-absence')) return false;
  if (back.at !== 'runTurn' || (await attempt('ending the agent', () => endRun(m, task)))) return true;
  noteEvent(m.state, 'run_left', `${task.id} #${task.turn}: its host was not there to end the agent, which may work on until somebody claims the workspace`);
  return false;
}

async function keepTurn(m: Milestone, task: TaskProgress): Promise<void> {
  const back = gaveUp(m.lane);
  if (back && !(await endedAgain(m, task, back))) return;
  if (patched('checkpoint-at-the-end')) await attempt('the last checkpoint', () => measure(m, task, back ? WHEN_AWAY : {}));
}

async function takeBack(m: Milestone, call: WorktreeCall): Promise<void> {
  const behind = m.state.tasks.some(({ turn }) => turn > 0) ? taskBehind(m, call.task) : null;
  const turn = behind && { task: behind.id, turn: behind.turn };
  await groups.closingOnHost.undoMerge.executeWithOptions({ summary: `${m.input.milestone} takes a merge back` }, [{ ...call, ...(turn && { turn }), goesOn: false }]);
}

/** Setup had failed in the milestone's own: it never had a number of its own, and nothing was done there. */
function noteLeft({ state, input: { milestone }, lane: { worktree } }: Milestone): void {
  if (worktree) noteEvent(state, 'worktree_kept', `${milestone}: ${worktree.path} on branch ${worktree.branch} was left: nothing was begun in it`);
}

/** A merge that was cut off leaves the workspace as it was; what was not brought back stays in its worktree, and is a checkpoint. */
async function keepWorktrees(m: Milestone): Promise<void> {
  const { state } = m;
  const rootEpoch = state.rootEpoch ?? state.epoch;
  if (lanesOf(state).every(({ worktree }) => !worktree)) return;
  if (rootEpoch === null) return noteLeft(m);
  const merging = state.bringing ?? (state.rootEpoch === undefined ? undefined : null);
  const call = worktreeCall(m, merging ?? null, rootEpoch);
  const name = m.input.milestone;
  const isBack = merging === undefined || (await attempt('taking a merge back', () => takeBack(m, call)));
  if (!isBack && !patched('kept-beside-a-merge')) return;
  await groups.closingOnHost.keepWorktrees.executeWithOptions({ summary: `${name} keeps its worktrees` }, [call]);
}

async function release(m: Milestone): Promise<void> {
  const { epoch, rootEpoch } = m.state;
  const { project, planSha256, milestone } = m.input;
  const call = { project, planSha256, milestone };
  const options = { summary: `${milestone} gives the workspace back` };
  if (rootEpoch !== undefined) await groups.closing.releaseWorkspace.executeWithOptions(options, [{ ...call, epoch: rootEpoch, root: true }]);
  if (epoch !== null) await groups.closing.releaseWorkspace.executeWithOptions(options, [{ ...call, epoch }]);
}

/** Never throws. The checkpoints come first: they need the lease. */
export async function compensate(m: Milestone): Promise<void> {
  for (const lane of lanesOf(m.state)) {
    const task = cutOff(m.state, lane);
    if (task) await keepTurn(lane === m.state ? m : inLane(m, lane), task);
  }
  await attempt('keeping worktrees', () => keepWorktrees(m));
  await attempt('giving the workspace back', () => release(m));
}
