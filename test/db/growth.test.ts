/** What the queries of the CLI read does not grow with what lies behind: rows are counted, as the server counts them, and no time is taken. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { fill, SHOWN, TURNS, WAITING } from '../../bench/b13/fill.ts';
import { planOf } from '../../bench/b13/plan.ts';
import { accountsOf } from '../../src/db/budget.ts';
import { diffRows } from '../../src/db/diff.ts';
import { readInbox } from '../../src/db/inbox.ts';
import { readStatus } from '../../src/db/status.ts';
import type { Db } from '../../src/db/transaction.ts';
import type { TurnRef } from '../../src/domain/ids.ts';
import { openTestDb } from './fixture.ts';

const WAITS = 5;
const SIZES = [200, 2_000];

interface Store {
  db: Db;
  close: () => Promise<void>;
}

let stores: Store[];

beforeAll(async () => {
  stores = [];
  for (const behind of SIZES) {
    // One connection: the counts of a process are seen by itself at once.
    const store = await openTestDb(1);
    stores.push(store);
    await fill(store.db, { behind, waiting: WAITS });
  }
}, 300_000);

afterAll(async () => {
  for (const { close } of stores) await close();
});

async function readSoFar(db: Db): Promise<number> {
  await sql`select pg_stat_force_next_flush()`.execute(db);
  const { rows } = await sql<{ read: number }>`
    select (select sum(seq_tup_read) from pg_stat_user_tables) + (select sum(idx_tup_read) from pg_stat_user_indexes) as read`.execute(db);
  return Number(rows[0]?.read);
}

/** Rows of tables and indexes. */
async function rowsRead(db: Db, query: (db: Db) => Promise<unknown>): Promise<number> {
  const before = await readSoFar(db);
  await query(db);
  return await readSoFar(db) - before;
}

async function ofShown<T>(db: Db, query: (turn: TurnRef) => Promise<T>): Promise<T> {
  const { epoch } = await db.selectFrom('milestone').select('epoch').where('project', '=', SHOWN).where('id', '=', 'work').executeTakeFirstOrThrow();
  return query({ project: SHOWN, milestone: 'work', epoch: epoch ?? 0, task: 't1', turn: 1 });
}

test('the stores show the same, and differ in what lies behind', async () => {
  for (const { db } of stores) {
    const { projects: [shown] } = await readStatus(db, SHOWN);
    expect(shown?.milestones.flatMap(({ tasks }) => tasks.flatMap(({ turns }) => turns))).toHaveLength(TURNS);
    expect((await readStatus(db)).projects.map(({ project }) => project)).toEqual(expect.arrayContaining([SHOWN, WAITING]));
    expect((await readStatus(db)).projects).toHaveLength(22);
    expect(await readInbox(db)).toHaveLength(WAITS);
    expect((await diffRows(db, { project: SHOWN })).changes).toHaveLength(20);
  }
  const turns = await Promise.all(stores.map(({ db }) => db.selectFrom('turn').select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirstOrThrow()));
  expect(turns.map(({ n }) => Number(n))).toEqual(SIZES.map((behind) => behind + TURNS + 200));
});

test.each<[string, (db: Db) => Promise<unknown>]>([
  ['status of a project', (db) => readStatus(db, SHOWN)],
  ['inbox', (db) => readInbox(db)],
  ['inbox of a project', (db) => readInbox(db, WAITING)],
  ['how a turn stands with its budget', (db) => ofShown(db, (turn) => accountsOf(db, planOf(SHOWN, 1), turn))],
  ['diff of a project', (db) => diffRows(db, { project: SHOWN })],
  ['diff of a milestone', (db) => diffRows(db, { project: SHOWN, milestone: 'work' })],
  ['diff of a turn', (db) => diffRows(db, { project: SHOWN, milestone: 'work', task: 't1', turn: 2 })],
])('%s reads as much before a long past as before a short one', async (_, query) => {
  const [few, many] = [await rowsRead(stores[0]!.db, query), await rowsRead(stores[1]!.db, query)];
  expect(few).toBeGreaterThan(0);
  expect(many).toBeLessThan(2 * few);
});
