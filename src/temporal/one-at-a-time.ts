/** Workflows that do one thing and answer with its result; of one id, one runs at a time. */
import { WorkflowExecutionAlreadyStartedError, WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { HoldpointError, isFailureKind } from '../domain/failure-kind.ts';
import { call } from './client.ts';
import type { Temporal } from './connection.ts';

export interface OneAtATime {
  workflowId: string;
  /** Type, argument and summary. */
  workflow: string;
  input: object;
  summary: string;
  taskQueue: string;
  /** What is said while another of this id runs; null: its result is as good. */
  busy: string | null;
  /** How long to wait for its end. */
  deadlineMs: number;
}

export const endedMeanwhile = (): HoldpointError => new HoldpointError('not_open', 'it has ended meanwhile: repeat the command');

/** Errors: those of the workflow, `policy` while another of this id runs, `temporal_unreachable` when it has not ended in time. */
export async function oneAtATime<Report>(t: Temporal, { workflowId, workflow, input, summary, taskQueue, busy, deadlineMs }: OneAtATime): Promise<Report> {
  try {
    return await call(t, endedMeanwhile, () => t.client.workflow.execute<(given: object) => Promise<Report>>(workflow, {
      workflowId, taskQueue, args: [input], workflowIdConflictPolicy: busy === null ? 'USE_EXISTING' : 'FAIL', workflowIdReusePolicy: 'ALLOW_DUPLICATE', staticSummary: summary.slice(0, 200),
    }), deadlineMs);
  } catch (error) {
    if (busy !== null && error instanceof WorkflowExecutionAlreadyStartedError) throw new HoldpointError('policy', busy, { hint: 'wait for its end' });
    throw failedWith(error) ?? error;
  }
}

function failedWith(error: unknown): HoldpointError | undefined {
  const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
  if (!(cause instanceof ApplicationFailure) || !cause.type || !isFailureKind(cause.type)) return undefined;
  return new HoldpointError(cause.type, cause.message, { cause: error });
}
