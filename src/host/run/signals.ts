/** How a sweep ends processes. */
import type { ProcessIdentity } from '../../domain/host-api.ts';
import { environmentHas, groupOf, identityOf, otherPids, sessionOf } from '../proc.ts';

/** False when there is no such process any more. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** False for what is gone, and for another user's. */
export function maySignal(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/**
 * All of the session that `leader` began, whatever their environment; itself too. Only for who knows that it lives, or lived a moment
 * ago: the number is free for another process when the last one of the session is gone.
 */
export function membersOfSession(leader: ProcessIdentity): number[] {
  const now = identityOf(leader.pid);
  if (now && now.startTicks !== leader.startTicks) return [];
  return otherPids().filter((pid) => sessionOf(pid) === leader.pid && identityOf(pid) && maySignal(pid));
}

/**
 * Kills a process of the run and its process group. The kernel does a group in one step in which none of it can fork (kill(2) with a
 * negative pid), so a loop that forks and ends is over when one of it has been seen.
 */
export function killWithGroup(pid: number, marker: string): void {
  const group = groupOfTheRun(pid, marker);
  if (group !== undefined) signalProcess(-group, 'SIGKILL');
  signalProcess(pid, 'SIGKILL');
}

/**
 * Its process group, when the group's first process carries the marker or is gone: the number is given to nobody else as long as there
 * is one of it. A group that somebody else began is not ours to end, with whatever of ours is in it.
 */
export function groupOfTheRun(pid: number, marker: string): number | undefined {
  const group = groupOf(pid);
  if (group === undefined || group <= 1 || group === groupOf(process.pid)) return undefined;
  return environmentHas(group, marker) === 'no' ? undefined : group;
}
