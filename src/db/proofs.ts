/** What was found when the record of a turn was held against the files; and the recorded steps themselves. */
import { sql } from 'kysely';
import type { RecordedStep } from '../domain/host-api.ts';
import type { TurnRef } from '../domain/ids.ts';
import type { TreeStep } from '../domain/tree-chain.ts';
import { cleanText, jsonText } from './columns.ts';
import { underLease } from './lease-fence.ts';
import type { Db } from './transaction.ts';
import { turnIdSql } from './turns.ts';

export interface TurnProof {
  /** The one after the turn. */
  tree: string;
  /** What was seen while the turn ran leads from its first tree to its last; `none`: nothing was seen. */
  steps: 'whole' | 'gap' | 'none';
  part: number;
  parts: number;
  files: number;
  bytes: number;
  /** In words, a line each; empty: nothing. */
  wrong: string[];
}

/** May be repeated; the last holds. */
export async function insertProof(db: Db, turn: TurnRef, proof: TurnProof): Promise<void> {
  const values = { ...proof, wrong: jsonText(proof.wrong.map(cleanText)) };
  await underLease(db, turn, (tx) => tx.insertInto('turn_proof').values({ turn_id: turnIdSql(turn), ...values })
    .onConflict((oc) => oc.column('turn_id').doUpdateSet({ ...values, at: sql`now()` })).execute());
}

/** What is wrong with the record of the turn; undefined where nobody has looked. */
export async function wrongWith(db: Db, turn: TurnRef): Promise<string[] | undefined> {
  const row = await db.selectFrom('turn_proof').select('wrong').where('turn_id', '=', turnIdSql(turn)).executeTakeFirst();
  return row?.wrong;
}

/** How many turns of the project were looked at before. */
export async function proofsBefore(db: Db, turn: TurnRef): Promise<number> {
  const row = await db.selectFrom('turn_proof').innerJoin('turn', 'turn.id', 'turn_proof.turn_id').select(db.fn.countAll<number>().as('count'))
    .where('turn.project', '=', turn.project).where('turn_id', '!=', turnIdSql(turn)).executeTakeFirst();
  return Number(row?.count ?? 0);
}

export interface StoredStep extends TreeStep {
  final: boolean;
  changes: RecordedStep[];
}

/** As they are stored now: the final one, and those seen on the way in the order in which a way over them is looked for. */
export async function storedSteps(db: Db, turn: TurnRef): Promise<StoredStep[]> {
  const { rows } = await sql<StoredStep>`
    select tree_from as "from", tree_to as "to", final,
      json_agg(json_build_object('path', path, 'op', op, 'mode', mode, 'shaAfter', sha_after, 'from', from_path)) as changes
    from file_change where turn_id = ${turnIdSql(turn)}
    group by tree_from, tree_to, final order by bool_or(observed_by = 'call') desc, min(id)`.execute(db);
  return rows.map(({ changes, ...step }) => ({ ...step, changes: changes.map(({ from, ...change }) => ({ ...change, ...(typeof from === 'string' && { from }) })) }));
}
