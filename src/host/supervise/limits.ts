/** Time, output and room of a run. Only the first breach counts. */
import { fstatSync } from 'node:fs';
import type { ExitReason, RunSpec } from '../../domain/host-api.ts';
import { cannotWrite, fileSizeLimit, outOfRoom } from './room.ts';

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
  const mostBytes = fileSizeLimit();
  const size = setInterval(() => {
    const written = writtenTo(streams);
    if (written > limits.outBytes) resolve(overSize(written, limits.outBytes));
    const why = outOfRoom(streams, mostBytes);
    if (why) resolve(noRoom(why));
  }, SIZE_CHECK_MS);
  return {
    breached: promise,
    stop: () => {
      clearTimeout(wall);
      clearInterval(size);
    },
  };
}

const writtenTo = (streams: readonly number[]): number => streams.reduce((sum, stream) => sum + fstatSync(stream).size, 0);

const overSize = (written: number, most: number): Breach => ({ reason: 'output_limit', message: `wrote ${written} bytes, more than ${most}` });

const noRoom = (why: string): Breach => ({ reason: 'output_limit', message: `its output could not be kept: ${why}` });

/** For a run that has ended by itself: its last words may have found no room. */
export function outOfRoomAtEnd(streams: readonly number[]): Breach | undefined {
  const why = outOfRoom(streams, fileSizeLimit()) ?? cannotWrite();
  return why === undefined ? undefined : noRoom(why);
}
