/**
 * Servers of a test's own that can go away and come back: same address, same data. Never the ones that tests share
 * (global-setup), which a restart would take from everybody.
 */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { openDb } from '../../../src/db/client.ts';
import { migrate } from '../../../src/db/migrate.ts';
import { startPostgres } from '../../../src/embedded/postgres.ts';
import { startTemporal } from '../../../src/embedded/temporal.ts';
import { temporalBinary } from '../temporal-binary.ts';

const ROOT = join(import.meta.dirname, '../../..');
const quiet = (): void => undefined;

/** What CI looks for in processes that outlive a run. */
const marker = (): Record<string, string> => (process.env.HOLDPOINT_CI ? { HOLDPOINT_CI: process.env.HOLDPOINT_CI } : {});

/** `orderly`: the server says goodbye to its clients. `crash`: it does not, and recovers when it comes back. */
export type Stop = 'orderly' | 'crash';

export interface Restartable {
  /** Returns when it is gone. May be repeated. */
  stop(how?: Stop): Promise<void>;
  /** Returns when it serves again. */
  start(): Promise<void>;
  restart(how?: Stop): Promise<void>;
}

interface Server {
  pid: number;
  exited: Promise<void>;
  stop(): Promise<void>;
}

function restartable<S extends Server>(first: S, again: () => Promise<S>, crashSignal: NodeJS.Signals): Restartable {
  let server: S | undefined = first;
  const stop = async (how: Stop = 'orderly'): Promise<void> => {
    const going = server;
    server = undefined;
    if (going && how === 'crash') {
      process.kill(going.pid, crashSignal);
      await going.exited;
    }
    await going?.stop();
  };
  const start = async (): Promise<void> => {
    server ??= await again();
  };
  return { stop, start, restart: (how) => stop(how).then(start) };
}

/** A migrated database. */
export async function startRestartablePostgres(dir: string): Promise<Restartable & { url: string }> {
  // The server may run as another user, who must pass through.
  chmodSync(dir, 0o755);
  const at = { dataDir: join(dir, 'postgres'), log: quiet, env: marker() };
  const first = await startPostgres(at);
  const { db, close } = openDb(first.url, { max: 1 });
  const { error } = await migrate(db);
  await close();
  if (error) throw error;
  // SIGQUIT is Postgres' immediate shutdown: no checkpoint, no word to clients, recovery at the next start.
  return { url: first.url, ...restartable(first, () => startPostgres({ ...at, port: first.port }), 'SIGQUIT') };
}

/** A dev server with the namespace `default`. */
export async function startRestartableTemporal(dir: string): Promise<Restartable & { address: string; namespace: string }> {
  const namespace = 'default';
  const at = { binary: temporalBinary(ROOT), dbFile: join(dir, 'temporal/temporal.db'), namespace, log: quiet, env: marker() };
  const first = await startTemporal(at);
  const ports = { port: portOf(first.address), uiPort: portOf(first.uiUrl) };
  return { address: first.address, namespace, ...restartable(first, () => startTemporal({ ...at, ...ports }), 'SIGKILL') };
}

const portOf = (address: string): number => Number(address.split(':').at(-1));
