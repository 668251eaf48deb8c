/**
 * The demo's scripted parts as one process of their own, so that `demo --keep` can leave them behind: the Messages API, the
 * Ollama API and, on a machine without sshd, the SSH server. They listen on loopback and say where in `servers.json`.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HoldpointError } from '../domain/failure-kind.ts';
import { isAlive } from '../embedded/process-identity.ts';
import { logTail, startServer, type ServerProcess } from '../embedded/server-process.ts';
import { DEMO_REVIEWS, demoScenario } from './scenario.ts';
import { startScriptedMessages } from './scripted-messages.ts';
import { startScriptedOllama } from './scripted-ollama.ts';
import type { SshFiles } from './ssh/host.ts';
import { startSsh2 } from './ssh/ssh2-server.ts';

const READY_FILE = 'servers.json';
/** As long as Postgres and Temporal have: a busy machine is slow and not broken. */
const START_DEADLINE_MS = 60_000;

/** What the process is told in `servers-input.json`. */
export interface DemoServersInput {
  workspace: string;
  /** Null: a real sshd runs beside. */
  ssh: { files: SshFiles; env: Record<string, string> } | null;
}

export interface DemoServersReady {
  messagesUrl: string;
  ollamaUrl: string;
  ssh: { port: number; version: string } | null;
}

const inputFile = (dir: string): string => join(dir, 'servers-input.json');

/** The process itself (hidden command `demo-servers`): serves until `signal` aborts. */
export async function runDemoServers(dir: string, signal: AbortSignal): Promise<void> {
  const input = JSON.parse(readFileSync(inputFile(dir), 'utf8')) as DemoServersInput;
  const messages = await startScriptedMessages({ scenario: demoScenario(input.workspace) });
  const ollama = await startScriptedOllama({ script: DEMO_REVIEWS });
  const ssh = input.ssh && (await startSsh2(input.ssh.files, input.ssh.env));
  const ready: DemoServersReady = { messagesUrl: messages.url, ollamaUrl: ollama.url, ssh: ssh && { port: ssh.port, version: ssh.version } };
  writeFileSync(join(dir, `${READY_FILE}.tmp`), JSON.stringify(ready), { mode: 0o600 });
  renameSync(join(dir, `${READY_FILE}.tmp`), join(dir, READY_FILE));
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.all([messages.close(), ollama.close(), ssh?.close()]);
}

export interface DemoServersOptions {
  dir: string;
  input: DemoServersInput;
  /** This program: Node and the CLI's file. */
  self: string[];
  path: string;
  outlive: boolean;
}

/** Starts that process and waits until it serves. */
export async function startDemoServers(options: DemoServersOptions): Promise<DemoServersReady & { process: ServerProcess }> {
  const { dir, self } = options;
  const [file = '', ...args] = [...self, 'demo-servers', dir];
  const logFile = join(dir, 'servers.log');
  writeFileSync(inputFile(dir), JSON.stringify(options.input), { mode: 0o600 });
  const env = { PATH: options.path, HOME: dir };
  const server = await startServer({ name: 'the scripted models', file, args, cwd: dir, env, logFile, stopSignal: 'SIGTERM', outlive: options.outlive });
  const deadline = Date.now() + START_DEADLINE_MS;
  while (!existsSync(join(dir, READY_FILE))) {
    if (!isAlive(server) || Date.now() > deadline) {
      throw new HoldpointError('internal', `the scripted models did not start: ${logTail(logFile)}`, { hint: `see ${logFile}` });
    }
    await sleep(20);
  }
  return { ...(JSON.parse(readFileSync(join(dir, READY_FILE), 'utf8')) as DemoServersReady), process: server };
}
