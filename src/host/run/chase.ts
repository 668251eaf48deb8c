/** Looks at processes as fast as they are born. */
import { environmentHas, newestPid } from '../proc.ts';
import { killWithGroup } from './signals.ts';

export interface Chase {
  marker: string;
  /** Told of each one that is about to be killed. */
  name: (pid: number) => void;
}

export interface Born {
  /** Pids that carried the marker. They were killed. */
  ours: number[];
  /** Some were gone before they could be looked at, or the numbers have begun anew: they may have been ours, and so may what they started. */
  unread: boolean;
}

const CHASE_MS = 100;
const QUIET_MS = 2;

/**
 * A process that forks and ends, again and again, is gone before a scan of all has come to it; but then the one it started was born
 * since that scan began (`since`, a pid). So those are looked at, until none has been born for a moment.
 */
export function chase(of: Chase, since: number): Born {
  const born: Born = { ours: [], unread: false };
  const until = performance.now() + CHASE_MS;
  let seen = since;
  for (let quietUntil = performance.now() + QUIET_MS; ; ) {
    const newest = newestPid();
    if (newest < seen) born.unread = true;
    for (let pid = seen + 1; pid <= newest; pid += 1) lookAt(pid, of, born);
    const now = performance.now();
    if (newest !== seen) quietUntil = now + QUIET_MS;
    seen = newest;
    if (now >= Math.min(until, quietUntil)) return born;
  }
}

function lookAt(pid: number, { marker, name }: Chase, born: Born): void {
  if (pid === process.pid) return;
  const has = environmentHas(pid, marker);
  if (has === 'unknown') born.unread = true;
  if (has !== 'yes') return;
  name(pid);
  killWithGroup(pid, marker);
  born.ours.push(pid);
}
