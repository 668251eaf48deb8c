/** Files go back because a person answered `restore`: what it would do is in the question, and the attempt begins anew after it. */
import { patched } from '@temporalio/workflow';
import type { RestoreReport } from '../activities/contract.ts';
import { BREAKPOINTS, type BreakpointKind } from '../domain/breakpoints.ts';
import type { FailureKind } from '../domain/failure-kind.ts';
import { previewIn, previewText, restoredNote, type RestorePreview } from '../domain/restore.ts';
import { groups, timeouts } from './activity-groups.ts';
import { ask, MAX_REASON } from './breakpoints.ts';
import { failureMessage, failureType } from './failures.ts';
import { laneName } from './lane.ts';
import { taskOf, type Milestone, type Step, type TaskProgress } from './milestone-state.ts';
import { noteEvent } from './recorder.ts';
import { say } from './said.ts';
import { callOf, summary } from './turn-call.ts';
import { grantAttempts, nextAttempt } from './turn-path.ts';

/** What `restore` would do, for a question that offers it; null where there is nothing to go back to. */
export async function previewFor(m: Milestone, task: TaskProgress, kind: BreakpointKind): Promise<RestorePreview | null> {
  const isOffered = BREAKPOINTS[kind].actions.includes('restore') && m.brief.breakpoints[kind]?.enabled !== false;
  if (!isOffered || !patched(m.lane === m.state ? 'restore-preview' : 'restore-in-worktree')) return null;
  const options = { ...timeouts.snapshot(m.brief), ...summary(task, 'what a restore would do') };
  return (await groups.host.previewRestore.executeWithOptions(options, [callOf(m, task)])).preview;
}

/** The question's reason, cut so that what a restore does is never what is missing. */
export function withPreview(reason: string, preview: RestorePreview | null): string {
  if (!preview) return reason;
  const text = previewText(preview);
  return `${reason.slice(0, MAX_REASON - text.length - 1)}\n${text}`;
}

/** A person has to say what becomes of it; anything else is a fault. */
const FOR_A_PERSON: ReadonlySet<string> = new Set<FailureKind>(['workspace_busy', 'unknown_target', 'policy']);

const notExact = ({ notRestored, moreNotRestored, undo }: RestoreReport): string => {
  const named = notRestored.slice(0, 5).map(({ path, reason }) => `${path} (${reason})`).join(', ');
  return `The restore is not exact: ${named || 'files change meanwhile'}${moreNotRestored > 0 ? ` and ${moreNotRestored} more` : ''}. What was there before it is checkpoint ${undo ?? '–'}.`;
};

export async function restoreForTask(m: Milestone, step: Extract<Step, { at: 'restore' }>): Promise<Step> {
  const { question, id, by, note } = step;
  const task = taskOf(m.state, step.task);
  const preview = previewIn(question.detail);
  if (!preview) throw new RangeError(`${id} was answered with restore, and shows none`);
  const done = await carryOut(m, step, preview);
  if (typeof done === 'string') return askAgain(m, step, done, patched('restore-shown-anew') ? await previewFor(m, task, question.kind) : preview);
  if (!done.exact) return askAgain(m, step, notExact(done), preview);
  const saved = m.lane === m.state ? 'undo' : 'what its worktree held before';
  noteEvent(m.state, 'restored', `${task.id}: ${done.files} files back to checkpoint ${done.checkpoint} by ${by ?? 'somebody'}; ${saved}: checkpoint ${done.undo ?? '–'}`);
  say(m.lane, restoredNote(preview, null));
  grantAttempts(task);
  task.isFresh = true;
  return nextAttempt(task, note);
}

/** `preview`: what others have done since is in it; null: there is nothing to go back to any more. */
function askAgain(m: Milestone, { task, question }: Extract<Step, { at: 'restore' }>, why: string, preview: RestorePreview | null): Step {
  const { restore: _, ...others } = question.detail ?? {};
  return ask(m, { ...question, task, detail: { ...others, ...(preview && { restore: preview }) } }, withPreview(why, preview));
}

/** The report, or why it cannot be done. */
async function carryOut(m: Milestone, { id, task, by }: Extract<Step, { at: 'restore' }>, { checkpoint, effects, moreEffects }: RestorePreview): Promise<RestoreReport | string> {
  const { project, milestone, planSha256 } = m.input;
  const call = { project, milestone, planSha256, epoch: m.state.epoch ?? 0, id, checkpoint, paths: null, dryRun: false, seen: effects.length + moreEffects, ...(by !== null && { by }), ...laneName(m) };
  try {
    return await groups.host.restoreFiles.executeWithOptions({ ...timeouts.snapshot(m.brief), summary: `${task} files back to checkpoint ${checkpoint}` }, [call]);
  } catch (error) {
    if (!FOR_A_PERSON.has(failureType(error) ?? '')) throw error;
    return `The files were not restored: ${failureMessage(error)}`;
  }
}
