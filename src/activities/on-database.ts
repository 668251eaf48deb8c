/** Statements that outlast a database that is away: its restart must not end the activity that follows a run. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HoldpointError } from '../domain/failure-kind.ts';

const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 1_000;

const isAway = (error: unknown): boolean => error instanceof HoldpointError && error.kind === 'database_unreachable';

/** Runs `statement`, which must be safe to repeat, until the database answers; any other error at once. Cancelled by `signal`. */
export async function onDatabase<T>(signal: AbortSignal, statement: () => Promise<T>): Promise<T> {
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(delay * 2, MAX_DELAY_MS)) {
    signal.throwIfAborted();
    try {
      return await statement();
    } catch (error) {
      if (!isAway(error)) throw error;
    }
    await sleep(delay * (0.5 + Math.random()), undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
