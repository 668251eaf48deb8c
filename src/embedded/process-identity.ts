/**
 * Names a process beyond its pid: pids are used again, so whoever ends a process later first proves it is the same one.
 * Linux reads /proc; elsewhere `ps` gives the start to the second.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  pid: number;
  /** Opaque; equal only for the same process of the same boot. */
  start: string;
}

/** The start mark of a live process; undefined when there is none (a zombie counts as none). Read-only, may be repeated. */
export function processStart(pid: number): string | undefined {
  return process.platform === 'linux' ? linuxStart(pid) : psStart(pid);
}

/** True while exactly this process lives. */
export const isAlive = (who: ProcessIdentity): boolean => processStart(who.pid) === who.start;

/** The identity of this very process. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, start: processStart(process.pid) ?? 'unknown' };
}

/** Sends a signal to exactly this process; false when it is gone already. */
export function signalProcess(who: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(who)) return false;
  try {
    return process.kill(who.pid, signal);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw cause;
  }
}

function linuxStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command name is in parentheses and may hold anything, so fields are counted from the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return `${bootId()}:${fields[19]}`;
  } catch {
    return undefined;
  }
}

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();

function psStart(pid: number): string | undefined {
  try {
    return execFileSync('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() || undefined;
  } catch {
    return undefined;
  }
}
