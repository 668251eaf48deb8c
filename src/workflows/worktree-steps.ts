/** The steps of work in a worktree: made from the workspace, brought back to it, cleared away. Each may be repeated. */
import type { MergeCall, MergeChecked, WorktreeCall } from '../activities/contract.ts';
import { groups, timeouts } from './activity-groups.ts';
import { ask } from './breakpoints.ts';
import { conflictDetail, conflictReason, outgrownReason, redNote, tooLarge, unresolvedReason, type ConflictDetail } from './merge-notes.ts';
import { taskOf, type Milestone, type Step, type TaskProgress } from './milestone-state.ts';
import { noteEvent } from './recorder.ts';
import { holdRoot, letRootGo } from './root-hold.ts';
import { nextAttempt } from './turn-path.ts';

type WorktreeStep = Extract<Step, { at: 'openWorktree' | 'bringBack' | 'closeWorktree' }>;
type ForkSetup = Extract<Step, { at: 'setUpFork' }>;

export function worktreeCall(m: Milestone, task: string | null, rootEpoch: number): WorktreeCall {
  const { project, planSha256, milestone } = m.input;
  return { project, planSha256, milestone, task, rootEpoch, epoch: m.state.epoch ?? 0, workflowRunId: m.firstRunId };
}

const named = (m: Milestone, task: string | null, what: string): { summary: string } => ({ summary: `${task ?? m.input.milestone} ${what}` });

/** From the files of the workspace as they are between two tasks. */
async function openWorktree(m: Milestone, step: WorktreeStep): Promise<Step> {
  const { task } = step;
  const rootEpoch = await holdRoot(m, task);
  if (rootEpoch === null) return step;
  const options = { ...timeouts.worktree(m.brief), ...named(m, task, 'gets a worktree') };
  const call = { ...worktreeCall(m, task, rootEpoch), ...(step.again !== undefined && { again: step.again }) };
  const { unready, ...opened } = await groups.host.openWorktree.executeWithOptions(options, [call]);
  m.lane.worktree = opened;
  await letRootGo(m, task);
  if (unready !== undefined) return askAboutSetup(m, step, unready);
  return task === null ? { at: 'claimWorkspace' } : { at: 'beginTurn', task };
}

/** The plan's setup fails there: nothing can be begun, and nothing is lost. Once more, when a person says so. */
function askAboutSetup(m: Milestone, step: WorktreeStep | ForkSetup, reason: string): Step {
  const back = { ...step, again: (step.again ?? 0) + 1 };
  const task = step.at === 'setUpFork' ? null : step.task;
  return ask(m, { kind: 'consecutive_failures', task, back, ...(task === null && { detail: { skippable: false } }) }, reason);
}

/** Its worktree was made, with its files, when it was claimed. */
export async function setUpFork(m: Milestone, step: ForkSetup): Promise<Step> {
  const { project, planSha256, milestone } = m.input;
  const options = { ...timeouts.worktree(m.brief), ...named(m, null, 'makes its worktree ready') };
  const call = { project, planSha256, milestone, epoch: m.state.epoch ?? 0, ...(step.again !== undefined && { again: step.again }) };
  const { unready } = await groups.host.setUpFork.executeWithOptions(options, [call]);
  return unready === undefined ? { at: 'takeBaseline' } : askAboutSetup(m, step, unready);
}

/** The task that is asked about, and tried again where it has to be: of a whole milestone the one that was worked on last. */
export function taskBehind(m: Milestone, task: string | null): TaskProgress {
  const id = task ?? m.lane.lastTurn?.task ?? m.state.tasks.findLast(({ turn }) => turn > 0)?.id;
  if (id === undefined) throw new RangeError('a worktree in which nothing was done');
  return taskOf(m.state, id);
}

function askAboutConflict(m: Milestone, step: WorktreeStep, detail: ConflictDetail, reason: string): Step {
  const { id, state } = taskBehind(m, step.task);
  const back: WorktreeStep = step.task === null ? { ...step, was: step.was ?? state } : step;
  noteEvent(m.state, 'merge_conflict', `${step.task ?? m.input.milestone}: ${detail.conflicts.map(({ path }) => path).join(', ')}`);
  return ask(m, { kind: 'merge_conflict', task: id, back, detail: { ...detail } }, reason);
}

