/**
 * Ends everything of a run: TERM, a short grace, then KILL, repeated until scans are empty. What it is, the run's control group says
 * where it has one, and the run's marker in the environment; without a group, what was started with an emptied environment is not
 * seen (docs/security.md).
 */
import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProcessIdentity } from '../../domain/host-api.ts';
import { commandOf, hasEnvironmentEntry, isAlive, newestPid } from '../proc.ts';
import type { Scope } from './scope.ts';

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
const CHASE_MS = 100;
const CHASE_QUIET_MS = 2;

/** Pids, but never our own, that carry `marker`. A zombie has no environment and is not found. */
export function carriersOf(marker: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  return pids.filter((pid) => pid !== process.pid && hasEnvironmentEntry(pid, marker));
}

/** May be repeated, and by several at once. */
export async function sweep(marker: string, { termGraceMs, child, scope }: SweepOptions): Promise<Swept> {
  const killed = new Map<number, string>();
  const found = (): number[] => {
    const pids = new Set([...carriersOf(marker), ...(scope?.pids() ?? []).filter((pid) => pid !== process.pid)]);
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

/** One empty scan may have missed a child that was born during it; two in a row count, with nothing born and seen in between. */
async function killAll(found: () => number[], marker: string, scope: Scope | undefined): Promise<number[]> {
  const deadline = performance.now() + KILL_DEADLINE_MS;
  for (let emptyScans = 0; ; ) {
    const since = newestPid();
    const pids = found();
    emptyScans = pids.length === 0 ? emptyScans + 1 : 0;
    if (emptyScans === 2 || performance.now() > deadline) return pids;
    if (pids.length > 0) scope?.kill();
    for (const pid of pids) signalProcess(pid, 'SIGKILL');
    if (chase(marker, since)) emptyScans = 0;
    await pause(1);
  }
}

/**
 * A process that forks and ends, again and again, is gone before a scan of all has come to it: so those are looked at that were born
 * since, as fast as they come, until none has been for a moment. Says whether there was any.
 */
function chase(marker: string, since: number): boolean {
  const until = performance.now() + CHASE_MS;
  let seen = since;
  let quietUntil = performance.now() + CHASE_QUIET_MS;
  let any = false;
  while (performance.now() < Math.min(until, quietUntil)) {
    const newest = newestPid();
    for (let pid = seen + 1; pid <= newest; pid += 1) {
      if (pid === process.pid || !hasEnvironmentEntry(pid, marker)) continue;
      any = signalProcess(pid, 'SIGKILL') || any;
      quietUntil = performance.now() + CHASE_QUIET_MS;
    }
    seen = newest; // also when the numbers have begun anew
  }
  return any;
}

/** False when there is no such process any more. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
