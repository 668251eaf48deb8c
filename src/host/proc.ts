/** What the kernel says about processes (proc(5)). Linux only. */
import { readdirSync, readFileSync } from 'node:fs';
import type { ProcessIdentity } from '../domain/host-api.ts';
import { errorCode } from './host-error.ts';

/** Changes at every boot: a process of another boot is gone. */
export const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** Identity of a living process; undefined when there is none, or only a zombie. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const fields = statFields(pid);
  if (!fields || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return { pid, startTicks: Number(fields[19]) };
}

export const isAlive = (process: ProcessIdentity): boolean => identityOf(process.pid)?.startTicks === process.startTicks;

/** The pid that was given away last. They grow, and begin anew at the end of their range. */
export const newestPid = (): number => Number(readFileSync('/proc/loadavg', 'utf8').trim().split(' ').at(-1));

/** Fields of /proc/PID/stat from the third (state) on: the name before them may hold spaces and parentheses. */
function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** Command line for people, cut to 200 characters. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim().slice(0, 200);
  } catch {
    return '';
  }
}

/**
 * Whether the environment a process was started with holds exactly this `NAME=value`. `unknown`: it is gone, not there yet, or an
 * empty one was read, as of a zombie or in the midst of an exec. Of another user's process it is `no`.
 */
export function environmentHas(pid: number, entry: string): 'yes' | 'no' | 'unknown' {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
    if (environment === '') return 'unknown';
    return `\0${environment}`.includes(`\0${entry}\0`) ? 'yes' : 'no';
  } catch (error) {
    return ['EACCES', 'EPERM'].includes(errorCode(error) ?? '') ? 'no' : 'unknown';
  }
}

/** Not of a zombie and not of a thread of the kernel. */
export const hasMemory = (pid: number): boolean => Number(statFields(pid)?.[20] ?? 0) > 0;

/** Of every process, but never our own. */
export const otherPids = (): number[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => pid !== process.pid);

/** Id of its process group, which is the pid of the group's first process; undefined when it is gone. */
export const groupOf = (pid: number): number | undefined => orNothing(statFields(pid)?.[2]);

/** Id of its session: the pid of the process that began it. */
export const sessionOf = (pid: number): number | undefined => orNothing(statFields(pid)?.[3]);

const orNothing = (field: string | undefined): number | undefined => (field === undefined ? undefined : Number(field));
