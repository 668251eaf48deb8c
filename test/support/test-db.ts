/**
 * A database of its own for each test file: cloned from a template that is migrated once per server and schema.
 * The server is named by HOLDPOINT_TEST_DATABASE_URL (global-setup), as a user who may create databases.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { openDb } from '../../src/db/client.ts';
import { migrate } from '../../src/db/migrate.ts';

const MIGRATIONS = join(import.meta.dirname, '../../migrations');
const TEMPLATE_LOCK = 7_310_001;

export interface TestDatabase {
  url: string;
  drop: () => Promise<void>;
}

function adminUrl(): string {
  const url = process.env.HOLDPOINT_TEST_DATABASE_URL;
  if (!url) throw new Error('HOLDPOINT_TEST_DATABASE_URL is not set: run the tests through jest.config.js, whose global set-up starts a server');
  return url;
}

function urlOf(database: string): string {
  const url = new URL(adminUrl());
  url.pathname = `/${database}`;
  return url.href;
}

async function asAdmin<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: adminUrl() });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Changes with every edit of a migration, so a server that stays up never serves an old schema. */
function templateName(): string {
  const hash = createHash('sha256');
  const files = readdirSync(MIGRATIONS, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts')).sort();
  for (const file of files) hash.update(file).update(readFileSync(join(MIGRATIONS, file)));
  return `holdpoint_template_${hash.digest('hex').slice(0, 12)}`;
}

async function migrateTemplate(client: pg.Client, template: string): Promise<void> {
  const half = `${template}_new`;
  await client.query(`drop database if exists ${half} with (force)`);
  await client.query(`create database ${half}`);
  const { db, close } = openDb(urlOf(half));
  const { error } = await migrate(db);
  await close();
  if (error) throw error;
  await client.query(`alter database ${half} rename to ${template}`);
}

async function ensureTemplate(client: pg.Client, template: string): Promise<void> {
  await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [template]);
  if (rowCount === 0) await migrateTemplate(client, template);
  await client.query('select pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
}

async function create(template: string | null): Promise<TestDatabase> {
  const name = `holdpoint_test_${randomBytes(6).toString('hex')}`;
  await asAdmin(async (client) => {
    if (template) await ensureTemplate(client, template);
    await client.query(`create database ${name}${template ? ` template ${template}` : ''}`);
  });
  return {
    url: urlOf(name),
    drop: () => asAdmin(async (client) => void (await client.query(`drop database if exists ${name} with (force)`))),
  };
}

/** Migrated and empty. Call `drop` when the file's tests are done; connections still open are ended by it. */
export const createTestDatabase = (): Promise<TestDatabase> => create(templateName());

/** Without any table. */
export const createEmptyDatabase = (): Promise<TestDatabase> => create(null);
