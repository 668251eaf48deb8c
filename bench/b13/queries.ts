/** B13, queries: what the CLI asks the database for, and beside it the least statement that finds the same rows by an index. */
import { sql } from 'kysely';
import { diffRows } from '../../src/db/diff.ts';
import { readInbox } from '../../src/db/inbox.ts';
import { readStatus } from '../../src/db/status.ts';
import type { Db } from '../../src/db/transaction.ts';
import type { Context, Round } from '../benchmark.ts';
import { createDatabase, openMigrated } from '../servers.ts';
import { quantile } from '../stats.ts';
import { fill, SHOWN } from './fill.ts';

export interface QuerySize {
  rounds: number;
  calls: number;
  waiting: number;
  /** Turns behind what is shown, fewest first: the first is what the last is held against. */
  behind: number[];
}

type Ask = (db: Db) => Promise<unknown>;

/** As an array: the planner takes them one by one from an index then, whatever it guesses their number to be. */
const turns = sql`array(select id from turn where project = ${SHOWN} and milestone = 'work'
  and epoch = (select epoch from milestone where project = ${SHOWN} and id = 'work'))`;

/** By the key of the series. */
const QUERIES: Record<string, { ours: Ask; plain: Ask }> = {
  'B13-status': {
    ours: (db) => readStatus(db, SHOWN),
    plain: (db) => sql`
      select turn.task, turn.turn, turn.outcome, turn.cost_usd, r.run_key, r.state, d.decision, d.rule
      from turn join run r on r.turn_id = turn.id join decision d on d.turn_id = turn.id where turn.id = any(${turns})`.execute(db),
  },
  'B13-inbox': {
    ours: (db) => readInbox(db),
    plain: (db) => sql`select * from breakpoint where answered_at is null and closed_at is null order by priority, opened_at`.execute(db),
  },
  'B13-diff': {
    ours: (db) => diffRows(db, { project: SHOWN }),
    plain: (db) => sql`select * from file_change where turn_id = any(${turns}) and final order by path`.execute(db),
  },
};

async function times(calls: number, ask: () => Promise<unknown>): Promise<number[]> {
  const samples: number[] = [];
  for (let n = 0; n < calls; n += 1) {
    const since = performance.now();
    await ask();
    samples.push(performance.now() - since);
  }
  return samples;
}

/** A database of its own on the server, filled. */
async function store(url: string, size: { behind: number; waiting: number }, close: (() => Promise<unknown>)[]): Promise<Db> {
  const db = await openMigrated(await createDatabase(url, `b13_behind_${size.behind}`), close);
  await fill(db, size);
  return db;
}

type Rounds = Record<string, Round[]>;

/** All sizes and the plain statement one after the other; in every other round the other way round. */
async function takeRound(stores: Db[], calls: number, n: number, into: Rounds): Promise<string> {
  const told: string[] = [];
  for (const [key, { ours, plain }] of Object.entries(QUERIES)) {
    const last = stores.length - 1;
    const arms = [...stores.map((db) => () => ours(db)), () => plain(stores[last] as Db)].map((ask, at) => ({ ask, at }));
    const samples: number[][] = [];
    for (const { ask, at } of n % 2 === 0 ? arms.toReversed() : arms) samples[at] = await times(calls, ask);
    const [mine = [], few = [], anchor = []] = [samples[last], samples[0], samples[last + 1]];
    (into[key] ??= []).push({ ours: mine, anchor });
    (into[`${key}-flat`] ??= []).push({ ours: mine, anchor: few });
    told.push(`${key.slice(4)} ${samples.map((one) => quantile(one, 0.5).toFixed(1)).join(' / ')}`);
  }
  return told.join(', ');
}

export async function queryRounds({ servers, log }: Context, { rounds, calls, waiting, behind }: QuerySize): Promise<Rounds> {
  const close: (() => Promise<unknown>)[] = [];
  try {
    const url = await servers.postgres();
    const stores: Db[] = [];
    for (const count of behind) stores.push(await store(url, { behind: count, waiting }, close));
    await takeRound(stores, calls, 1, {});
    const taken: Rounds = {};
    for (let n = 1; n <= rounds; n += 1) log(`B13 round ${n} of ${rounds}, ms before ${behind.join(' / ')} turns / plain SQL: ${await takeRound(stores, calls, n, taken)}`);
    return taken;
  } finally {
    for (const end of close.reverse()) await end();
  }
}
