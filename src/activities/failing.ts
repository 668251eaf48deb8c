/** A step that fails again and again is tried for ever, and only Temporal would know: it is noted for `status`, and so is its cure. */
import { Context } from '@temporalio/activity';
import { noteEvent, type NewEvent } from '../db/events.ts';
import { FAILURES, HoldpointError, type FailureKind } from '../domain/failure-kind.ts';
import type { Deps } from './deps.ts';

const FIRST_TOLD = 3;

/** Three, ten, thirty, a hundred …: told again, but not each time. */
const isToldAt = (attempt: number): boolean => attempt === FIRST_TOLD || /^[13]0+$/.test(String(attempt));

/** To wait for somebody else is no failure. */
const WAITS: readonly FailureKind[] = ['workspace_leased', 'no_seat'];

function isFailing(error: unknown): boolean {
  if (Context.current().cancellationSignal.aborted) return false;
  return !(error instanceof HoldpointError) || (FAILURES[error.kind].retryable && !WAITS.includes(error.kind));
}

type Input = { project?: string; milestone?: string } | undefined;

async function note(deps: Deps, input: Input, kind: string, say: (attempt: number) => string): Promise<void> {
  const { attempt, activityId, workflowExecution: { workflowId, runId } = { workflowId: '', runId: '' } } = Context.current().info;
  if (input?.project === undefined || input.milestone === undefined) return;
  const { project, milestone } = input;
  const event: NewEvent = { project, milestone, kind, message: say(attempt), key: `${runId}/${activityId}/${attempt}`, workflowId, runId };
  // When the database is what fails, nobody can read a status either: the step's own error is the one to tell.
  await noteEvent(deps.db, event).catch(() => undefined);
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 500);

type Group = Record<string, (input: never) => Promise<unknown>>;

/** The same activities; events `step_failing` and `step_recovered` say how the ones of a milestone fare. */
export function toldWhenFailing<G extends object>(deps: Deps, group: G): G {
  const entries = Object.entries(group as Group).map(([name, run]) => [name, async (input: never): Promise<unknown> => {
    try {
      const result = await run(input);
      if (Context.current().info.attempt > FIRST_TOLD) await note(deps, input, 'step_recovered', (attempt) => `${name} worked at attempt ${attempt}`);
      return result;
    } catch (error) {
      if (isFailing(error) && isToldAt(Context.current().info.attempt)) {
        await note(deps, input, 'step_failing', (attempt) => `${name} has failed ${attempt} times and is tried again: ${textOf(error)}`);
      }
      throw error;
    }
  }]);
  return Object.fromEntries(entries) as G;
}
