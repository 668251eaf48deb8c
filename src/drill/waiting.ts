/** Waiting for something to be seen, with one deadline and a sentence for what did not come. */
import { setTimeout as sleep } from 'node:timers/promises';

/** What was waited for when time was over. */
export class Late extends Error {}

const EVERY_MS = 50;

/**
 * Asks `probe` until it gives a value. A probe that fails counts as "not yet": what it asks may be the very part that is
 * broken at this moment. Throws `Late` with `what` when `signal` aborts by a time-out, else the signal's reason.
 */
export async function until<T>(what: string, signal: AbortSignal, probe: () => Promise<T | null | undefined | false>): Promise<T> {
  let failure: unknown;
  for (;;) {
    if (signal.aborted) throw gaveUp(what, signal.reason, failure);
    try {
      const found = await probe();
      if (found !== null && found !== undefined && found !== false) return found;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

function gaveUp(what: string, reason: unknown, failure: unknown): unknown {
  if (!(reason instanceof DOMException && reason.name === 'TimeoutError')) return reason;
  const last = failure instanceof Error ? ` (the last look failed: ${failure.message})` : '';
  return new Late(`there was no ${what} in time${last}`);
}
