/** What a milestone owes when it ends in the middle of a turn: the files as they are on record, the workspace given back. */
import { log, patched } from '@temporalio/workflow';
import { groups } from './activity-groups.ts';
import { failureMessage } from './failures.ts';
import { taskOf, type Milestone, type MilestoneState, type TaskProgress } from './milestone-state.ts';
import { noteEvent } from './recorder.ts';
import { callOf, summary } from './turn-call.ts';

/** A clean-up that cannot be done must not hide how the milestone ended. */
export async function attempt(what: string, call: () => Promise<void>): Promise<void> {
  try {
    await call();
  } catch (error) {
    log.error(`${what} failed while closing`, { error: failureMessage(error) });
  }
}

/** The task of a turn whose agent may have written and whose end was never measured. */
function cutOff(state: MilestoneState): TaskProgress | null {
  const { step } = state;
  if (!('task' in step) || step.task === null) return null;
  // Nobody is there to measure it; the question already waited for the host.
  if (step.at === 'ask' && step.kind === 'host_unreachable') return null;
  const task = taskOf(state, step.task);
  const isBegun = step.at !== 'beginTurn' || task.seq > 1;
  return isBegun && task.turn > 0 && task.tree === null ? task : null;
}

async function measure(m: Milestone, task: TaskProgress): Promise<void> {
  const { tree, changedFiles } = await groups.closingOnHost.endTurn.executeWithOptions(summary(task, 'checkpoint at the end'), [callOf(m, task)]);
  task.tree = tree;
  noteEvent(m.state, 'cut_off', `${task.id} #${task.turn}: its files are kept as checkpoint ${tree}, ${changedFiles} changed`);
}

async function release(m: Milestone): Promise<void> {
  const { epoch } = m.state;
  if (epoch === null) return;
  const { project, planSha256, milestone } = m.input;
  await groups.closing.releaseWorkspace.executeWithOptions({ summary: `${milestone} gives the workspace back` }, [{ project, planSha256, milestone, epoch }]);
}

/** Never throws. The checkpoint comes first: it needs the lease. */
export async function compensate(m: Milestone): Promise<void> {
  const task = cutOff(m.state);
  if (task && patched('checkpoint-at-the-end')) await attempt('the last checkpoint', () => measure(m, task));
  await attempt('giving the workspace back', () => release(m));
}
