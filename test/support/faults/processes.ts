/** What a process uses, and whether one is there, read from /proc. */
import { readFileSync } from 'node:fs';
import { pidsWith } from '../marked-processes.ts';

const field = (file: string, name: RegExp): number => Number(name.exec(readFileSync(file, 'latin1'))?.[1] ?? Number.NaN);

export interface Usage {
  residentBytes: number;
  /** By read and its like, from files, sockets and pipes. */
  bytesRead: number;
}

/** Undefined once it has ended: what an earlier link has left on a host may end at any time. */
function usageOf(pid: number): Usage | undefined {
  try {
    const usage = { residentBytes: field(`/proc/${pid}/status`, /^VmRSS:\s+(\d+) kB/m) * 1024, bytesRead: field(`/proc/${pid}/io`, /^rchar: (\d+)/m) };
    return Number.isNaN(usage.residentBytes) ? undefined : usage; // a zombie has no memory
  } catch {
    return undefined;
  }
}

/** By pid, of those that run. */
export function usages(pids: Iterable<number>): Map<number, Usage> {
  return new Map([...pids].flatMap((pid) => {
    const usage = usageOf(pid);
    return usage ? [[pid, usage] as const] : [];
  }));
}

/** What each has taken since, of those that run still. */
export function growth(before: Map<number, Usage>): Map<number, Usage> {
  const now = usages(before.keys());
  return new Map([...now].map(([pid, { residentBytes, bytesRead }]) => {
    const then = before.get(pid) ?? { residentBytes: 0, bytesRead: 0 };
    return [pid, { residentBytes: residentBytes - then.residentBytes, bytesRead: bytesRead - then.bytesRead }];
  }));
}

/** Nothing carries the run's marker any more. */
export const hasEnded = (runKey: string): boolean => pidsWith(`HOLDPOINT_RUN=${runKey}`).length === 0;
