/** A worker as a process of its own, to be killed. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, closeSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WORKER_FLAGS } from '../../src/embedded/worker-flags.ts';
import { COMPILED } from './cli.ts';
import { eventually } from './eventually.ts';

export interface WorkerProcess {
  pid: number;
  log: () => string;
  /** SIGKILL; returns when it is gone. */
  kill: () => Promise<void>;
  /** SIGTERM; returns when it is gone. May be repeated. */
  stop: () => Promise<void>;
}

const WORKER = join(import.meta.dirname, '../../src/worker.ts');

/** Starts it, or another program that says in the same way that it polls, and waits for that. */
export async function startWorkerProcess(env: Record<string, string>, dir: string, program = WORKER): Promise<WorkerProcess> {
  mkdirSync(dir, { recursive: true });
  const readyFile = join(dir, 'ready');
  const logFile = join(dir, 'log');
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [...WORKER_FLAGS, program], {
    env: { ...COMPILED, ...env, HOLDPOINT_READY_FILE: readyFile }, cwd: dir, stdio: ['ignore', log, log],
  });
  closeSync(log);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const read = (): string => readFileSync(logFile, 'utf8');
  await eventually(() => {
    if (child.exitCode !== null) throw new Error(`the worker ended: ${read()}`);
    return existsSync(readyFile);
  }, { timeoutMs: 120_000, what: 'a worker that polls' });
  const end = (signal: NodeJS.Signals) => async (): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  return { pid: child.pid ?? 0, log: read, kill: end('SIGKILL'), stop: end('SIGTERM') };
}
