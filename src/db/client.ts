/**
 * The connection to Postgres. Values come back as: bigint a number (an error beyond 2^53, never a rounded one), numeric a
 * number (money), bytea a Buffer, timestamptz a Date, jsonb parsed. No global state of the driver is changed.
 */
import { Kysely, PostgresDialect } from 'kysely';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { Database } from './schema.ts';
import { translateUnreachable } from './unreachable.ts';
import type { DatabaseAddress } from './unreachable.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 30_000;
const INT8 = 20;
const NUMERIC = 1700;

export interface DbOptions {
  /** Connections at most. */
  max?: number;
  /** Shown in pg_stat_activity. */
  applicationName?: string;
  /** A statement without an answer for this long is `database_unreachable`; `?query_timeout=` of the URL goes first. Default: none. */
  queryTimeoutMs?: number;
}

export interface OpenDb {
  db: Kysely<Database>;
  /** Waits for running statements; may be called twice. */
  close: () => Promise<void>;
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint out of the range of a number: ${text}`);
  return value;
}

type Parser = (value: string) => unknown;

const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): Parser {
    if (oid === INT8) return safeInteger;
    if (oid === NUMERIC) return Number;
    return pg.types.getTypeParser(oid, format) as Parser;
  },
};

function parseUrl(url: string): DatabaseAddress {
  if (!URL.canParse(url) || !/^postgres(?:ql)?:$/.test(new URL(url).protocol)) {
    throw new HoldpointError('bad_input', 'the database URL is not of the form postgres://user:password@host:port/database', {
      hint: 'characters like @ : / in the password are written %40 %3A %2F', where: { path: 'DATABASE_URL' },
    });
  }
  const { hostname, port, pathname, searchParams, username } = new URL(url);
  const host = searchParams.get('host') ?? (hostname || 'localhost');
  return { place: `${host}:${port || '5432'}${pathname}`, user: decodeURIComponent(username) || '(default)' };
}

/** The same client with its connection errors translated; one per client, because kysely remembers clients by identity. */
function guardClient(client: pg.PoolClient, address: DatabaseAddress): PostgresPoolClient {
  let isBroken = false;
  // The pool listens to idle clients only: without this, a connection that breaks while in use would end the process.
  client.on('error', () => (isBroken = true));
  const query = async (text: string, values: readonly unknown[]): Promise<unknown> => {
    try {
      return await client.query(text, [...values]);
    } catch (error) {
      const told = translateUnreachable(error, address);
      // The server says goodbye before the socket closes: the pool would hand the dying client out again.
      if (told !== error) isBroken = true;
      throw told;
    }
  };
  return { query: query as PostgresPoolClient['query'], release: (destroy) => client.release(destroy || isBroken) };
}

function guardPool(pool: pg.Pool, address: DatabaseAddress): PostgresPool {
  const guarded = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect().catch((error: unknown) => {
        throw translateUnreachable(error, address);
      });
      const known = guarded.get(client) ?? guardClient(client, address);
      guarded.set(client, known);
      return known;
    },
  };
}

/**
 * Opens a pool; connects with the first statement. `bad_input` for a malformed URL; every statement may throw
 * `database_unreachable`, which names host, port and database and what to do.
 */
export function openDb(url: string, { max = 10, applicationName = 'holdpoint', queryTimeoutMs }: DbOptions = {}): OpenDb {
  const address = parseUrl(url);
  const pool = new pg.Pool({
    connectionString: url, max, types, application_name: applicationName, keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS, ...(queryTimeoutMs !== undefined && { query_timeout: queryTimeoutMs }), idleTimeoutMillis: IDLE_TIMEOUT_MS,
  });
  // An idle connection that breaks is replaced by the next statement; without a listener it would end the process.
  pool.on('error', () => undefined);
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: guardPool(pool, address) }) });
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await db.destroy();
    if (!pool.ending) await pool.end();
  };
  return { db, close: () => (closing ??= close()) };
}
