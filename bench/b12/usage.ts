/** Processor time and memory of processes, read from /proc. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

// USER_HZ of Linux on every architecture Node runs on.
const TICKS_PER_SECOND = 100;

export interface Usage {
  /** Mean over the time. */
  cores: number;
  /** Largest sum seen. */
  megabytes: number;
}

function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name, in brackets, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

const residentOf = (pid: number): number => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) / 1024;

const sum = (pids: number[], of: (pid: number) => number): number => pids.reduce((total, pid) => total + of(pid), 0);

/** All of `pids` together for `forMs`, looked at ten times. */
export async function usageOf(pids: number[], forMs: number): Promise<Usage> {
  const [before, from] = [sum(pids, ticksOf), performance.now()];
  let megabytes = 0;
  for (let look = 0; look < 10; look += 1) {
    await sleep(forMs / 10);
    megabytes = Math.max(megabytes, sum(pids, residentOf));
  }
  const cores = (sum(pids, ticksOf) - before) / TICKS_PER_SECOND / ((performance.now() - from) / 1000);
  return { cores, megabytes };
}
