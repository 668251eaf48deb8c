/** How long to wait before the next try of something that failed for reasons outside. Package-free. */

export const FIRST_DELAY_MS = 5_000;
export const MAX_DELAY_MS = 10 * 60_000;
const JITTER = 0.2;

/**
 * Milliseconds before try `attempt` + 1: doubles from five seconds to ten minutes, give or take a fifth so that many
 * waiters do not come back at once. `attempt` counts from 1; `random` is 0 (inclusive) to 1 (exclusive).
 */
export function nextDelayMs(attempt: number, random: number): number {
  const doubled = FIRST_DELAY_MS * 2 ** Math.min(Math.max(0, attempt - 1), 30);
  return Math.round(Math.min(doubled, MAX_DELAY_MS) * (1 + JITTER * (2 * random - 1)));
}
