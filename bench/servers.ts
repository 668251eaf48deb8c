/** A real Postgres (fsync on) and a real Temporal for one run of the benchmarks, each started when it is first asked for. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { openDb } from '../src/db/client.ts';
import { migrate } from '../src/db/migrate.ts';
import type { Db } from '../src/db/transaction.ts';
import { startPostgres } from '../src/embedded/postgres.ts';
import { startTemporal } from '../src/embedded/temporal.ts';

export const NAMESPACE = 'default';

export interface Servers {
  /** URL of a superuser on an empty database. */
  postgres(): Promise<string>;
  /** host:port; the namespace is NAMESPACE. */
  temporal(): Promise<string>;
  /** Ends what was started. May be repeated. */
  close(): Promise<void>;
}

const quiet = (): void => undefined;

/** Starts nothing yet. `temporalBinary`: path of the `temporal` program. */
export function createServers(dir: string, temporalBinary: string): Servers {
  // The database server may run as another user, who must pass through.
  chmodSync(dir, 0o755);
  const started: { stop(): Promise<void> }[] = [];
  let database: Promise<string> | undefined;
  let temporal: Promise<string> | undefined;
  const kept = <T extends { stop(): Promise<void> }>(server: T): T => {
    started.push(server);
    return server;
  };
  return {
    postgres: () => (database ??= startPostgres({ dataDir: join(dir, 'postgres'), log: quiet }).then((server) => kept(server).url)),
    temporal: () => (temporal ??= startTemporal({ binary: temporalBinary, dbFile: join(dir, 'temporal/temporal.db'), namespace: NAMESPACE, log: quiet })
      .then((server) => kept(server).address)),
    close: async () => {
      await Promise.allSettled([database, temporal]);
      for (const server of started.splice(0).reverse()) await server.stop();
    },
  };
}

/** A new database on the server at that address; its own address. */
export async function createDatabase(url: string, name: string): Promise<string> {
  const { db, close } = openDb(url, { max: 1, applicationName: 'bench' });
  try {
    await sql`create database ${sql.ref(name)}`.execute(db);
  } finally {
    await close();
  }
  const own = new URL(url);
  own.pathname = `/${name}`;
  return own.href;
}

/** Our tables in the database at that address, and a connection to them, closed with the rest. */
export async function openMigrated(databaseUrl: string, close: (() => Promise<unknown>)[], connections = 2): Promise<Db> {
  const { db, close: closeDb } = openDb(databaseUrl, { max: connections, applicationName: 'bench' });
  close.push(closeDb);
  const { error } = await migrate(db);
  if (error) throw error;
  return db;
}
