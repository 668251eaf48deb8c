/** Carries out a run that is ours: files, gate, process, limits, and the sweep after it. Expected ends are values in `reason`. */
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import type { ExitReason, ProcessIdentity, RunExit, RunSpec } from '../../domain/host-api.ts';
import { errorText } from '../host-error.ts';
import { CallMarks } from '../gate/call-marks.ts';
import { openGate, type Gate } from '../gate/gate-server.ts';
import { termGrace, TERM_GRACE_MS } from '../run/cancel-run.ts';
import { runMarker, type CommandFile } from '../run/run-files.ts';
import { signalProcess } from '../run/signals.ts';
import { sweep, type Swept } from '../run/sweep.ts';
import { scanOptions } from '../snapshot/checkpoint.ts';
import { Shadows } from '../snapshot/shadow.ts';
import { spawnChild, type Child } from './child.ts';
import { fillIn, writeRunFiles } from './fill-in.ts';
import type { Control } from './control-server.ts';
import { RunInput } from './run-input.ts';
import { outOfRoomAtEnd, watchLimits, type Breach } from './limits.ts';
import { dropScope, leaveScope, type RunScope } from './run-scope.ts';

interface Ended {
  exit: RunExit;
  killed: Swept['killed'];
}

interface Surroundings {
  scope: RunScope;
  control: Pick<Control, 'cancelled' | 'takeInput'>;
}

/** What is open while the run lasts. */
interface Parts extends Surroundings {
  streams: number[];
  gate?: Gate;
  marks?: CallMarks;
  input?: RunInput;
}

/** Resolves when nothing of the run is left, with what `exit` shall say. */
export async function carryRun(dir: string, command: CommandFile, delivered: Record<string, string>, around: Surroundings): Promise<Ended> {
  const parts: Parts = { ...around, streams: [] };
  try {
    const child = await startChild(dir, command, delivered, parts);
    if (typeof child !== 'string') return await untilNothingIsLeft(child, command, parts).finally(() => parts.marks?.mark('exit'));
    dropScope(parts.scope);
    return { exit: exitOf('spawn_failed', child), killed: [] };
  } finally {
    parts.gate?.close();
    await parts.marks?.close();
    parts.input?.close();
    parts.streams.forEach(finish);
  }
}

/** The process, or why there is none. */
async function startChild(dir: string, command: CommandFile, delivered: Record<string, string>, parts: Parts): Promise<Child | string> {
  try {
    for (const name of ['out', 'err']) parts.streams.push(openSync(name, 'a', 0o600));
    const [out = 0, err = 0] = parts.streams;
    const home = command.spec.env['HOME'] ?? delivered['HOME'] ?? homedir();
    if (command.spec.gate && command.spec.trees) parts.marks = openMarks(dir, command.spec.trees, delivered);
    if (command.spec.gate) parts.gate = await openGate(command.spec.gate, home, parts.marks);
    const spec = fillIn(command.spec, { RUN_DIR: dir, ...(parts.gate && { GATE_URL: parts.gate.url, GATE_TOKEN: parts.gate.token }) });
    await writeRunFiles(spec.files);
    const child = await spawnChild({ ...spec, env: { ...spec.env, ...delivered, HOLDPOINT_RUN: command.key } }, out, err);
    recordChild(child.identity);
    openInput(child, spec, parts);
    return child;
  } catch (error) {
    return errorText(error);
  }
}

/** Nobody waits for the first tree: the agent needs longer for its first call. */
function openMarks(dir: string, trees: NonNullable<RunSpec['trees']>, { PATH = '' }: Record<string, string>): CallMarks {
  const shadows = new Shadows({ stateDir: dirname(dirname(dir)), searchPath: PATH });
  const marks = new CallMarks(async () => {
    const shadow = await shadows.of(await realpath(trees.workspace), trees.root);
    return (await shadow.scan(scanOptions(trees))).tree;
  });
  void marks.mark('start');
  return marks;
}

function openInput({ input }: Child, { moreInput }: RunSpec, parts: Parts): void {
  if (!input || !moreInput) return;
  const opened = new RunInput(input, 'out', moreInput.until);
  parts.input = opened;
  parts.control.takeInput((id, text) => opened.send(id, text));
}

/** Whole or absent, but not synced: after a reboot there is no such process. */
function recordChild(identity: ProcessIdentity): void {
  try {
    writeFileSync('.child', JSON.stringify(identity), { mode: 0o600 });
    renameSync('.child', 'child');
  } catch (error) {
    process.stderr.write(`identity of the process cannot be recorded: ${errorText(error)}\n`);
  }
}

async function untilNothingIsLeft(child: Child, { key, spec }: CommandFile, parts: Parts): Promise<Ended> {
  const scope = leaveScope(parts.scope);
  const limits = watchLimits(spec.limits, parts.streams);
  const cancellation = parts.control.cancelled.then(({ graceMs }): Breach => ({ reason: 'cancelled', message: null, graceMs }));
  const others = parts.gate ? [parts.gate.unrecorded.then((why): Breach => ({ reason: 'output_limit', message: `a decision of the gate could not be recorded: ${why}` }))] : [];
  const breach = await Promise.race([child.ended.then(() => undefined), limits.breached, cancellation, ...others]);
  limits.stop();
  parts.input?.close();
  const graceMs = breach?.graceMs ?? spec.limits.graceMs;
  if (breach) await askToEnd(child, graceMs);
  const termGraceMs = breach ? termGrace(graceMs) : TERM_GRACE_MS;
  const swept = await sweep(runMarker(key), { termGraceMs, leader: child.identity, scope: scope.kind === 'cgroup' ? scope.scope : undefined });
  const { code, signal } = await child.ended;
  const cause = breach ?? outOfRoomAtEnd(parts.streams);
  const exit = { ...exitOf(cause?.reason ?? 'exited', messageOf(cause, swept)), code, signal, proof: swept.proof, ...(scope.kind === 'none' && { noCgroup: scope.why }) };
  return { exit, killed: swept.killed };
}

/** SIGINT goes to the process alone: it ends its own children in order and writes its last words. */
async function askToEnd(child: Child, graceMs: number): Promise<void> {
  if (graceMs === 0) return;
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

/** Synced before `exit` is written: a complete exit promises complete streams. */
function finish(stream: number): void {
  try {
    fsyncSync(stream);
  } catch (error) {
    process.stderr.write(`a stream cannot be synced: ${errorText(error)}\n`);
  }
  closeSync(stream);
}
