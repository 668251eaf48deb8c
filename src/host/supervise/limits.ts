/** Time and output of a run. Only the first breach counts. */
import { fstatSync } from 'node:fs';
import type { ExitReason, RunSpec } from '../../domain/host-api.ts';

/** Why a run is to end before it does so by itself. */
export interface Breach {
  reason: ExitReason;
  message: string | null;
  /** Time it has to end by itself; of the spec when absent. */
  graceMs?: number;
}

const SIZE_CHECK_MS = 200;
// Longest delay a timer takes, 24 days.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface LimitWatch {
  breached: Promise<Breach>;
  stop(): void;
}

/** Watches the wall clock and the size of the streams until stopped. */
export function watchLimits(limits: RunSpec['limits'], streams: readonly number[]): LimitWatch {
  const { promise, resolve } = Promise.withResolvers<Breach>();
  const overTime: Breach = { reason: 'wall_limit', message: `ran longer than ${limits.wallMs} ms` };
  const wall = setTimeout(() => resolve(overTime), Math.min(limits.wallMs, LONGEST_TIMER_MS));
  const size = setInterval(() => {
    const written = streams.reduce((sum, stream) => sum + fstatSync(stream).size, 0);
    if (written > limits.outBytes) resolve({ reason: 'output_limit', message: `wrote ${written} bytes, more than ${limits.outBytes}` });
  }, SIZE_CHECK_MS);
  return {
    breached: promise,
    stop: () => {
      clearTimeout(wall);
      clearInterval(size);
    },
  };
}
