/** What makes the evidence of a turn weaker, as it was found when the turn ended. */
import type { TurnRef } from '../domain/ids.ts';
import type { Weakening } from '../domain/weakening/finding.ts';
import { cleanText } from './columns.ts';
import { underLease } from './lease-fence.ts';
import type { Db } from './transaction.ts';
import { turnIdSql } from './turns.ts';

/** The turn must exist. May be repeated: the last call's are the turn's. */
export async function insertWeakenings(db: Db, ref: TurnRef, found: readonly Weakening[]): Promise<void> {
  const rows = found.map(({ kind, path, before, after, text, accepted }, position) => ({
    turn_id: turnIdSql(ref), position, kind, path: cleanText(path), count_before: before, count_after: after, text: cleanText(text), accepted,
  }));
  await underLease(db, ref, async (tx) => {
    await tx.deleteFrom('weakening').where('turn_id', '=', turnIdSql(ref)).execute();
    if (rows.length > 0) await tx.insertInto('weakening').values(rows).execute();
  });
}

export function weakeningsOf(db: Db, ref: TurnRef): Promise<Weakening[]> {
  return db.selectFrom('weakening').select(['kind', 'path', 'count_before as before', 'count_after as after', 'text', 'accepted'])
    .where('turn_id', '=', turnIdSql(ref)).orderBy('position').execute();
}
