/**
 * Ends everything that carries a run's marker in its environment: TERM, a short grace, then KILL, repeated until scans are empty.
 * What was started with an emptied environment is not seen (docs/security.md).
 */
import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProcessIdentity } from '../../domain/host-api.ts';
import { commandOf, hasEnvironmentEntry, isAlive } from '../proc.ts';

export interface Swept {
  killed: { pid: number; command: string }[];
  /** Still there when we gave up, which takes a process the kernel cannot kill. */
  left: number[];
}

const KILL_DEADLINE_MS = 15_000;
const TERM_POLL_MS = 20;

/** Pids, but never our own, that carry `marker`. A zombie has no environment and is not found. */
export function carriersOf(marker: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  return pids.filter((pid) => pid !== process.pid && hasEnvironmentEntry(pid, marker));
}

/** `child` is ended too when it has hidden its marker. May be repeated, and by several at once. */
export async function sweep(marker: string, termGraceMs: number, child: ProcessIdentity | null): Promise<Swept> {
  const killed = new Map<number, string>();
  const found = (): number[] => {
    const pids = carriersOf(marker);
    if (child && isAlive(child) && !pids.includes(child.pid)) pids.push(child.pid);
    for (const pid of pids) if (!killed.has(pid)) killed.set(pid, commandOf(pid));
    return pids;
  };
  await termAll(found, termGraceMs);
  const left = await killAll(found);
  return { killed: [...killed].map(([pid, command]) => ({ pid, command })), left };
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

/** One empty scan may have missed a child that was born during it; two in a row count. */
async function killAll(found: () => number[]): Promise<number[]> {
  const deadline = performance.now() + KILL_DEADLINE_MS;
  for (let emptyScans = 0; ; ) {
    const pids = found();
    emptyScans = pids.length === 0 ? emptyScans + 1 : 0;
    if (emptyScans === 2 || performance.now() > deadline) return pids;
    for (const pid of pids) signalProcess(pid, 'SIGKILL');
    await pause(1);
  }
}

/** False when there is no such process any more. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
