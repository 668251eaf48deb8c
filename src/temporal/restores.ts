/** Restores and checkpoints on demand as other programs ask for them. */
import type { CheckpointReport } from '../domain/checkpoint.ts';
import { effectsWorkflowId, holdsForRestore } from '../domain/ids.ts';
import type { Effects, RestoreReport } from '../domain/restore.ts';
import type { CheckpointInput } from '../workflows/checkpoint.ts';
import type { EffectsInput } from '../workflows/effects.ts';
import { checkpointUpdate, restoreUpdate, WORKFLOW_QUEUE } from '../workflows/messages.ts';
import type { RestoreInput } from '../workflows/restore.ts';
import { besideMilestone } from './beside-milestone.ts';
import { describe } from './client.ts';
import type { Temporal } from './connection.ts';
import { oneAtATime } from './one-at-a-time.ts';

/**
 * Errors: `policy` (the milestone is at work: pause it), `workspace_leased`, `workspace_busy`, `unknown_target` (no such checkpoint),
 * `bad_input`. May be repeated with the same id.
 */
export function restore(t: Temporal, input: RestoreInput, taskQueue = WORKFLOW_QUEUE): Promise<RestoreReport> {
  const { project, milestone, id, checkpoint, paths, dryRun, seen, by } = input;
  const request = { id, checkpoint, paths, dryRun, seen, ...(by !== undefined && { by }) };
  const summary = `restore of checkpoint ${checkpoint} of ${project}/${milestone}`;
  return besideMilestone(t, { project, milestone, update: restoreUpdate, request, workflow: 'restoreWorkflow', input, summary, taskQueue });
}

/** Errors: `policy` (the milestone waits for the workspace), `workspace_leased`, `bad_input`. May be repeated: the same files are one checkpoint. */
export function checkpoint(t: Temporal, input: CheckpointInput, taskQueue = WORKFLOW_QUEUE): Promise<CheckpointReport> {
  const { project, milestone, by } = input;
  const request = { ...(by !== undefined && { by }) };
  const summary = `checkpoint of ${project}/${milestone}`;
  return besideMilestone(t, { project, milestone, update: checkpointUpdate, request, workflow: 'checkpointWorkflow', input, summary, taskQueue });
}

// Lines that are stored, at most of days: far less than this. Not longer, because nobody can tell a busy worker from none.
const EFFECTS_DEADLINE_MS = 60_000;

/** What was done since a checkpoint and no restore undoes. Errors: `unknown_target` (no such checkpoint), `temporal_unreachable` without a worker. */
export function effects(t: Temporal, input: EffectsInput, taskQueue = WORKFLOW_QUEUE): Promise<Effects> {
  const { project, milestone, checkpoint } = input;
  return oneAtATime(t, {
    workflowId: effectsWorkflowId(project, milestone, checkpoint), workflow: 'effectsWorkflow', input, taskQueue, deadlineMs: EFFECTS_DEADLINE_MS,
    summary: `what was done since checkpoint ${checkpoint} of ${project}/${milestone}`, busy: null,
  });
}

/** Whether the workflow runs that a lease names, or the milestone's. */
export async function isRunning(t: Temporal, { project, milestone, holder = '' }: { project: string; milestone: string; holder?: string }): Promise<boolean> {
  const found = await describe(t, { project, milestone: holdsForRestore(holder) ? `${milestone}/restore` : milestone });
  return found?.isOpen === true;
}
