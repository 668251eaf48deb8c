import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { openDb } from '../../src/db/client.ts';
import { cleanText, exactJsonText, jsonText } from '../../src/db/columns.ts';
import { HoldpointError } from '../../src/domain/failure-kind.ts';
import type { Db } from '../../src/db/transaction.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/sshd.ts';
import { openTestDb } from './fixture.ts';

let db: Db;
let url: string;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ db, url, close } = await openTestDb());
});
afterAll(() => close());

/** The error of the first statement. */
async function failureOf(target: string): Promise<HoldpointError> {
  const opened = openDb(target, { max: 1 });
  const error: unknown = await sql`select 1`.execute(opened.db).then(() => undefined, (reason: unknown) => reason);
  await opened.close();
  if (!(error instanceof HoldpointError)) throw new Error(`not a HoldpointError: ${String(error)}`);
  return error;
}

const changed = (change: (parsed: URL) => void): string => {
  const parsed = new URL(url);
  change(parsed);
  return parsed.href;
};

describe('a database that cannot be reached', () => {
  test('is told with host, port and database, what to do, and no password', async () => {
    const port = await freePort();
    const error = await failureOf(`postgres://me:s3cret@127.0.0.1:${port}/plans`);
    expect(error.kind).toBe('database_unreachable');
    expect(error.message).toContain(`127.0.0.1:${port}/plans (user me)`);
    expect(error.hint).toMatch(/holdpoint up/);
    expect(JSON.stringify([error.message, error.hint, error.details])).not.toContain('s3cret');
  });

  test('a wrong database and an unknown host each say their own cure', async () => {
    const missing = await failureOf(changed((parsed) => { parsed.pathname = '/not_there'; }));
    expect(missing).toMatchObject({ kind: 'database_unreachable', hint: 'create the database, or name another one in DATABASE_URL' });
    const nowhere = await failureOf('postgres://u@no-such-host.invalid/x');
    expect(nowhere.kind).toBe('database_unreachable');
    expect(nowhere.message).toContain('no-such-host.invalid:5432/x');
  });

  test('a session that the server ends in the middle is the same kind, and the next statement connects again', async () => {
    const opened = openDb(url, { max: 1, applicationName: 'victim' });
    const dying = sql`select pg_sleep(60)`.execute(opened.db);
    const ended = expect(dying).rejects.toMatchObject({ kind: 'database_unreachable' });
    const kill = sql<{ killed: boolean }>`select pg_terminate_backend(pid) as killed from pg_stat_activity
      where application_name = 'victim' and query like '%pg_sleep(60)%' and state = 'active'`;
    await eventually(async () => (await kill.execute(db)).rows.length > 0, { what: 'the statement to run' });
    await ended;
    expect((await sql<{ one: number }>`select 1 as one`.execute(opened.db)).rows).toEqual([{ one: 1 }]);
    await opened.close();
    await opened.close();
  });

  test('a session that ends between two statements of a transaction ends that transaction and not the process', async () => {
    const opened = openDb(url, { max: 1, applicationName: 'between' });
    const kill = sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'between'`;
    const two = opened.db.transaction().execute(async (tx) => {
      await sql`select 1`.execute(tx);
      await kill.execute(db);
      // The driver hears of it while no statement is under way.
      await eventually(() => sql`select 1`.execute(tx).then(() => false, () => true), { what: 'the end of the session' });
      await sql`select 2`.execute(tx);
    });
    await expect(two).rejects.toMatchObject({ kind: 'database_unreachable' });
    await expect(sql<{ one: number }>`select 1 as one`.execute(opened.db)).resolves.toMatchObject({ rows: [{ one: 1 }] });
    await opened.close();
  });

  test('a statement that is wrong is not taken for it', async () => {
    await expect(sql`select nonsense`.execute(db)).rejects.toMatchObject({ code: '42703' });
  });

  test.each(['', 'mysql://u@h/d', 'localhost:5432', 'postgres://u:p@ss@:x/'])('%j is refused as bad input', (text) => {
    expect(() => openDb(text)).toThrow(/not of the form postgres:\/\/user/);
  });
});

describe('values', () => {
  test('come back as numbers, Buffers, Dates and parsed JSON', async () => {
    const { rows } = await sql`select 9007199254740991::bigint as big, 0.0123::numeric as money, '\\x00ff'::bytea as raw,
      '2026-11-01T10:00:00Z'::timestamptz as at, '{"a":1}'::jsonb as json, array['a','b'] as list`.execute(db);
    expect(rows[0]).toEqual({
      big: Number.MAX_SAFE_INTEGER, money: 0.0123, raw: Buffer.from([0, 255]), at: new Date('2026-11-01T10:00:00Z'), json: { a: 1 }, list: ['a', 'b'],
    });
  });

  test('beyond the range of a number are an error, not another number', async () => {
    await expect(sql`select 9007199254740993::bigint`.execute(db)).rejects.toThrow(/9007199254740993/);
  });

  test.each([
    ['\0', '\ufffd'], ['\ud800', '\ufffd'], ['a\udc00b', 'a\ufffdb'], ['\\u0000', '\\u0000'], ['\\\0', '\\\ufffd'], ['😀', '😀'], ['\u0001\n"', '\u0001\n"'],
  ])('%j survives text and jsonb as %j', async (given, kept) => {
    const { rows } = await sql`select ${cleanText(given)}::text as text, ${jsonText({ [given]: [given] })}::jsonb as json`.execute(db);
    expect(rows[0]).toEqual({ text: kept, json: { [kept]: [kept] } });
    expect(exactJsonText(given) === null).toBe(given !== kept);
  });
});
