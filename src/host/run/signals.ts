/** How a sweep ends processes. */
import { environmentHas, groupOf } from '../proc.ts';

/** False when there is no such process any more, or it is another user's. With 0 it is only asked. */
export function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
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
