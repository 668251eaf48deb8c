/** What is asked of the milestone that holds a workspace, or done by a workflow of its own where none does; one at a time. */
import type { UpdateDefinition } from '@temporalio/common';
import { HoldpointError } from '../domain/failure-kind.ts';
import { milestoneWorkflowId, restoreWorkflowId } from '../domain/ids.ts';
import { call, describe } from './client.ts';
import { untilClosed } from './closing.ts';
import type { Temporal } from './connection.ts';
import { endedMeanwhile, oneAtATime } from './one-at-a-time.ts';

// A snapshot before, the files, a look after; beside the patience for a host that is away.
const DEADLINE_MS = 30 * 60_000;

export interface Beside<Request, Report> {
  project: string;
  milestone: string;
  update: UpdateDefinition<Report, [Request]>;
  request: Request;
  /** Type, argument and summary of the workflow that does it alone. */
  workflow: string;
  input: object;
  summary: string;
  taskQueue: string;
}

/** Errors: those of the update, and `policy` while another such workflow of the milestone runs. */
export async function besideMilestone<Request, Report>(t: Temporal, asked: Beside<Request, Report>): Promise<Report> {
  const { project, milestone, update, request } = asked;
  if (!(await describe(t, { project, milestone }))?.isOpen) return alone(t, asked);
  const handle = t.client.workflow.getHandle(milestoneWorkflowId(project, milestone));
  try {
    return await call(t, endedMeanwhile, () => handle.executeUpdate<Report, [Request]>(update, { args: [request] }), DEADLINE_MS);
  } catch (error) {
    if (!(error instanceof HoldpointError && error.kind === 'not_open')) throw error;
    // Everybody can read that it has ended a moment before it closes.
    await untilClosed(t, { project, milestone });
    return alone(t, asked);
  }
}

function alone<Request, Report>(t: Temporal, { project, milestone, workflow, input, summary, taskQueue }: Beside<Request, Report>): Promise<Report> {
  const busy = `a restore or checkpoint of ${project}/${milestone} is under way`;
  return oneAtATime(t, { workflowId: restoreWorkflowId(project, milestone), workflow, input, summary, taskQueue, busy, deadlineMs: DEADLINE_MS });
}
