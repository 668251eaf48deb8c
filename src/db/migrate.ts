/** Brings a database to this program's schema. Several programs may try at once: Kysely's lock lets one through. */
import { sql } from 'kysely';
import { Migrator, NO_MIGRATIONS } from 'kysely/migration';
import { MIGRATIONS } from '../../migrations/index.ts';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { Db } from './transaction.ts';

/** The oldest server the SQL is written for, as server_version_num. */
const MIN_SERVER = 140_000;

export interface MigrationOutcome {
  /** Names of the migrations that ran now, in order. */
  applied: string[];
  /** Null when the schema is this program's; else nothing was changed. */
  error: Error | null;
}

export interface MigrationState {
  applied: string[];
  pending: string[];
  /** Known to the database but not to this program: it was migrated by a newer one. */
  unknown: string[];
}

const migratorOf = (db: Db): Migrator => new Migrator({ db, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } });

async function executedMigrations(db: Db): Promise<string[]> {
  const table = await sql<{ found: string | null }>`select to_regclass('kysely_migration')::text as found`.execute(db);
  if (!table.rows[0]?.found) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.map((row) => row.name);
}

/** Compares the database with this program; changes nothing. For `doctor`. */
export async function migrationState(db: Db): Promise<MigrationState> {
  const applied = await executedMigrations(db);
  const known = Object.keys(MIGRATIONS);
  return {
    applied,
    pending: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  };
}

/** Throws `database_mismatch` unless the schema is exactly this program's; for a worker before it polls. */
export async function assertMigrated(db: Db): Promise<void> {
  const { pending, unknown } = await migrationState(db);
  if (unknown.length > 0) throw newerThanProgram(unknown);
  if (pending.length > 0) {
    throw new HoldpointError('database_mismatch', `the database lacks ${pending.join(', ')}`, { hint: 'run `holdpoint migrate`' });
  }
}

function newerThanProgram(unknown: string[]): HoldpointError {
  return new HoldpointError('database_mismatch', `the database is newer than this program: it has ${unknown.join(', ')}`, {
    hint: 'use the Holdpoint version that migrated it, or a newer one',
  });
}

/** Version of the server; throws `database_mismatch` for one that is too old. */
export async function serverVersion(db: Db): Promise<string> {
  const { rows: [server] } = await sql<{ number: string; version: string }>`
    select current_setting('server_version_num') as number, current_setting('server_version') as version`.execute(db);
  if (server && Number(server.number) >= MIN_SERVER) return server.version;
  throw new HoldpointError('database_mismatch', `Postgres ${server?.version} is too old`, { hint: 'Holdpoint needs Postgres 14 or newer' });
}

async function refuseForeign(db: Db): Promise<void> {
  await serverVersion(db);
  const { unknown } = await migrationState(db);
  if (unknown.length > 0) throw newerThanProgram(unknown);
}

/**
 * Runs what is missing, all in one transaction under a lock. May be repeated and run by several programs at once. Errors are
 * returned: `database_mismatch` for a database of a newer program or an old server, `database_unreachable`, or the SQL error.
 */
export async function migrate(db: Db): Promise<MigrationOutcome> {
  try {
    await refuseForeign(db);
  } catch (error) {
    return { applied: [], error: error as Error };
  }
  return outcomeOf(await migratorOf(db).migrateToLatest());
}

/** Undoes every migration: drops all data. For tests and for taking Holdpoint out of a database. Errors as `migrate`. */
export async function migrateDown(db: Db): Promise<MigrationOutcome> {
  try {
    await refuseForeign(db);
  } catch (error) {
    return { applied: [], error: error as Error };
  }
  return outcomeOf(await migratorOf(db).migrateTo(NO_MIGRATIONS));
}

function outcomeOf({ error, results }: Awaited<ReturnType<Migrator['migrateToLatest']>>): MigrationOutcome {
  const applied = error ? [] : (results ?? []).map((result) => result.migrationName);
  return { applied, error: error === undefined ? null : error instanceof Error ? error : new Error(JSON.stringify(error)) };
}
