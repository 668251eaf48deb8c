/** How long a turn waits before its next run. Pure: the clock and the dice are handed in. Package-free: workflow code imports this file. */

// Overload, and limits that name no end: long enough not to add to it, short enough to notice that it is over.
const FIRST_WAIT_MS = 60_000;
const MAX_WAIT_MS = 30 * 60_000;

// Who waits for the same reset does not come back in the same second; of a short wait only a part.
const MAX_JITTER_MS = 60_000;
const JITTER_SHARE = 0.1;

/** Minutes 1, 2, 4 … up to 30, less up to a fifth. `before`: waits in a row before this one; `random`: 0 to 1. */
export const backoffMs = (before: number, random: number): number => Math.min(FIRST_WAIT_MS * 2 ** before, MAX_WAIT_MS) * (1 - 0.2 * random);

function afterReset(resetMs: number, nowMs: number, random: number): number {
  return resetMs + random * Math.min(MAX_JITTER_MS, JITTER_SHARE * (resetMs - nowMs));
}

/**
 * When to try again, RFC 3339: a little after the reset, or, where no reset is known or it has passed, after a wait that
 * grows. A second limit in a row is never met by a short wait, whatever reset it names.
 */
export function resumeAt(reset: string | null, nowMs: number, before: number, random: number): string {
  const resetMs = reset === null ? NaN : Date.parse(reset);
  const grown = nowMs + backoffMs(Math.max(0, before - (resetMs > nowMs ? 1 : 0)), random);
  if (!(resetMs > nowMs)) return new Date(grown).toISOString();
  const known = afterReset(resetMs, nowMs, random);
  return new Date(before === 0 ? known : Math.max(known, grown)).toISOString();
}

const DAY_MS = 86_400_000;

/** `14:05 UTC`, with the day where it is more than a day away. */
export function clockTime(instant: string, nowMs: number): string {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return instant;
  const text = at.toISOString();
  const time = `${text.slice(11, 16)} UTC`;
  return Math.abs(at.getTime() - nowMs) < DAY_MS ? time : `${text.slice(0, 10)} ${time}`;
}

/** How long an attempt waits after one that failed for no fault of the work: `first`·`factor`ⁿ up to `max`, less up to the share `jitter`. */
export interface RetryPolicy {
  firstMs: number;
  factor: number;
  /** 0 to 1. */
  jitter: number;
  maxMs: number;
}

export const RETRY_DEFAULTS: RetryPolicy = { firstMs: 60_000, factor: 2, jitter: 0.2, maxMs: 30 * 60_000 };

/** `before`: failures in a row before this one; `random`: 0 to 1. */
export const retryDelayMs = ({ firstMs, factor, jitter, maxMs }: RetryPolicy, before: number, random: number): number =>
  Math.round(Math.min(firstMs * factor ** before, maxMs) * (1 - jitter * random));
