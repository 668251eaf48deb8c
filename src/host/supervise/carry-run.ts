/** Carries out a run that is ours: files, gate, process, limits, and the sweep after it. Expected ends are values in `reason`. */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { homedir } from 'node:os';
import type { ExitReason, RunExit, RunSpec } from '../../domain/host-api.ts';
import { replaceFile } from '../durable.ts';
import { errorText } from '../host-error.ts';
import { openGate, type Gate } from '../gate/gate-server.ts';
import { TERM_GRACE_MS } from '../run/cancel-run.ts';
import { runMarker, type CommandFile } from '../run/run-files.ts';
import { signalProcess, sweep, type Swept } from '../run/sweep.ts';
import { spawnChild, type Child } from './child.ts';
import { fillIn, writeRunFiles } from './fill-in.ts';
import { watchLimits, type Breach } from './limits.ts';

interface Ended {
  exit: RunExit;
  killed: Swept['killed'];
}

type Cancelled = Promise<{ graceMs: number }>;

/** Resolves when nothing of the run is left, with what `exit` shall say. */
export async function carryRun(dir: string, command: CommandFile, delivered: Record<string, string>, cancelled: Cancelled): Promise<Ended> {
  const streams = [openStream('out'), openStream('err')] as const;
  let gate: Gate | undefined;
  try {
    const home = command.spec.env['HOME'] ?? delivered['HOME'] ?? homedir();
    gate = command.spec.gate ? await openGate(command.spec.gate, home) : undefined;
    const spec = fillIn(command.spec, { RUN_DIR: dir, ...(gate && { GATE_URL: gate.url, GATE_TOKEN: gate.token }) });
    const env = { ...spec.env, ...delivered, HOLDPOINT_RUN: command.key };
    const child = await startChild({ ...spec, env }, ...streams);
    if (typeof child === 'string') return { exit: exitOf('spawn_failed', child), killed: [] };
    return await untilNothingIsLeft(child, command, streams, cancelled);
  } finally {
    gate?.close();
    streams.forEach(finish);
  }
}

/** The process, or why there is none. */
async function startChild(spec: RunSpec, out: number, err: number): Promise<Child | string> {
  try {
    await writeRunFiles(spec.files);
    const child = await spawnChild(spec, out, err);
    await replaceFile('child', JSON.stringify(child.identity)).catch((error: unknown) => {
      process.stderr.write(`identity of the process cannot be recorded: ${errorText(error)}\n`);
    });
    return child;
  } catch (error) {
    return errorText(error);
  }
}

async function untilNothingIsLeft(child: Child, { key, spec }: CommandFile, streams: readonly number[], cancelled: Cancelled): Promise<Ended> {
  const limits = watchLimits(spec.limits, streams);
  const cancellation = cancelled.then(({ graceMs }): Breach => ({ reason: 'cancelled', message: null, graceMs }));
  const breach = await Promise.race([child.ended.then(() => undefined), limits.breached, cancellation]);
  limits.stop();
  if (breach) await askToEnd(child, breach.graceMs ?? spec.limits.graceMs);
  const swept = await sweep(runMarker(key), TERM_GRACE_MS, child.identity);
  const { code, signal } = await child.ended;
  return { exit: { ...exitOf(breach?.reason ?? 'exited', messageOf(breach, swept)), code, signal }, killed: swept.killed };
}

/** SIGINT goes to the process alone: it ends its own children in order and writes its last words. */
async function askToEnd(child: Child, graceMs: number): Promise<void> {
  signalProcess(child.identity.pid, 'SIGINT');
  const grace = Promise.withResolvers<void>();
  const timer = setTimeout(grace.resolve, graceMs);
  await Promise.race([child.ended, grace.promise]);
  clearTimeout(timer);
}

function messageOf(breach: Breach | undefined, { killed, left }: Swept): string | null {
  const parts = [breach?.message];
  if (!breach && killed.length > 0) parts.push(`ended what it had left running: ${killed.map(({ pid, command }) => `${pid} ${command}`).join('; ')}`);
  if (left.length > 0) parts.push(`could not be killed: ${left.join(', ')}`);
  return parts.filter(Boolean).join('; ').slice(0, 2000) || null;
}

const exitOf = (reason: ExitReason, message: string | null): RunExit => ({ code: null, signal: null, reason, message, at: new Date().toISOString() });

const openStream = (name: string): number => openSync(name, 'a', 0o600);

/** Synced before `exit` is written: a complete exit promises complete streams. */
function finish(stream: number): void {
  try {
    fsyncSync(stream);
  } catch (error) {
    process.stderr.write(`a stream cannot be synced: ${errorText(error)}\n`);
  }
  closeSync(stream);
}
