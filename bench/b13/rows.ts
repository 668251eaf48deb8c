/** B13, rows: what a supervised turn leaves in the database, written as the activities write it; later turns beside earlier ones. */
import { sql } from 'kysely';
import type { Db } from '../../src/db/transaction.ts';
import type { Context, Round } from '../benchmark.ts';
import { createDatabase, openMigrated } from '../servers.ts';
import { writeTurns } from './fill.ts';

interface Size {
  rows: number;
  bytes: number;
}

/** Of all tables; bytes with their indexes and what lies beside them. */
async function sizeOf(db: Db): Promise<Size> {
  const { rows: tables } = await sql<{ name: string; bytes: number }>`
    select relname as name, pg_total_relation_size(oid)::double precision as bytes from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`.execute(db);
  const { rows: [counted] } = await sql<{ rows: number }>`
    select ${sql.join(tables.map(({ name }) => sql`(select count(*) from ${sql.table(name)})`), sql` + `)} as rows`.execute(db);
  return { rows: Number(counted?.rows), bytes: tables.reduce((sum, { bytes }) => sum + Number(bytes), 0) };
}

/** Each round a milestone: `turns` of them, and as many again. */
export async function rowRounds({ servers, log }: Context, { rounds, turns }: { rounds: number; turns: number }): Promise<Record<string, Round[]>> {
  const close: (() => Promise<unknown>)[] = [];
  try {
    const db = await openMigrated(await createDatabase(await servers.postgres(), 'b13_rows'), close);
    const taken: { rows: Round[]; bytes: Round[] } = { rows: [], bytes: [] };
    for (let n = 1; n <= rounds; n += 1) {
      const sizes = [await sizeOf(db)];
      for (const part of ['a', 'b']) {
        await writeTurns(db, `rows-${n}${part}`, turns);
        sizes.push(await sizeOf(db));
      }
      const perTurn = (what: keyof Size, at: number): number[] => [((sizes[at]?.[what] ?? NaN) - (sizes[at - 1]?.[what] ?? NaN)) / turns];
      for (const what of ['rows', 'bytes'] as const) taken[what].push({ ours: perTurn(what, 2), anchor: perTurn(what, 1) });
      log(`B13 round ${n} of ${rounds}: ${perTurn('rows', 2)[0]?.toFixed(1)} rows and ${perTurn('bytes', 2)[0]?.toFixed(0)} bytes a turn`);
    }
    return { 'B13-rows': taken.rows, 'B13-row-bytes': taken.bytes };
  } finally {
    for (const end of close.reverse()) await end();
  }
}
