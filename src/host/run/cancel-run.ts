/**
 * Ends a run and proves it: SIGINT to the process alone (it writes its last words), a grace, then the sweep.
 * The run's supervisor does it when it lives; otherwise this program does.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CancelResult, ProcessIdentity, RunExit } from '../../domain/host-api.ts';
import { createOnce } from '../durable.ts';
import { HostError } from '../host-error.ts';
import { bootId, identityOf, isAlive } from '../proc.ts';
import { askSupervisor, connectSupervisor } from './control-client.ts';
import { readChild, readCommand, readScope, readStarted, runDirectory, runMarker, type StartedFile } from './run-files.ts';
import { stateOf } from './run-state.ts';
import type { Scope } from './scope.ts';
import { signalProcess } from './signals.ts';
import { sweep, type Swept } from './sweep.ts';

export const TERM_GRACE_MS = 1000;

/** Whoever gives no time to end by itself gives none after SIGTERM either. */
export const termGrace = (graceMs: number): number => Math.min(TERM_GRACE_MS, graceMs);

// On top of the grace: what the sweep may take.
const SUPERVISOR_SLACK_MS = 25_000;

/** May be repeated; on an ended run it only proves that nothing is left. `internal` when something cannot be killed. */
export async function cancelRun(stateDir: string, p: { key: string; graceMs: number }): Promise<CancelResult> {
  const dir = runDirectory(stateDir, p.key);
  await forbidStart(dir, p.key);
  const started = await readStarted(dir);
  const bySupervisor = started ? await throughSupervisor(dir, started, p.graceMs) : [];
  const child = started?.bootId === bootId() ? await readChild(dir) : null; // after a reboot its pid is another's
  const swept = await directly(p.key, { child, scope: await readScope(dir) }, p.graceMs);
  if (swept.left.length > 0) throw new HostError('internal', `processes that cannot be killed: ${swept.left.join(', ')}`);
  return { state: await stateOf(dir), proof: swept.proof, killed: [...bySupervisor, ...swept.killed] };
}

/** A run that was asked for but not started must not start after its cancellation: we take its start and end it. */
async function forbidStart(dir: string, key: string): Promise<void> {
  if (!(await readCommand(dir)) || (await readStarted(dir))) return;
  const at = new Date().toISOString();
  const supervisor = identityOf(process.pid) ?? { pid: process.pid, startTicks: 0 };
  const started: StartedFile = { key, supervisor, bootId: bootId(), startedAt: at, socket: 's.none' };
  if (!(await createOnce(join(dir, 'started'), JSON.stringify(started)))) return;
  const exit: RunExit = { code: null, signal: null, reason: 'cancelled', message: 'cancelled before it started', at };
  await createOnce(join(dir, 'exit'), JSON.stringify(exit));
}

async function throughSupervisor(dir: string, started: StartedFile, graceMs: number): Promise<Swept['killed']> {
  const socket = started.bootId === bootId() ? await connectSupervisor(dir, started.socket) : undefined;
  if (!socket) return [];
  const answer = await askSupervisor(socket, { op: 'cancel', graceMs }, graceMs + SUPERVISOR_SLACK_MS);
  return (answer as { killed: Swept['killed'] } | undefined)?.killed ?? [];
}

async function directly(key: string, { child, scope }: { child: ProcessIdentity | null; scope: Scope | undefined }, graceMs: number): Promise<Swept> {
  const leader = child && isAlive(child) ? child : null; // long ago its number may have become another's
  if (leader) {
    signalProcess(leader.pid, 'SIGINT');
    await untilGone(leader, graceMs);
  }
  return sweep(runMarker(key), { leader, scope, termGraceMs: termGrace(graceMs) });
}

async function untilGone(child: ProcessIdentity, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  while (isAlive(child) && performance.now() < deadline) await sleep(20);
}
