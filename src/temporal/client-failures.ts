/** Turns what the Temporal client throws into our own errors. */
import {
  isGrpcDeadlineError, isGrpcServiceError, ServiceError, WorkflowNotFoundError, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { HoldpointError, isFailureKind } from '../domain/failure-kind.ts';
import { unreachable } from './connection.ts';

// Of grpc.status; the package is no dependency of ours.
const CANCELLED = 1;
const FAILED_PRECONDITION = 9;
const UNAVAILABLE = 14;

const hasCode = (error: unknown, code: number): boolean => isGrpcServiceError(error) && Number(error.code) === code;

/** We cancel no call: the server does, when our deadline ends its wait for a worker; or it says that it has seen none for minutes. */
const lacksWorker = (error: unknown): boolean =>
  isGrpcDeadlineError(error) || hasCode(error, CANCELLED) || (hasCode(error, FAILED_PRECONDITION) && error instanceof Error && error.message.includes('no poller'));

function refusalOf(error: WorkflowUpdateFailedError): HoldpointError | undefined {
  const { cause } = error;
  if (!(cause instanceof ApplicationFailure) || !cause.type || !isFailureKind(cause.type)) return undefined;
  const details = cause.details?.[0] as Record<string, unknown> | undefined;
  return new HoldpointError(cause.type, cause.message, { ...(details && { details }), cause: error });
}

/** Nobody polls the queue: queries and updates need a worker, signals do not. */
const noWorker = (address: string, cause: unknown): HoldpointError =>
  new HoldpointError('temporal_unreachable', `no worker answers for Temporal at ${address}`, {
    hint: 'start one with `holdpoint worker` (or `holdpoint up`) and repeat; a question answered twice counts once', cause,
  });

/** What to throw for `error`; `missing` when the workflow does not exist (or, for what needs a running one, has ended). */
export function toHoldpointError(error: unknown, address: string, missing: () => HoldpointError): unknown {
  if (error instanceof WorkflowNotFoundError) return missing();
  if (error instanceof WorkflowUpdateFailedError) return refusalOf(error) ?? error;
  const cause = error instanceof ServiceError ? error.cause : error;
  if (hasCode(cause, UNAVAILABLE)) return unreachable(address, error);
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || lacksWorker(cause)) return noWorker(address, error);
  return error;
}
