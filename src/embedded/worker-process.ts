/** A worker as a server process of ours: started, and waited for until it polls. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HoldpointError } from '../domain/failure-kind.ts';
import { isAlive } from './process-identity.ts';
import { logTail, startServer, type ServerProcess } from './server-process.ts';

export interface WorkerCommand {
  file: string;
  args: string[];
  env: Record<string, string>;
  /** Where relative paths in `env` are taken from; default: the data folder. */
  cwd?: string;
  version: string;
}

export interface WorkerProcessOptions {
  command: WorkerCommand;
  /** Before the command's own. */
  env: Record<string, string>;
  /** Of its files `<name>.log` and `<name>.ready`; made when absent. */
  dir: string;
  name: string;
  outlive: boolean;
}

const DEADLINE_MS = 60_000;

/**
 * Returns when it polls. `started` is told as soon as there is a process, so that it can be ended whatever comes. Throws
 * HoldpointError `internal` with its last words when it does not get so far. Cancelled by `signal`.
 */
export async function startWorkerProcess(options: WorkerProcessOptions, signal: AbortSignal, started: (server: ServerProcess) => void): Promise<ServerProcess> {
  const { command: { file, args, cwd, env }, dir, name, outlive } = options;
  mkdirSync(dir, { recursive: true });
  const readyFile = join(dir, `${name}.ready`);
  const logFile = join(dir, `${name}.log`);
  rmSync(readyFile, { force: true });
  const all = { ...env, ...options.env, HOLDPOINT_READY_FILE: readyFile };
  const server = await startServer({ name: 'the worker', file, args, cwd: cwd ?? dir, env: all, logFile, stopSignal: 'SIGTERM', outlive });
  started(server);
  const deadline = Date.now() + DEADLINE_MS;
  while (!existsSync(readyFile)) {
    if (!isAlive(server) || Date.now() > deadline) {
      throw new HoldpointError('internal', `the worker did not start: ${logTail(logFile)}`, { hint: `see ${logFile}` });
    }
    signal.throwIfAborted();
    await sleep(20);
  }
  return server;
}
