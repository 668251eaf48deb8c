import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { MIGRATIONS } from '../../migrations/index.ts';
import { openDb } from '../../src/db/client.ts';
import type { OpenDb } from '../../src/db/client.ts';
import { assertMigrated, migrate, migrateDown, migrationState } from '../../src/db/migrate.ts';
import { dumpSchema } from '../support/schema-dump.ts';
import { createEmptyDatabase, createTestDatabase } from '../support/test-db.ts';
import type { TestDatabase } from '../support/test-db.ts';

const SCHEMA_FILE = join(import.meta.dirname, '../../migrations/schema.sql');
const ALL = Object.keys(MIGRATIONS);

let database: TestDatabase;
let open: OpenDb;

beforeAll(async () => {
  database = await createEmptyDatabase();
  open = openDb(database.url, { max: 4 });
});

afterAll(async () => {
  await open.close();
  await database.drop();
});

describe('migrations', () => {
  beforeEach(async () => {
    await migrateDown(open.db);
  });

  test('go up, down and up again, and end at the same schema', async () => {
    expect(await migrationState(open.db)).toEqual({ applied: [], pending: ALL, unknown: [] });
    expect(await migrate(open.db)).toEqual({ applied: ALL, error: null });
    const first = await dumpSchema(open.db);

    expect((await migrateDown(open.db)).error).toBeNull();
    expect(await dumpSchema(open.db)).not.toContain('create table');

    expect(await migrate(open.db)).toEqual({ applied: ALL, error: null });
    expect(await dumpSchema(open.db)).toBe(first);
  });

  test('do nothing the second time', async () => {
    await migrate(open.db);
    expect(await migrate(open.db)).toEqual({ applied: [], error: null });
    expect(await migrationState(open.db)).toEqual({ applied: ALL, pending: [], unknown: [] });
  });

  test('run once when several programs start together', async () => {
    const outcomes = await Promise.all([migrate(open.db), migrate(open.db), migrate(open.db)]);
    expect(outcomes.map((outcome) => outcome.error)).toEqual([null, null, null]);
    expect(outcomes.flatMap((outcome) => outcome.applied)).toEqual(ALL);
  });

  test('refuse a database that a newer program has migrated, and leave it alone', async () => {
    await migrate(open.db);
    await sql`insert into kysely_migration (name, timestamp) values ('9999_from_the_future', 'now')`.execute(open.db);
    const { applied, error } = await migrate(open.db);
    expect(applied).toEqual([]);
    expect(error).toMatchObject({ kind: 'database_mismatch' });
    expect(error?.message).toContain('9999_from_the_future');
    expect((await migrationState(open.db)).unknown).toEqual(['9999_from_the_future']);
    await expect(assertMigrated(open.db)).rejects.toMatchObject({ kind: 'database_mismatch' });
    await sql`delete from kysely_migration where name like '9999%'`.execute(open.db);
  });

  test('are asked for by name when they are missing', async () => {
    await expect(assertMigrated(open.db)).rejects.toThrow(/lacks 0001_initial/);
    await migrate(open.db);
    await assertMigrated(open.db);
  });

  test('make what migrations/schema.sql says', async () => {
    await migrate(open.db);
    const dump = await dumpSchema(open.db);
    expect(await readFile(SCHEMA_FILE, 'utf8')).toBe(dump);
  });
});

test('schema.sql can be loaded and makes the schema it was dumped from', async () => {
  const empty = await createEmptyDatabase();
  const { db, close } = openDb(empty.url, { max: 1 });
  const text = await readFile(SCHEMA_FILE, 'utf8');
  await sql.raw(text).execute(db);
  expect(await dumpSchema(db)).toBe(text);
  await close();
  await empty.drop();
});

test('a test database is migrated already', async () => {
  const cloned = await createTestDatabase();
  const { db, close } = openDb(cloned.url, { max: 1 });
  expect((await migrationState(db)).pending).toEqual([]);
  await close();
  await cloned.drop();
});
