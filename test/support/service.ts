/**
 * The whole service as a user has it, for tests that watch it from outside: a worker as its own process, the CLI as a command,
 * the real Claude Code CLI on a host, scripted models on loopback. Each has a database, a namespace and folders of its own.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startScriptedMessages, type Scenario, type ScriptedMessages } from '../../src/demo/scripted-messages.ts';
import { startScriptedOllama, type OllamaScript, type ScriptedOllama } from '../../src/demo/scripted-ollama.ts';
import { openDb, type OpenDb } from '../../src/db/client.ts';
import { installationName } from '../../src/db/installation.ts';
import { connectTemporal, type Temporal } from '../../src/temporal/connection.ts';
import { runCli, type CliResult } from './cli.ts';
import { createTestDatabase, type TestDatabase } from './test-db.ts';
import { CONNECT, newNamespace, testAddress } from './temporal-worker.ts';
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts';

const ROOT = join(import.meta.dirname, '../..');

export const CLAUDE = join(ROOT, `node_modules/@anthropic-ai/claude-code-${process.platform}-${process.arch}/claude`);

/** PATH of everything a test starts: this Node first, nothing of the developer's own. */
export const CLEAN_PATH = `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;

export interface ServiceOptions {
  scenario?: Scenario;
  reviews?: OllamaScript;
  /** More environment for worker and CLI. */
  env?: Record<string, string>;
  /** Default true; false: start workers by `startWorker()`. */
  worker?: boolean;
}

export interface Service {
  /** Removed by `close`. */
  dir: string;
  /** Environment of the CLI and of workers. */
  env: Record<string, string>;
  /** Keys of its runs begin with it. */
  install: string;
  messages: ScriptedMessages;
  ollama: ScriptedOllama;
  db: OpenDb['db'];
  temporal: Temporal;
  worker: WorkerProcess;
  /** Another one beside, or after a killed one. */
  startWorker(): Promise<WorkerProcess>;
  cli(...args: string[]): Promise<CliResult>;
  /** The CLI with --json, parsed; throws when it does not exit with 0. */
  json<T>(...args: string[]): Promise<T>;
  /** Writes files below `dir` and returns the folder's path. */
  folder(name: string, files: Record<string, string>): string;
  close(): Promise<void>;
}

const DEFAULT_REVIEWS: OllamaScript = {
  models: ['scripted'],
  otherwise: { review: { requirementsMet: [{ requirement: 'all', met: true }], issues: [], alternatives: [], quality: 0.9, confidence: 0.9 } },
};

interface Parts {
  dir: string;
  database: TestDatabase;
  namespace: string;
  messages: ScriptedMessages;
  ollama: ScriptedOllama;
}

/** Explicit and complete: what is not here, no child sees. */
function environment({ dir, database, namespace, messages, ollama }: Parts, more: Record<string, string>): Record<string, string> {
  const home = join(dir, 'home');
  mkdirSync(home, { recursive: true });
  return {
    PATH: CLEAN_PATH, HOME: home, LANG: 'C.UTF-8', TMPDIR: tmpdir(),
    DATABASE_URL: database.url, TEMPORAL_ADDRESS: testAddress(), TEMPORAL_NAMESPACE: namespace, OLLAMA_HOST: ollama.url,
    HOLDPOINT_DATA_DIR: join(dir, 'data'), HOLDPOINT_HOST_STATE_DIR: join(dir, 'host-state'), HOLDPOINT_LOG_LEVEL: 'info',
    HOLDPOINT_CLAUDE_COMMAND: CLAUDE, HOLDPOINT_CLAUDE_BASE_URL: messages.url,
    TEST_API_KEY: 'no-secret-the-models-are-scripted',
    ...(process.env.HOLDPOINT_CI ? { HOLDPOINT_CI: process.env.HOLDPOINT_CI } : {}),
    ...more,
  };
}

async function startParts(options: ServiceOptions): Promise<Parts> {
  const dir = mkdtempSync(join(tmpdir(), 'holdpoint-service-'));
  const [database, namespace, messages, ollama] = await Promise.all([
    createTestDatabase(), newNamespace(testAddress()), startScriptedMessages({ scenario: options.scenario ?? {} }),
    startScriptedOllama({ script: options.reviews ?? DEFAULT_REVIEWS }),
  ]);
  return { dir, database, namespace, messages, ollama };
}

async function jsonOf<T>(run: Promise<CliResult>): Promise<T> {
  const { code, stdout, stderr } = await run;
  if (code !== 0) throw new Error(`exit ${code}: ${stdout}${stderr}`);
  return JSON.parse(stdout) as T;
}

function writeFolder(dir: string, name: string, files: Record<string, string>): string {
  const folder = join(dir, name);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

/** Starts it all; `close` ends every worker, every model and removes database and folder. */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const parts = await startParts(options);
  const env = environment(parts, options.env ?? {});
  const workers: WorkerProcess[] = [];
  const startWorker = async (): Promise<WorkerProcess> => {
    const worker = await startWorkerProcess(env, join(parts.dir, `worker-${workers.length + 1}`));
    workers.push(worker);
    return worker;
  };
  const opened = openDb(parts.database.url, { max: 3 });
  const install = await installationName(opened.db, 'main');
  const temporal = await connectTemporal({ ...CONNECT, address: testAddress(), namespace: parts.namespace });
  if (options.worker !== false) await startWorker();
  return {
    dir: parts.dir, env, install, messages: parts.messages, ollama: parts.ollama, db: opened.db, temporal, startWorker,
    get worker() {
      const latest = workers.at(-1);
      if (!latest) throw new Error('no worker was started');
      return latest;
    },
    cli: (...args) => runCli(args, { env, cwd: parts.dir }),
    json: <T>(...args: string[]) => jsonOf<T>(runCli([...args, '--json'], { env, cwd: parts.dir })),
    folder: (name, files) => writeFolder(parts.dir, name, files),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      await Promise.all([temporal.close(), opened.close(), parts.messages.close(), parts.ollama.close()]);
      await parts.database.drop();
      rmSync(parts.dir, { recursive: true, force: true });
    },
  };
}
