/** A wait for Temporal that whoever waits may leave. */
import type { Connection } from '@temporalio/client';

/** Rejects with the signal's reason. The SDK hears of a signal during a request only: not of one before the first, or between two. */
export function unlessLeft<T>(connection: Connection, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const left = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
  return Promise.race([connection.withAbortSignal(signal, work), left]);
}
