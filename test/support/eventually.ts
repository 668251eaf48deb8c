/** Waiting for a condition in tests: never a fixed sleep, always a deadline that says what was awaited. */
import { setTimeout as delay } from 'node:timers/promises';

export interface EventuallyOptions {
  /** Default 60 s: it only ends a wait for what never comes. */
  timeoutMs?: number;
  everyMs?: number;
  what: string;
}

/**
 * Calls `probe` until it returns something truthy, and returns that; a probe that throws is asked again. It is asked once more when time is
 * over: this process may have stood still, and one probe may have taken all of the time.
 */
export async function eventually<T>(probe: () => T | Promise<T>, { timeoutMs = 60_000, everyMs = 25, what }: EventuallyOptions): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    const isLast = performance.now() > deadline;
    try {
      last = await probe();
      if (last) return last as NonNullable<T>;
    } catch (error) {
      last = error;
    }
    if (isLast) throw new Error(`waited ${timeoutMs} ms for ${what}; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`);
    await delay(everyMs);
  }
}
