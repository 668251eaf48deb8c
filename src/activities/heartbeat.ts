/** One heartbeat loop around a whole activity: the server learns of a dead worker, the activity learns of a cancel. */
import { Context } from '@temporalio/activity';
import type { Deps } from './deps.ts';

const EVERY_MS = 1_000;

export interface Beat {
  /** Aborts when the activity is cancelled, when the server takes it back, and when its worker shuts down. */
  signal: AbortSignal;
  /** Why it aborted: only a cancel asks for the work itself to end. */
  reason(): 'cancelled' | 'unknownToServer' | 'letGo';
}

/** Set by the SDK once, when the signal aborts. A shutdown, a time-out, a pause and a reset all have a next attempt. */
function reasonOf({ cancellationDetails: details }: Context): ReturnType<Beat['reason']> {
  if (details?.cancelRequested) return 'cancelled';
  return details?.notFound ? 'unknownToServer' : 'letGo';
}

/**
 * Whether what the activity has started on the host must end with it. An activity that the server no longer knows belongs to
 * a workflow that was terminated, which leaves nothing at work, or is an attempt that the server gave up and has begun again
 * elsewhere: then the next attempt follows the same process.
 */
export async function mustStop(deps: Deps, beat: Beat, of: { project: string; milestone: string }): Promise<boolean> {
  if (!beat.signal.aborted) return false;
  const reason = beat.reason();
  if (reason !== 'unknownToServer') return reason === 'cancelled';
  return !(await deps.isRunning(of).catch(() => true));
}

/**
 * When the server scheduled this attempt, for rows that an older one must not write any more: one that timed out may go on in
 * a worker that lives, long after the next has done its work.
 */
export const thisAttempt = (): { attemptAt: string } => ({
  attemptAt: new Date(Context.current().info.currentAttemptScheduledTimestampMs).toISOString(),
});

/**
 * Runs `work` under a heartbeat whose details are `details()`: small and for people, they are the live view in the Web UI.
 * The authoritative progress is in Postgres, never here: details reach the server late (facts: throttling).
 */
export async function withHeartbeat<T>(work: (beat: Beat) => Promise<T>, details: () => unknown = () => null): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(details()), EVERY_MS);
  context.heartbeat(details());
  try {
    return await work({ signal: context.cancellationSignal, reason: () => reasonOf(context) });
  } finally {
    clearInterval(timer);
  }
}
