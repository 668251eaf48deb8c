/** The only translator of our errors into Temporal's: the type is the failure kind, the catalogue says whether a retry can help. */
import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { FAILURES, HoldpointError } from '../domain/failure-kind.ts';

const MAX_MESSAGE = 2_000;

/** What an activity throws for `error`. Cancellations and failures that are Temporal's already pass through. */
export function toFailure(error: unknown): Error {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  if (error instanceof HoldpointError) {
    const text = error.hint ? `${error.message} (${error.hint})` : error.message;
    return ApplicationFailure.create({
      type: error.kind,
      message: text.slice(0, MAX_MESSAGE),
      nonRetryable: !FAILURES[error.kind].retryable,
      details: error.details ? [error.details] : [],
    });
  }
  const message = error instanceof Error ? error.message : String(error);
  // No cause and no stack: history is plain text, and both may quote what the agent or the user wrote.
  return ApplicationFailure.create({ type: 'internal', message: message.slice(0, MAX_MESSAGE) });
}

type Group = Record<string, (input: never) => Promise<unknown>>;

/** The same activities, with every error translated. */
export function translated<G extends object>(group: G): G {
  const entries = Object.entries(group as Group).map(([name, run]) => [
    name,
    async (input: never) => run(input).catch((error: unknown) => {
      throw toFailure(error);
    }),
  ]);
  return Object.fromEntries(entries) as G;
}
