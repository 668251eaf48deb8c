/** Starts and watches milestones in a test file's namespace. */
import { WorkflowFailedError, type WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { RecordState } from '../../src/activities/contract.ts';
import { milestoneWorkflowId } from '../../src/domain/ids.ts';
import { breakpointsQuery, milestoneStatusQuery, WORKFLOW_QUEUE, type OpenBreakpoint } from '../../src/workflows/messages.ts';
import type { MilestoneInput } from '../../src/workflows/milestone-state.ts';
import type { milestoneWorkflow } from '../../src/workflows/milestone.ts';
import { eventually } from '../support/eventually.ts';
import type { TestWorker } from '../support/temporal-worker.ts';
import { records, type World } from './fakes.ts';

export type Handle = WorkflowHandleWithFirstExecutionRunId<typeof milestoneWorkflow>;

export function startMilestone(worker: TestWorker, world: World, more: Partial<MilestoneInput> = {}): Promise<Handle> {
  const id = more.milestone ?? 'm';
  return worker.temporal.client.workflow.start<typeof milestoneWorkflow>('milestoneWorkflow', {
    workflowId: milestoneWorkflowId(world.project, id), taskQueue: WORKFLOW_QUEUE,
    args: [{ project: world.project, planSha256: 'abc', milestone: id, ...more }],
  });
}

type Asked = Pick<Handle, 'query'>;

/** The question of that kind, as soon as it is open and recorded. */
export async function opened(handle: Asked, kind: string, occurrence = 1): Promise<OpenBreakpoint> {
  return eventually(async () => (await handle.query(breakpointsQuery)).find((b) => b.kind === kind && b.occurrence === occurrence), { what: `question ${kind}.${occurrence}` });
}

export async function inState(handle: Asked, state: string): Promise<void> {
  await eventually(async () => (await handle.query(milestoneStatusQuery)).state === state, { what: `state ${state}` });
}

/** How a workflow failed: type and message, or 'cancelled'. */
export async function failureOf(handle: { result(): Promise<unknown> }): Promise<{ type: string; message: string }> {
  try {
    await handle.result();
  } catch (error) {
    const cause = error instanceof WorkflowFailedError ? error.cause : error;
    if (cause instanceof CancelledFailure) return { type: 'cancelled', message: cause.message };
    if (cause instanceof ApplicationFailure) return { type: cause.type ?? '', message: cause.message };
    throw error;
  }
  throw new Error('the workflow completed');
}

/** All that was told about tasks, as `id:state`. */
export const taskStates = (world: World): string[] => records(world).flatMap((r) => (r.tasks ?? []).map((t) => `${t.id}:${t.state}`));

export const milestoneStates = (world: World): string[] => records(world).flatMap((r) => r.milestoneState ?? []);

export const events = (world: World): NonNullable<RecordState['events']> => records(world).flatMap((r) => r.events ?? []);

export interface Timer {
  ms: number;
  label: string;
  /** By the clock of the workflow, in milliseconds. */
  dueAt: number;
}

const msOf = (span?: { seconds?: unknown; nanos?: number | null } | null): number => Number(span?.seconds ?? 0) * 1_000 + Math.floor((span?.nanos ?? 0) / 1e6);

/** Every timer of the history, in order. */
export async function timersOf(handle: Handle): Promise<Timer[]> {
  const history = (await handle.fetchHistory()).events ?? [];
  const byId = new Map(history.map((event) => [String(event.eventId), event]));
  return history.flatMap(({ timerStartedEventAttributes: timer, userMetadata }) => {
    if (!timer) return [];
    const task = byId.get(String(timer.workflowTaskCompletedEventId))?.workflowTaskCompletedEventAttributes;
    const ms = msOf(timer.startToFireTimeout);
    return [{ ms, label: Buffer.from(userMetadata?.summary?.data ?? []).toString(), dueAt: msOf(byId.get(String(task?.startedEventId))?.eventTime) + ms }];
  });
}

/** Activities that were scheduled, by the history and not by the fakes. */
export async function scheduled(handle: Handle): Promise<string[]> {
  const { events: history } = await handle.fetchHistory();
  return (history ?? []).flatMap((e) => e.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
}
