/**
 * One server process that belongs to its starter. A small shell stands between: its stdin is a pipe to the starter, so when
 * the starter dies in any way, also by SIGKILL, the pipe ends and the shell stops the server. `outlive: true` leaves it out.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { HoldpointError } from '../domain/failure-kind.ts';
import { processStart, signalProcess, isAlive, type ProcessIdentity } from './process-identity.ts';

export interface ServerCommand {
  /** For messages: 'Postgres'. */
  name: string;
  file: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  logFile: string;
  /** The signal that means an orderly stop. */
  stopSignal: NodeJS.Signals;
  /** Survive the end of this process (for `--keep`); the caller records it. */
  outlive: boolean;
  uid?: number;
  gid?: number;
}

export interface ServerProcess extends ProcessIdentity {
  /** Settles when the server has ended, for whatever reason. */
  exited: Promise<void>;
  /** Orderly stop, SIGKILL after the grace; returns when the process is gone. May be repeated. */
  stop(graceMs?: number): Promise<void>;
}

// `wait` comes back at once when the server ends; killing the guard first keeps it from signalling a pid used again. A shell
// gives what it puts into the background an empty stdin, so the pipe to the starter is carried over on descriptor 4.
const LIFELINE = `exec 4<&0 </dev/null
"$@" 3>&- 4<&- & server=$!
echo "$server" >&3; exec 3>&-
( /bin/cat <&4 >/dev/null; kill -s "$HOLDPOINT_STOP" "$server" ) & guard=$!
exec 4<&-
wait "$server"; code=$?
kill "$guard" 2>/dev/null
exit "$code"`;

/** Starts the server; returns once its pid is known, before it serves. Throws HoldpointError when it cannot be started. */
export async function startServer(command: ServerCommand): Promise<ServerProcess> {
  const log = openSync(command.logFile, 'a', 0o600);
  try {
    const child = command.outlive ? spawnBare(command, log) : spawnOnLifeline(command, log);
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()));
    const pid = command.outlive ? child.pid : await pidFrom(child);
    const start = pid === undefined ? undefined : processStart(pid);
    if (pid === undefined || start === undefined) throw startFailed(command);
    child.unref();
    const stop = async (graceMs = 15_000): Promise<void> => {
      child.ref();
      await endProcess({ pid, start }, command.stopSignal, graceMs);
      await exited;
      child.unref();
    };
    return { pid, start, exited, stop };
  } finally {
    closeSync(log);
  }
}

/** Ends exactly this process: the orderly signal, then SIGKILL when the grace is over. Returns when it is gone. */
export async function endProcess(who: ProcessIdentity, stopSignal: NodeJS.Signals, graceMs: number): Promise<void> {
  if (!signalProcess(who, stopSignal)) return;
  const deadline = Date.now() + graceMs;
  while (isAlive(who)) {
    if (Date.now() > deadline) signalProcess(who, 'SIGKILL');
    await delay(20);
  }
}

/** The last lines of a server's log, for an error message. */
export function logTail(logFile: string, lines = 8): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  }
}

const startFailed = (command: ServerCommand): HoldpointError =>
  new HoldpointError('internal', `${command.name} did not start: ${logTail(command.logFile, 3) || command.file}`, { hint: `see ${command.logFile}` });

function spawnBare(command: ServerCommand, log: number): ChildProcess {
  const { file, args, cwd, env, uid, gid } = command;
  return spawn(file, args, { cwd, env, uid, gid, detached: true, stdio: ['ignore', log, log] });
}

function spawnOnLifeline(command: ServerCommand, log: number): ChildProcess {
  const { file, args, cwd, uid, gid } = command;
  const env = { ...command.env, HOLDPOINT_STOP: command.stopSignal.slice('SIG'.length) };
  // Its own session: Ctrl-C on the terminal reaches the starter alone, which stops its servers in order.
  const child = spawn('/bin/sh', ['-c', LIFELINE, 'sh', file, ...args], { cwd, env, uid, gid, detached: true, stdio: ['pipe', log, log, 'pipe'] });
  for (const stream of child.stdio) (stream as { unref?: () => void } | null)?.unref?.();
  child.stdin?.on('error', () => undefined);
  return child;
}

async function pidFrom(child: ChildProcess): Promise<number | undefined> {
  const pipe = child.stdio[3] as NodeJS.ReadableStream;
  pipe.setEncoding('utf8');
  const failed = once(child, 'error').then(() => '');
  const [line] = await Promise.race([once(pipe, 'data') as Promise<[string]>, once(pipe, 'end').then(() => ['']), failed.then(() => [''])]);
  const pid = Number.parseInt(line ?? '', 10);
  return Number.isInteger(pid) ? pid : undefined;
}
