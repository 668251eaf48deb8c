/** Takes the workflows of a project out of Temporal: for drills, never for a user's work. */
import { isGrpcServiceError } from '@temporalio/client';
import { milestoneWorkflowId, projectWorkflowId, restoreWorkflowId } from '../domain/ids.ts';
import type { Temporal } from './connection.ts';

// Of grpc.status; the package is no dependency of ours.
const NOT_FOUND = 5;
const DEADLINE_MS = 10_000;

async function remove({ connection, namespace }: Temporal, workflowId: string): Promise<void> {
  const request = { namespace, workflowExecution: { workflowId } };
  await connection.withDeadline(Date.now() + DEADLINE_MS, () => connection.workflowService.deleteWorkflowExecution(request)).catch((error: unknown) => {
    if (!isGrpcServiceError(error) || Number(error.code) !== NOT_FOUND) throw error;
  });
}

/** The server ends what is still open, and forgets it some time after this has returned: 4 s to more than 4 min were seen. May be repeated. */
export async function removeWorkflows(t: Temporal, { project, milestones }: { project: string; milestones: readonly string[] }): Promise<void> {
  const ids = [projectWorkflowId(project), ...milestones.flatMap((id) => [milestoneWorkflowId, restoreWorkflowId].map((idOf) => idOf(project, id)))];
  for (const id of ids) await remove(t, id);
}
