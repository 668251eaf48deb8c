/**
 * Ends everything of a run: TERM, a short grace, then KILL, repeated until scans are empty. What it is, the run's control group says
 * where it has one, and the run's marker in the environment, with the process groups of what carries it; without a control group, what
 * was started with an emptied environment outside them is not seen (docs/security.md).
 */
import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProcessIdentity } from '../../domain/host-api.ts';
import { commandOf, environmentHas, groupOf, isAlive, newestPid } from '../proc.ts';
import { chase } from './chase.ts';
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
  /** Ended too when it has hidden its marker. */
  child: ProcessIdentity | null;
  scope?: Scope | undefined;
}

const KILL_DEADLINE_MS = 15_000;
const TERM_POLL_MS = 20;
// A loop that forks would make the list endless.
const MOST_NAMED = 500;
// Where others start and end processes without pause some always go unread: then that long without one of ours is enough, and so it is
// where there is a group, because the kernel says what is in it.
const UNREAD_MS = 500;

/** Pids, but never our own, that carry `marker`. A zombie has no environment and is not found. */
export const carriersOf = (marker: string): number[] => allPids().filter((pid) => environmentHas(pid, marker) === 'yes');

/** And what shares a process group of the run's with them, with whatever environment. */
function carriersAndTheirGroups(marker: string): number[] {
  const carriers = carriersOf(marker);
  const groups = new Set(carriers.map((pid) => groupOfTheRun(pid, marker)));
  groups.delete(undefined);
  return groups.size === 0 ? carriers : [...carriers, ...allPids().filter((pid) => groups.has(groupOf(pid)))];
}

const allPids = (): number[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => pid !== process.pid);

/** May be repeated, and by several at once. */
export async function sweep(marker: string, { termGraceMs, child, scope }: SweepOptions): Promise<Swept> {
  const killed = new Map<number, string>();
  const found = (): number[] => {
    const pids = new Set([...carriersAndTheirGroups(marker), ...(scope?.pids() ?? []).filter((pid) => pid !== process.pid)]);
    if (child && isAlive(child)) pids.add(child.pid);
    for (const pid of pids) if (!killed.has(pid) && killed.size < MOST_NAMED) killed.set(pid, commandOf(pid));
    return [...pids];
  };
  await termAll(found, termGraceMs);
  const left = await killAll(found, marker, scope);
  const proof = scope?.remove() ? 'cgroup' : 'marker';
  return { killed: [...killed].map(([pid, command]) => ({ pid, command })), left, proof };
}

async function termAll(found: () => number[], graceMs: number): Promise<void> {
  const told = new Set<number>();
  const deadline = performance.now() + graceMs;
  for (let pids = found(); pids.length > 0 && performance.now() < deadline; pids = found()) {
    for (const pid of pids.filter((one) => !told.has(one))) {
      told.add(pid);
      signalProcess(pid, 'SIGTERM');
    }
    await pause(TERM_POLL_MS);
  }
}

/**
 * One empty scan may have missed what was born during it, or was in the midst of an exec: two in a row count, when all that was born
 * since each began was looked at and is not ours (chase.ts).
 */
async function killAll(found: () => number[], marker: string, scope: Scope | undefined): Promise<number[]> {
  const deadline = performance.now() + KILL_DEADLINE_MS;
  let lastSeen = performance.now();
  for (let emptyScans = 0; ; ) {
    const since = newestPid();
    const pids = found();
    if (pids.length > 0) scope?.kill();
    for (const pid of pids) killWithGroup(pid, marker);
    const born = chase(marker, since);
    const seen = [...pids, ...born.ours];
    const now = performance.now();
    if (seen.length > 0) lastSeen = now;
    const isEmpty = seen.length === 0 && (scope !== undefined || !born.unread || now - lastSeen > UNREAD_MS);
    emptyScans = isEmpty ? emptyScans + 1 : 0;
    if (emptyScans === 2 || now > deadline) return seen;
    await pause(1);
  }
}
