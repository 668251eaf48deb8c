/** Proof that a demo leaves nothing running: its own processes by id, and everything that ever ran on its host by HOME. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, processStart, signalProcess, type ProcessIdentity } from '../embedded/process-identity.ts';

const environmentOf = (pid: string): string[] => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  } catch {
    return []; // It has ended, or belongs to somebody else.
  }
};

const pidsWith = (entry: string): number[] => {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && environmentOf(name).includes(entry)).map(Number);
  } catch {
    return []; // No /proc: only the processes known by id can be looked for.
  }
};

/** Ids of all that runs with this HOME. */
export const processesOf = (home: string): number[] => pidsWith(`HOME=${home}`);

/** What has been told to end may take this long, on a machine that is busy with other work. */
const GRACE_MS = 20_000;

async function untilNone(find: () => number[], graceMs = GRACE_MS): Promise<number[]> {
  const deadline = Date.now() + graceMs;
  for (let left = find(); ; left = find()) {
    if (left.length === 0 || Date.now() > deadline) return left;
    await sleep(20);
  }
}

/** Ids of processes that are still there. */
export function leftovers(started: readonly ProcessIdentity[], home: string | null, graceMs?: number): Promise<number[]> {
  const known = (): number[] => started.filter(isAlive).map(({ pid }) => pid);
  return untilNone(() => [...new Set([...known(), ...(home === null ? [] : processesOf(home))])], graceMs);
}

/** The last resort of a demo that was broken off and could not stop its agent in order: ends all that has this HOME. */
export async function endAllOf(home: string): Promise<void> {
  await untilNone(() => {
    const pids = processesOf(home);
    for (const pid of pids) signalProcess({ pid, start: processStart(pid) ?? '' }, 'SIGKILL');
    return pids;
  });
}
