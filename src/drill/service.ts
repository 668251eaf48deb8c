/** The Postgres and the Temporal of a drill: the ones the user's service has, or, where none runs, a pair of the drill's own. */
import { join } from 'node:path';
import { openDb } from '../db/client.ts';
import { assertMigrated } from '../db/migrate.ts';
import type { Db } from '../db/transaction.ts';
import { startRestartablePostgres, startRestartableTemporal, type Restartable } from '../embedded/restartable.ts';
import { migrateDatabase } from '../embedded/stack.ts';
import { connectTemporal, type Temporal } from '../temporal/connection.ts';

/** A service that is there already. Its owner closes what is handed in. */
export interface GivenService {
  db: Db;
  temporal: Temporal;
}

export interface DrillService extends GivenService {
  /** Where workers find it; empty: as the command's own environment says. */
  env: Record<string, string>;
  /** Null: they are not the drill's, so nobody restarts them. */
  own: { postgres: Restartable; temporal: Restartable } | null;
  close(): Promise<void>;
}

/** Throws `database_unreachable`, `database_mismatch`. */
export async function useService(given: GivenService): Promise<DrillService> {
  await assertMigrated(given.db);
  return { ...given, env: {}, own: null, close: async () => undefined };
}

interface OwnOptions {
  /** There already. */
  dir: string;
  temporalBinary: string;
  log: (line: string) => void;
}

type Servers = [Awaited<ReturnType<typeof startRestartablePostgres>>, Awaited<ReturnType<typeof startRestartableTemporal>>];

async function startServers({ dir, temporalBinary: binary, log }: OwnOptions): Promise<Servers> {
  const [postgres, temporal] = await Promise.allSettled([
    startRestartablePostgres({ dataDir: join(dir, 'postgres'), log }),
    startRestartableTemporal({ binary, dbFile: join(dir, 'temporal/temporal.db'), namespace: 'default', log }),
  ]);
  if (postgres.status === 'fulfilled' && temporal.status === 'fulfilled') return [postgres.value, temporal.value];
  for (const one of [postgres, temporal]) if (one.status === 'fulfilled') await one.value.stop();
  throw postgres.status === 'rejected' ? postgres.reason : (temporal as PromiseRejectedResult).reason;
}

/** Brings up both, in `dir`. Leaves nothing running when it throws. */
export async function startService(options: OwnOptions): Promise<DrillService> {
  const [postgres, server] = await startServers(options);
  const stop = async (): Promise<void> => void (await Promise.all([postgres.stop(), server.stop()]));
  const opened = openDb(postgres.url, { max: 4 });
  try {
    await migrateDatabase(postgres.url, () => undefined);
    const { address, namespace } = server;
    const temporal = await connectTemporal({ env: {}, address, namespace });
    const close = async (): Promise<void> => {
      await Promise.all([opened.close(), temporal.close()]);
      await stop();
    };
    const env = { DATABASE_URL: postgres.url, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace };
    return { db: opened.db, temporal, env, own: { postgres, temporal: server }, close };
  } catch (error) {
    await opened.close();
    await stop();
    throw error;
  }
}
