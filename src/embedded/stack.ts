/** Brings up all that `up` and `demo` need on one machine: Postgres, its schema, Temporal with Web UI, one worker. */
import { join } from 'node:path';
import { openDb } from '../db/client.ts';
import { migrate } from '../db/migrate.ts';
import { startPostgres } from './postgres.ts';
import { endProcesses, type Addresses, type StartedProcess } from './started.ts';
import { startTemporal } from './temporal.ts';
import { startWorkerProcess, type WorkerCommand } from './worker-process.ts';

export type { WorkerCommand } from './worker-process.ts';

export interface StackOptions {
  dataDir: string;
  temporalBinary: string;
  /** Free ones where not given. */
  ports: { postgres?: number; temporal?: number; webUi?: number };
  namespace: string;
  worker: WorkerCommand;
  /** The parts survive this process; the caller writes them down. */
  outlive: boolean;
  log: (line: string) => void;
}

export interface Stack {
  addresses: Addresses;
  /** In the order they were started. */
  processes: StartedProcess[];
  /** Settles with the name of the first part that has ended by itself. */
  broken: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts in order and returns when the worker polls. What had been started is stopped again when a later part fails.
 * Throws HoldpointError: `port_taken`, `folder_in_use`, `database_unreachable`, `temporal_unreachable`. Cancelled by `signal`.
 */
export async function startStack(options: StackOptions, signal: AbortSignal): Promise<Stack> {
  const processes: StartedProcess[] = [];
  const exits: Promise<string>[] = [];
  const add = (one: StartedProcess, exited: Promise<void>): void => {
    processes.push(one);
    exits.push(exited.then(() => one.name));
  };
  try {
    const addresses = await startServers(options, add);
    signal.throwIfAborted();
    await startWorker(options, addresses, add, signal);
    signal.throwIfAborted();
    return { addresses, processes, broken: Promise.race(exits), stop: () => endProcesses(processes) };
  } catch (cause) {
    await endProcesses(processes);
    throw cause;
  }
}

type Add = (one: StartedProcess, exited: Promise<void>) => void;

async function startServers(options: StackOptions, add: Add): Promise<Addresses> {
  const { dataDir, ports, namespace, outlive, log } = options;
  const [postgres, temporal] = await Promise.allSettled([
    startPostgres({ dataDir: join(dataDir, 'postgres'), ...(ports.postgres && { port: ports.postgres }), log, outlive }),
    startTemporal({
      binary: options.temporalBinary, dbFile: join(dataDir, 'temporal/temporal.db'), namespace, log, outlive,
      ...(ports.temporal && { port: ports.temporal }), ...(ports.webUi && { uiPort: ports.webUi }),
    }),
  ]);
  if (postgres.status === 'fulfilled') add({ name: 'postgres', stopSignal: 'SIGINT', ...identity(postgres.value) }, postgres.value.exited);
  if (temporal.status === 'fulfilled') add({ name: 'temporal', stopSignal: 'SIGTERM', ...identity(temporal.value) }, temporal.value.exited);
  if (postgres.status === 'rejected') throw postgres.reason;
  if (temporal.status === 'rejected') throw temporal.reason;
  await migrateDatabase(postgres.value.url, log);
  return { database: postgres.value.url, temporal: temporal.value.address, namespace, webUi: temporal.value.uiUrl };
}

const identity = ({ pid, start, version }: { pid: number; start: string; version: string }): { pid: number; start: string; version: string } => ({ pid, start, version });

/** Brings an embedded database to this program's schema. */
export async function migrateDatabase(url: string, log: (line: string) => void): Promise<void> {
  const { db, close } = openDb(url, { max: 1 });
  try {
    const { applied, error } = await migrate(db);
    if (error) throw error;
    if (applied.length > 0) log(`Database migrated: ${applied.join(', ')}`);
  } finally {
    await close();
  }
}

async function startWorker(options: StackOptions, addresses: Addresses, add: Add, signal: AbortSignal): Promise<void> {
  const { worker: command, dataDir, outlive, log } = options;
  const env = { DATABASE_URL: addresses.database, TEMPORAL_ADDRESS: addresses.temporal, TEMPORAL_NAMESPACE: addresses.namespace };
  const { pid } = await startWorkerProcess({ name: 'worker', command, env, dir: dataDir, outlive }, signal, (server) => {
    add({ name: 'worker', pid: server.pid, start: server.start, version: command.version, stopSignal: 'SIGTERM' }, server.exited);
  });
  log(`Worker polls (process ${pid}); its log is ${join(dataDir, 'worker.log')}`);
}
