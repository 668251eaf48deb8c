/**
 * What the CLI and other programs say to the workflows: start, ask, answer, pause, resume, cancel. The only user of
 * workflow names and ids outside src/workflows. Errors are HoldpointErrors that say what to do.
 */
import { WorkflowExecutionAlreadyStartedError, WorkflowFailedError, type WorkflowExecutionDescription, type WorkflowHandle } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import { HoldpointError } from '../domain/failure-kind.ts';
import { milestoneWorkflowId, parseBreakpointId, projectWorkflowId } from '../domain/ids.ts';
import {
  answerUpdate, breakpointsQuery, milestoneStatusQuery, pauseUpdate, projectStatusQuery, resumeUpdate, WORKFLOW_QUEUE,
  type Accepted, type Answer, type Control, type MilestoneStatus, type OpenBreakpoint, type ProjectInput, type ProjectStatus,
} from '../workflows/messages.ts';
import type { projectWorkflow } from '../workflows/project.ts';
import { toHoldpointError } from './client-failures.ts';
import type { Temporal } from './connection.ts';

/** A project, or one milestone of it. */
export interface WorkTarget {
  project: string;
  milestone?: string;
}

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

export interface Described {
  workflowId: string;
  runId: string;
  /** As Temporal says: RUNNING, COMPLETED, FAILED, CANCELLED, TERMINATED … */
  status: string;
  isOpen: boolean;
  planSha256: string | null;
}

// Queries and updates are answered by a worker; a live one takes milliseconds.
const WORKER_DEADLINE_MS = 10_000;

const workflowIdOf = ({ project, milestone }: WorkTarget): string =>
  milestone === undefined ? projectWorkflowId(project) : milestoneWorkflowId(project, milestone);

function unknownTarget({ project, milestone }: WorkTarget): HoldpointError {
  return milestone === undefined
    ? new HoldpointError('unknown_project', `no project ${project} has been started`, { hint: 'start it with `holdpoint start PLAN`' })
    : new HoldpointError('unknown_target', `milestone ${project}/${milestone} does not run`, { hint: `see \`holdpoint status ${project}\`` });
}

/** Temporal says "not found" of what has ended as well. */
async function notRunning(t: Temporal, target: WorkTarget): Promise<HoldpointError> {
  const found = await describe(t, target);
  if (!found || found.isOpen) return unknownTarget(target);
  return new HoldpointError('not_open', `${found.workflowId} does not run: it has ended (${found.status.toLowerCase()})`, {
    hint: `see \`holdpoint status ${target.project}\``,
  });
}

/** For what needs a running workflow. */
async function callRunning<T>(t: Temporal, target: WorkTarget, run: () => Promise<T>): Promise<T> {
  const missing = unknownTarget(target);
  try {
    return await call(t, () => missing, run);
  } catch (error) {
    throw error === missing ? await notRunning(t, target) : error;
  }
}

async function call<T>(t: Temporal, missing: () => HoldpointError, run: () => Promise<T>, deadlineMs = WORKER_DEADLINE_MS): Promise<T> {
  try {
    return await t.connection.withDeadline(Date.now() + deadlineMs, run);
  } catch (error) {
    throw toHoldpointError(error, t.address, missing);
  }
}

function toDescribed(description: WorkflowExecutionDescription): Described {
  const { workflowId, runId, status, memo } = description;
  const planSha256 = typeof memo?.planSha256 === 'string' ? memo.planSha256 : null;
  return { workflowId, runId, status: status.name, isOpen: status.name === 'RUNNING', planSha256 };
}

/** The latest run, open or closed; undefined when Temporal knows none (any more). */
export async function describe(t: Temporal, target: WorkTarget): Promise<Described | undefined> {
  try {
    return toDescribed(await call(t, () => unknownTarget(target), () => t.client.workflow.getHandle(workflowIdOf(target)).describe()));
  } catch (error) {
    if (error instanceof HoldpointError && (error.kind === 'unknown_project' || error.kind === 'unknown_target')) return undefined;
    throw error;
  }
}

async function joined(t: Temporal, input: ProjectInput): Promise<Started> {
  const running = await describe(t, input);
  if (!running) throw unknownTarget(input);
  const { workflowId, runId, planSha256 } = running;
  return { workflowId, runId, started: false, planSha256, previous: null };
}

