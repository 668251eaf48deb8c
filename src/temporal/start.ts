/** Begins projects and forks, and finds those that run. Errors are HoldpointErrors that say what to do. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { HoldpointError } from '../domain/failure-kind.ts';
import { milestoneWorkflowId, projectWorkflowId } from '../domain/ids.ts';
import { WORKFLOW_QUEUE, type ProjectInput } from '../workflows/messages.ts';
import type { milestoneWorkflow } from '../workflows/milestone.ts';
import type { projectWorkflow } from '../workflows/project.ts';
import { call, describe, unknownTarget, type WorkTarget } from './client.ts';
import { untilClosed } from './closing.ts';
import type { Temporal } from './connection.ts';

export interface Started {
  workflowId: string;
  runId: string;
  /** False: it was already running. */
  started: boolean;
  /** Plan the running workflow follows; of another `start` when `started` is false. */
  planSha256: string | null;
  /** How the run before ended, when there was one. */
  previous: string | null;
}

export type MilestoneStart = ProjectInput & Required<WorkTarget>;

async function joined(t: Temporal, input: ProjectInput): Promise<Started> {
  const running = await describe(t, input);
  if (!running) throw unknownTarget(input);
  const { workflowId, runId, planSha256 } = running;
  return { workflowId, runId, started: false, planSha256, previous: null };
}

/** Whether the end of that run is on record: anybody may have read it a moment before the workflow closes. */
export type IsOver = (runId: string) => Promise<boolean>;

/** Starts the project, or finds it running. May be repeated: two starts are one project. One that has ended begins a new run. */
export async function startProject(t: Temporal, input: ProjectInput, taskQueue = WORKFLOW_QUEUE, isOver: IsOver = async () => false): Promise<Started> {
  const begun = await startOrJoin(t, input, taskQueue);
  if (begun.started || !(await isOver(begun.runId))) return begun;
  await untilClosed(t, input);
  return startOrJoin(t, input, taskQueue);
}

async function startOrJoin(t: Temporal, input: ProjectInput, taskQueue: string): Promise<Started> {
  const workflowId = projectWorkflowId(input.project);
  const { planSha256 } = input;
  const before = await describe(t, input);
  const start = () => t.client.workflow.start<typeof projectWorkflow>('projectWorkflow', {
    workflowId, taskQueue, args: [input], memo: { planSha256 },
    // Failing instead of joining is how we know which of the two happened.
    workflowIdConflictPolicy: 'FAIL', workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    staticSummary: `project ${input.project}`,
  });
  try {
    const handle = await call(t, () => unknownTarget(input), start);
    return { workflowId, runId: handle.firstExecutionRunId, started: true, planSha256, previous: before?.status ?? null };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return joined(t, input);
    throw error;
  }
}

/**
 * Starts a milestone by itself: a fork, which neither its project waits for nor fails with. `policy` when it was started before: a fork
 * is begun once.
 */
export async function startMilestone(t: Temporal, input: MilestoneStart, taskQueue = WORKFLOW_QUEUE): Promise<{ workflowId: string; runId: string }> {
  const { project, milestone } = input;
  const workflowId = milestoneWorkflowId(project, milestone);
  const start = () => t.client.workflow.start<typeof milestoneWorkflow>('milestoneWorkflow', {
    workflowId, taskQueue, args: [input], workflowIdConflictPolicy: 'FAIL', workflowIdReusePolicy: 'REJECT_DUPLICATE', staticSummary: `milestone ${milestone}`,
  });
  try {
    const { firstExecutionRunId: runId } = await call(t, () => unknownTarget(input), start);
    return { workflowId, runId };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) throw new HoldpointError('policy', `${project}/${milestone} was started before`, { cause: error });
    throw error;
  }
}
