/**
 * What the CLI and other programs say to running workflows: ask, answer, pause, resume, cancel. Errors are HoldpointErrors that say what to do.
 */
import { WorkflowFailedError, type WorkflowExecutionDescription, type WorkflowHandle } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { Extension } from '../domain/limits/extension.ts';
import type { PlanChangeCall } from '../domain/plan-change-call.ts';
import { milestoneWorkflowId, parseBreakpointId, projectWorkflowId } from '../domain/ids.ts';
import type { Steer } from '../domain/steering.ts';
import {
  answerUpdate, applyPlanUpdate, breakpointsQuery, extendUpdate, milestoneStatusQuery, pauseUpdate, projectStatusQuery, resumeUpdate, steerUpdate,
  type Accepted, type Answer, type Control, type MilestoneStatus, type OpenBreakpoint, type ProjectStatus, type SteerAccepted,
} from '../workflows/messages.ts';
import { toHoldpointError } from './client-failures.ts';
import type { Temporal } from './connection.ts';
import { unlessLeft } from './leaving.ts';

/** A project, or one milestone of it. */
export interface WorkTarget {
  project: string;
  milestone?: string;
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

export const workflowIdOf = ({ project, milestone }: WorkTarget): string =>
  milestone === undefined ? projectWorkflowId(project) : milestoneWorkflowId(project, milestone);

export function unknownTarget({ project, milestone }: WorkTarget): HoldpointError {
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

/** Errors of the client as our own. */
export async function call<T>(t: Temporal, missing: () => HoldpointError, run: () => Promise<T>, deadlineMs = WORKER_DEADLINE_MS): Promise<T> {
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

// It asks every milestone, and a worker may be busy.
const PLAN_DEADLINE_MS = 60_000;

/** Hands a stored plan to what runs. Errors: `policy` with the reason, `unknown_plan`, `not_open`. May be repeated. */
export async function applyPlan(t: Temporal, target: WorkTarget, change: PlanChangeCall): Promise<Accepted> {
  const missing = unknownTarget(target);
  const handle = t.client.workflow.getHandle(workflowIdOf(target));
  try {
    return await call(t, () => missing, () => handle.executeUpdate(applyPlanUpdate, { args: [change] }), PLAN_DEADLINE_MS);
  } catch (error) {
    throw error === missing ? await notRunning(t, target) : error;
  }
}

/** Says something to the agent at work. Errors: `not_open` (nobody would read it), `unknown_target`, `bad_input`. Saying it again says it twice. */
export const steer = (t: Temporal, target: Required<WorkTarget>, said: Steer): Promise<SteerAccepted> =>
  callRunning(t, target, () => t.client.workflow.getHandle(workflowIdOf(target)).executeUpdate(steerUpdate, { args: [said] }));

/** More turns, money or time from now on; to a project, money alone. Errors: `bad_input`, `unknown_target`, `not_open` (it has ended), `policy` (nothing limits it). */
export function extend(t: Temporal, target: WorkTarget, extension: Extension): Promise<Accepted> {
  const handle = t.client.workflow.getHandle(workflowIdOf(target));
  return callRunning(t, target, () => handle.executeUpdate(extendUpdate, { args: [extension] }));
}

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
    await unlessLeft(t.connection, signal, () => handle.result());
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (!(error instanceof WorkflowFailedError)) throw toHoldpointError(error, t.address, () => unknownTarget(target));
  }
  return (await describe(t, target))?.status ?? 'UNKNOWN';
}
