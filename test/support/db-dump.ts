/** `npm run db:dump`: writes migrations/schema.sql anew, from all migrations on an empty Postgres of its own that is gone afterwards. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDb } from '../../src/db/client.ts';
import { migrate } from '../../src/db/migrate.ts';
import { startPostgres } from '../../src/embedded/postgres.ts';
import { dumpSchema } from './schema-dump.ts';

async function migratedSchema(url: string): Promise<string> {
  const { db, close } = openDb(url, { max: 1 });
  try {
    const { error } = await migrate(db);
    if (error) throw error;
    return await dumpSchema(db);
  } finally {
    await close();
  }
}

const folder = await mkdtemp(join(tmpdir(), 'holdpoint-dump-'));
try {
  const server = await startPostgres({ dataDir: join(folder, 'postgres'), log: () => undefined });
  try {
    await writeFile(join(import.meta.dirname, '../../migrations/schema.sql'), await migratedSchema(server.url));
  } finally {
    await server.stop();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.stderr.write('wrote migrations/schema.sql\n');
