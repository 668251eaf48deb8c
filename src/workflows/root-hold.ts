/**
 * Who may write in the workspace itself. A milestone that works there holds it throughout: its own line of work between two tasks, or
 * one task at a time that is brought back. One that works elsewhere takes the workspace's lease for a moment.
 */
import { condition } from '@temporalio/workflow';
import { groups, timeouts } from './activity-groups.ts';
import { mustStop } from './breakpoints.ts';
import { failureMessage, failureType } from './failures.ts';
import type { Milestone, MilestoneState, Step } from './milestone-state.ts';
import { noteEvent, record } from './recorder.ts';
import { goOnRecorded, rest } from './resting.ts';

/** Nothing of a task is under way in the workspace. */
const BETWEEN_TASKS: ReadonlySet<Step['at']> = new Set(['takeBaseline', 'chooseTask', 'awaitLanes', 'awaitRetry', 'complete', 'closed']);

const isBetweenTasks = ({ step }: MilestoneState): boolean => BETWEEN_TASKS.has(step.at) || (step.at === 'ask' && step.task === null);

const NEEDS_ROOT: ReadonlySet<Step['at']> = new Set(['openWorktree', 'bringBack', 'closeWorktree']);

/** The milestone's own line lets it go first: what is done, or begins beside, is not kept waiting behind what is not begun. */
export const isRootWanted = ({ lanes, bringing }: MilestoneState): boolean =>
  bringing !== undefined || Object.values(lanes ?? {}).some(({ step }) => NEEDS_ROOT.has(step.at));

/** False: the run has to stop first. May be repeated; a task that holds it goes on holding it. */
async function holdForTask(m: Milestone, task: string): Promise<boolean> {
  const { state } = m;
  if (state.bringing === task) return true;
  const isFree = (): boolean => state.bringing === undefined && state.restoring === undefined && isBetweenTasks(state);
  await condition(() => isFree() || mustStop(m) || state.paused);
  if (!isFree()) return false;
  state.bringing = task;
  return true;
}

async function claimRoot(m: Milestone): Promise<void> {
  if (m.state.rootEpoch !== undefined) return;
  const { project, planSha256, milestone } = m.input;
  const claim = { project, planSha256, milestone, workflowRunId: m.firstRunId, root: true } as const;
  const options = { ...timeouts.snapshot(m.brief), summary: `${milestone} claims the workspace`.slice(0, 200) };
  try {
    m.state.rootEpoch = (await groups.leaseProbe.claimWorkspace.executeWithOptions(options, [claim])).epoch;
  } catch (error) {
    if (failureType(error) !== 'workspace_leased') throw error;
    noteEvent(m.state, 'waiting_for_workspace', failureMessage(error));
    rest(m, 'lease');
    await record(m, `${milestone} waits for the workspace`);
    m.state.rootEpoch = (await groups.host.claimWorkspace.executeWithOptions({ ...options, summary: `${milestone} waits for the workspace` }, [claim])).epoch;
    await goOnRecorded(m);
  }
}

/** Null: the run has to stop first. Otherwise the number to write in the workspace with. */
export async function holdRoot(m: Milestone, task: string | null): Promise<number | null> {
  if (task !== null) return (await holdForTask(m, task)) ? (m.state.epoch ?? 0) : null;
  await claimRoot(m);
  return m.state.rootEpoch ?? null;
}

/** May be repeated. */
export async function letRootGo(m: Milestone, task: string | null): Promise<void> {
  if (task !== null) {
    if (m.state.bringing === task) delete m.state.bringing;
    m.shared.laneEvents += 1;
    return;
  }
  const { rootEpoch: epoch } = m.state;
  if (epoch === undefined) return;
  const { project, planSha256, milestone } = m.input;
  await groups.quick.releaseWorkspace.executeWithOptions({ summary: `${milestone} gives the workspace back` }, [{ project, planSha256, milestone, epoch, root: true }]);
  delete m.state.rootEpoch;
}
