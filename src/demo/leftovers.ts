/** Proof that a demo leaves nothing running: its own processes by id, and everything that ever ran on its host by HOME. */
import { readdirSync, readFileSync } from 'node:fs';
import { isAlive, type ProcessIdentity } from '../embedded/process-identity.ts';

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

/** Ids of processes that are still there. */
export function leftovers(started: readonly ProcessIdentity[], home: string | null): number[] {
  const known = started.filter(isAlive).map(({ pid }) => pid);
  return [...new Set([...known, ...(home === null ? [] : pidsWith(`HOME=${home}`))])];
}
