/** Reads what an activity or a child failed with. The types are those of the catalogue in domain/failure-kind.ts. */
import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure } from '@temporalio/common';

function causeOf(error: unknown): unknown {
  const isWrapper = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure;
  return isWrapper && error.cause ? error.cause : error;
}

/** Type of the application failure inside, or null. */
export function failureType(error: unknown): string | null {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure ? (cause.type ?? null) : null;
}

export function failureMessage(error: unknown): string {
  const cause = causeOf(error);
  return cause instanceof Error ? cause.message : String(cause);
}

/** Ends the workflow as failed; an error of another class would only repeat the workflow task for ever. */
export const fatal = (kind: string, message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, kind);

/** The workflow's own failure, of the same kind and words. */
export const endedBy = (error: unknown): ApplicationFailure => fatal(failureType(error) ?? 'internal', failureMessage(error));
