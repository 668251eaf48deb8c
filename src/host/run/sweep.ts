/**
 * Ends everything of a run: TERM, a short grace, then KILL, repeated until scans are empty. What it is, the run's control group says
 * where it has one, and the run's marker in the environment, with the process groups of what carries it and the session of the run's own
 * process; without a control group, what was started with an emptied environment is seen in those alone (docs/security.md).
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { ProcessIdentity } from '../../domain/host-api.ts';
import { commandOf, environmentHas, groupOf, hasMemory, identityOf, newestPid, otherPids, sessionOf } from '../proc.ts';
import { chase, type Chase } from './chase.ts';
import type { Scope } from './scope.ts';
import { groupOfTheRun, killWithGroup, signalProcess } from './signals.ts';

export interface Swept {
  killed: { pid: number; command: string }[];
  /** Still there when we gave up, which takes a process the kernel cannot kill. */
  left: number[];
  /** `cgroup`: the kernel says that the run's group is empty. */
  proof: 'cgroup' | 'marker';
}

export interface SweepOptions {
  /** From SIGTERM to SIGKILL. */
  termGraceMs: number;
  /** It began a session, which is ended too, whatever is done to environments there. Null unless it lives, or has ended just now. */
  leader: ProcessIdentity | null;
  scope?: Scope | undefined;
}

const KILL_DEADLINE_MS = 15_000;
const TERM_POLL_MS = 20;
// A loop that forks would make the list endless.
const MOST_NAMED = 500;
// Where others start and end processes without pause some always go unread: then that long without one of ours is enough, and so it is
// where there is a group, because the kernel says what is in it.
const UNREAD_MS = 500;
// As long as that, where nothing of the run was there to be ended: the end of every run looks.
const UNREAD_QUIET_MS = 100;

interface Scan {
  pids: number[];
  /** Some could not be read, because they are in the midst of an exec. */
  unread: boolean;
}

/** Pids, but never our own, that carry `marker`. A zombie has no environment and is not found. */
export const carriersOf = (marker: string): number[] => scanFor(marker).pids;

function scanFor(marker: string): Scan {
  const scan: Scan = { pids: [], unread: false };
  for (const pid of otherPids()) {
    const has = environmentHas(pid, marker);
    const isDoubtful = has === 'unknown' && hasMemory(pid);
    if (isDoubtful && commandOf(pid) === '') scan.unread = true;
    else if (has === 'yes' || (isDoubtful && environmentHas(pid, marker) === 'yes')) scan.pids.push(pid);
  }
  return scan;
}

/**
 * And what is with them in a process group of the run's, or in a session that one of them or `leader` began, with whatever environment.
 * The number of a session is free for another process when the last one in it is gone.
 */
function withTheirs({ pids, unread }: Scan, marker: string, leader: ProcessIdentity | null): Scan {
  const groups = new Set(pids.map((pid) => groupOfTheRun(pid, marker)));
  groups.delete(undefined);
  const sessions = new Set(leader && isStillIts(leader) ? [...pids, leader.pid] : pids);
  if (sessions.size === 0) return { pids, unread };
  const carriers = new Set(pids);
  const isWithThem = (pid: number): boolean => groups.has(groupOf(pid)) || sessions.has(sessionOf(pid) ?? 0);
  const others = otherPids().filter((pid) => !carriers.has(pid) && isWithThem(pid) && identityOf(pid) && signalProcess(pid, 0));
  return { pids: [...pids, ...others], unread };
}

/** Its pid is its own, or nobody's. */
const isStillIts = ({ pid, startTicks }: ProcessIdentity): boolean => (identityOf(pid)?.startTicks ?? startTicks) === startTicks;

/** May be repeated, and by several at once. */
export async function sweep(marker: string, { termGraceMs, leader, scope }: SweepOptions): Promise<Swept> {
  const killed = new Map<number, string>();
  const name = (pid: number): void => {
    if (!killed.has(pid) && killed.size < MOST_NAMED) killed.set(pid, commandOf(pid));
  };
  const found = (): Scan => {
    const { pids: seen, unread } = withTheirs(scanFor(marker), marker, leader);
    const pids = new Set([...seen, ...(scope?.pids() ?? []).filter((pid) => pid !== process.pid)]);
    for (const pid of pids) name(pid);
    return { pids: [...pids], unread };
  };
  await termAll(found, termGraceMs);
  const left = await killAll({ found, marker, name, scope, patienceMs: () => (killed.size > 0 ? UNREAD_MS : UNREAD_QUIET_MS) });
  const proof = scope?.remove() ? 'cgroup' : 'marker';
  return { killed: [...killed].map(([pid, command]) => ({ pid, command })), left, proof };
}

async function termAll(found: () => Scan, graceMs: number): Promise<void> {
  const told = new Set<number>();
  const deadline = performance.now() + graceMs;
  for (let { pids } = found(); pids.length > 0 && performance.now() < deadline; { pids } = found()) {
    for (const pid of pids.filter((one) => !told.has(one))) {
      told.add(pid);
      signalProcess(pid, 'SIGTERM');
    }
    await pause(TERM_POLL_MS);
  }
}

interface Killing extends Chase {
  found: () => Scan;
  scope: Scope | undefined;
  /** For how long nothing of ours must have been there, where some went unread. */
  patienceMs: () => number;
}

/** Kills what there is. `unread`: there may be more. */
function killOnce(killing: Killing): Scan {
  const { found, marker, scope } = killing;
  const since = newestPid();
  const { pids, unread } = found();
  if (pids.length > 0) scope?.kill();
  for (const pid of pids) killWithGroup(pid, marker);
  const born = chase(killing, since);
  return { pids: [...pids, ...born.ours], unread: unread || born.unread };
}

/**
 * One empty scan may have missed what was born during it: two in a row count, when all that was born since each began was looked at and
 * is not ours (chase.ts). What was seen last when this gives up.
 */
async function killAll(killing: Killing): Promise<number[]> {
  const deadline = performance.now() + KILL_DEADLINE_MS;
  let last: { pids: number[]; at: number } = { pids: [], at: performance.now() };
  for (let emptyScans = 0; ; ) {
    const { pids, unread } = killOnce(killing);
    const now = performance.now();
    if (pids.length > 0) last = { pids, at: now };
    const isEmpty = pids.length === 0 && (killing.scope !== undefined || !unread || now - last.at > killing.patienceMs());
    emptyScans = isEmpty ? emptyScans + 1 : 0;
    if (emptyScans === 2) return [];
    if (now > deadline) return last.pids;
    await pause(1);
  }
}