/** Starts the project, or finds it running. May be repeated: two starts are one project. A closed one begins a new run. */
export async function startProject(t: Temporal, input: ProjectInput, taskQueue = WORKFLOW_QUEUE): Promise<Started> {
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

export const projectStatus = (t: Temporal, project: string): Promise<ProjectStatus> =>
  call(t, () => unknownTarget({ project }), () => t.client.workflow.getHandle(projectWorkflowId(project)).query(projectStatusQuery));

export const milestoneStatus = (t: Temporal, project: string, milestone: string): Promise<MilestoneStatus> =>
  call(t, () => unknownTarget({ project, milestone }), () => t.client.workflow.getHandle(milestoneWorkflowId(project, milestone)).query(milestoneStatusQuery));

async function waitingWorkflows(t: Temporal, project: string | undefined): Promise<string[]> {
  const ofProject = project === undefined ? '' : ` AND HoldpointProject = '${project.replaceAll("'", '')}'`;
  const query = `WorkflowType = 'milestoneWorkflow' AND ExecutionStatus = 'Running' AND HoldpointState = 'waiting'${ofProject}`;
  const ids: string[] = [];
  for await (const { workflowId } of t.client.workflow.list({ query })) ids.push(workflowId);
  return ids;
}

/** Every open question, or those of one project. From Temporal's index, which lags by some 50 ms. */
export async function openBreakpoints(t: Temporal, project?: string): Promise<OpenBreakpoint[]> {
  const gone = () => unknownTarget({ project: project ?? '' });
  const ids = await call(t, gone, () => waitingWorkflows(t, project));
  const lists = await Promise.all(ids.map((id) => call(t, gone, () => t.client.workflow.getHandle(id).query(breakpointsQuery))));
  return lists.flat();
}

/** The milestone is there but has ended: then the question was open once, or never. */
async function answerMissed(t: Temporal, target: Required<WorkTarget>, breakpoint: string): Promise<HoldpointError> {
  const found = await describe(t, target);
  if (!found) return new HoldpointError('unknown_breakpoint', `there is no breakpoint ${breakpoint}`, { hint: 'see `holdpoint inbox`' });
  return new HoldpointError('not_open', `${breakpoint} is not open: its milestone has ended (${found.status.toLowerCase()})`);
}

/**
 * Answers an open question. Errors: `unknown_breakpoint`, `not_open`, `already_answered` (details.first), `action_not_allowed`,
 * `tree_moved`, `bad_input`. Repeating it after a lost connection is safe: the second is refused.
 */
export async function answerBreakpoint(t: Temporal, answer: Answer): Promise<Accepted> {
  const ref = parseBreakpointId(answer.breakpoint);
  if (!ref) throw new HoldpointError('unknown_breakpoint', `${answer.breakpoint} is not the id of a breakpoint`, { hint: 'see `holdpoint inbox`' });
  const missing = new HoldpointError('unknown_breakpoint', answer.breakpoint);
  const handle = t.client.workflow.getHandle(milestoneWorkflowId(ref.project, ref.milestone));
  try {
    return await call(t, () => missing, () => handle.executeUpdate(answerUpdate, { args: [answer] }));
  } catch (error) {
    throw error === missing ? await answerMissed(t, ref, answer.breakpoint) : error;
  }
}

function control(t: Temporal, target: WorkTarget, update: UpdateDefinition<Accepted, [Control?]>, by: string | undefined): Promise<Accepted> {
  const handle: WorkflowHandle = t.client.workflow.getHandle(workflowIdOf(target));
  return callRunning(t, target, () => handle.executeUpdate<Accepted, [Control]>(update.name, { args: [by === undefined ? {} : { by }] }));
}

/** Stops before the next step; what runs goes on to its end. May be repeated. */
export const pause = (t: Temporal, target: WorkTarget, by?: string): Promise<Accepted> => control(t, target, pauseUpdate, by);

export const resume = (t: Temporal, target: WorkTarget, by?: string): Promise<Accepted> => control(t, target, resumeUpdate, by);

/**
 * Cancels and waits until it has closed: agents are stopped by then. Returns how it closed. Leaving the wait (`signal`)
 * does not take the cancel back.
 */
export async function cancel(t: Temporal, target: WorkTarget, signal: AbortSignal): Promise<string> {
  const handle = t.client.workflow.getHandle(workflowIdOf(target));
  // Temporal takes a cancel of what has ended, and does nothing.
  if ((await describe(t, target))?.isOpen === false) throw await notRunning(t, target);
  await callRunning(t, target, () => handle.cancel());
  try {
    await t.connection.withAbortSignal(signal, () => handle.result());
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (!(error instanceof WorkflowFailedError)) throw toHoldpointError(error, t.address, () => unknownTarget(target));
  }
  return (await describe(t, target))?.status ?? 'UNKNOWN';
}