/** Holds the workspace until it has the files of both, checked, or is as it was. Where that is cut off, it goes on holding it. */
async function bringBack(m: Milestone, step: WorktreeStep): Promise<Step> {
  const rootEpoch = await holdRoot(m, step.task);
  if (rootEpoch === null) return step;
  const { id, turn } = taskBehind(m, step.task);
  const call: MergeCall = { ...worktreeCall(m, step.task, rootEpoch), turn: { task: id, turn } };
  const options = { ...timeouts.snapshot(m.brief), ...named(m, step.task, 'is brought back') };
  const merged = await groups.host.mergeWorktree.executeWithOptions(options, [call]);
  if (merged.kind === 'merged') return checkMerged(m, step, call);
  await letRootGo(m, step.task);
  const { kind, more } = merged;
  const before = m.lane.conflict ?? conflictDetail(m.lane.worktree ?? { path: '', branch: '' }, [], 0);
  if (kind === 'unresolved') return askAboutConflict(m, step, before, unresolvedReason(before, merged.paths, more));
  const detail = conflictDetail(before, kind === 'outgrown' ? merged.paths.map(tooLarge) : merged.conflicts, more);
  if (kind === 'outgrown') return askAboutConflict(m, step, detail, outgrownReason(detail));
  m.lane.conflict = detail;
  return askAboutConflict(m, step, detail, conflictReason(detail));
}

async function checkMerged(m: Milestone, step: WorktreeStep, call: MergeCall): Promise<Step> {
  const checks = { ...timeouts.checks(m.brief), ...named(m, step.task, 'checks on the merged files') };
  const checked = await groups.host.checkMerged.executeWithOptions(checks, [call]);
  return checked.met ? staysMerged(m, step, call, checked) : takeBack(m, step, call, checked.feedback);
}

async function staysMerged(m: Milestone, step: WorktreeStep, call: MergeCall, { tree, merged }: MergeChecked): Promise<Step> {
  await groups.host.finishMerge.executeWithOptions({ ...timeouts.snapshot(m.brief), ...named(m, step.task, 'is merged') }, [call]);
  delete m.lane.conflict;
  // What a person is asked about at the end: the files of the workspace, or those of the worktree that all of it works in.
  if (m.lane.lastTurn) m.lane.lastTurn.tree = step.task === null ? merged : tree;
  if (step.task !== null) return { at: 'closeWorktree', task: step.task };
  await letRootGo(m, null);
  if (step.was !== undefined) settleAgain(m, step.was);
  return { at: 'complete' };
}

/** A person has resolved the conflict: nothing was left for the task to do. */
function settleAgain(m: Milestone, was: TaskProgress['state']): void {
  const task = taskBehind(m, null);
  task.state = was;
  m.order?.schedule.set(task.id, was, 0);
}

/** The checks say no: the workspace is put back, and the work goes on in the worktree with the files of both. */
async function takeBack(m: Milestone, step: WorktreeStep, call: MergeCall, feedback: string): Promise<Step> {
  await groups.host.undoMerge.executeWithOptions({ ...timeouts.snapshot(m.brief), ...named(m, step.task, 'is taken back') }, [{ ...call, goesOn: true }]);
  await letRootGo(m, step.task);
  const task = taskBehind(m, step.task);
  task.failuresInRow += 1;
  const planned = m.brief.tasks.find(({ id }) => id === task.id)?.attempts ?? m.brief.attempts;
  const reason = `Brought together with the workspace, required checks fail; the workspace is as it was.\n${feedback}`;
  if (task.attemptsUsed < planned) return nextAttempt(task, redNote(feedback));
  // Without that task there is still all that the others have done: it would be brought back as it is.
  const detail = step.task === null ? { skippable: false } : undefined;
  return ask(m, { kind: 'consecutive_failures', task: task.id, back: step, ...(detail && { detail }) }, reason);
}

/** Its files are a checkpoint before they are gone. */
async function closeWorktree(m: Milestone, step: WorktreeStep): Promise<Step> {
  const { task } = step;
  const rootEpoch = await holdRoot(m, task);
  if (rootEpoch === null) return step;
  const options = { ...timeouts.snapshot(m.brief), ...named(m, task, 'gives its worktree back') };
  await groups.host.closeWorktree.executeWithOptions(options, [worktreeCall(m, task, rootEpoch)]);
  await letRootGo(m, task);
  delete m.lane.worktree;
  return { at: 'closed' };
}

export function takeWorktreeStep(m: Milestone, step: WorktreeStep): Promise<Step> {
  if (step.at === 'openWorktree') return openWorktree(m, step);
  return step.at === 'bringBack' ? bringBack(m, step) : closeWorktree(m, step);
}
