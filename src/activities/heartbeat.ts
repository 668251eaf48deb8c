/** One heartbeat loop around a whole activity: the server learns of a dead worker, the activity learns of a cancel. */
import { Context } from '@temporalio/activity';

const EVERY_MS = 1_000;

export interface Beat {
  /** Aborts when the activity is cancelled or its worker shuts down. */
  signal: AbortSignal;
  /** True when the worker is going away: let go of the work, stop nothing. */
  detaching(): boolean;
}

/**
 * Runs `work` under a heartbeat whose details are `details()`: small and for people, they are the live view in the Web UI.
 * The authoritative progress is in Postgres, never here: details reach the server late (facts: throttling).
 */
export async function withHeartbeat<T>(work: (beat: Beat) => Promise<T>, details: () => unknown = () => null): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(details()), EVERY_MS);
  context.heartbeat(details());
  try {
    return await work({
      signal: context.cancellationSignal,
      detaching: () => context.cancellationDetails?.workerShutdown === true,
    });
  } finally {
    clearInterval(timer);
  }
}
