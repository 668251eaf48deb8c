/** Waiting for a condition in tests: never a fixed sleep, always a deadline that says what was awaited. */
import { setTimeout as delay } from 'node:timers/promises';

export interface EventuallyOptions {
  /** Default 20 s. */
  timeoutMs?: number;
  everyMs?: number;
  what: string;
}

/** Calls `probe` until it returns something truthy, and returns that; a probe that throws is asked again. */
export async function eventually<T>(probe: () => T | Promise<T>, { timeoutMs = 20_000, everyMs = 25, what }: EventuallyOptions): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      last = await probe();
      if (last) return last as NonNullable<T>;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`);
    await delay(everyMs);
  }
}
