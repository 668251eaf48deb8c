/** What changed in the workspace: rows seen while a turn ran, and the final ones between its two checkpoints. */
import { sql } from 'kysely';
import type { ChangeCause } from '../domain/attribution.ts';
import type { Change } from '../domain/host-api.ts';
import type { TurnRef } from '../domain/ids.ts';
import { cleanOrNull, cleanText } from './columns.ts';
import { underLease } from './lease-fence.ts';
import type { ObservedBy } from './schema-turn.ts';
import type { Db } from './transaction.ts';
import { turnIdSql } from './turns.ts';

export interface ChangesOfTrees {
  turn: TurnRef;
  treeFrom: string;
  treeTo: string;
  observedBy: ObservedBy;
  /** Between the checkpoints before and after the turn; else seen on the way. */
  final: boolean;
  changes: readonly (Change & { by?: ChangeCause })[];
}

/** Rows of one statement: large enough to hide the round trip, small enough for the memory of both sides. */
const BATCH = 5_000;

/**
 * The turn must exist. May be repeated: a path between the same two trees is stored once per turn, with the cause that is known best; of the final rows, those of
 * the last call are the turn's. All or none.
 */
export async function insertChanges(db: Db, { changes, ...about }: ChangesOfTrees): Promise<void> {
  if (changes.length === 0 && !about.final) return;
  await underLease(db, about.turn, async (tx) => {
    if (about.final) await tx.deleteFrom('file_change').where('turn_id', '=', turnIdSql(about.turn)).where('final', '=', true).execute();
    for (let at = 0; at < changes.length; at += BATCH) {
      await insertBatch(tx, { ...about, changes: changes.slice(at, at + BATCH) });
    }
  });
}

async function insertBatch(db: Db, { turn, treeFrom, treeTo, observedBy, final, changes }: ChangesOfTrees): Promise<void> {
  const column = <T>(value: (change: ChangesOfTrees['changes'][number]) => T): T[] => changes.map(value);
  const tool = (by: ChangeCause | undefined) => (by?.kind === 'tool' ? by : undefined);
  await sql`
    insert into file_change (turn_id, final, tree_from, tree_to, observed_by, path, op, from_path, mode, sha_before, sha_after,
      size_before, size_after, added, removed, by_kind, tool, tool_use_id)
    select ${turnIdSql(turn)}, ${final}, ${treeFrom}, ${treeTo}, ${observedBy}, change.* from unnest(
      ${column((c) => cleanText(c.path))}::text[], ${column((c) => c.op)}::text[], ${column((c) => cleanOrNull(c.from))}::text[],
      ${column((c) => c.mode)}::text[], ${column((c) => c.shaBefore)}::text[], ${column((c) => c.shaAfter)}::text[],
      ${column((c) => c.sizeBefore)}::bigint[], ${column((c) => c.sizeAfter)}::bigint[],
      ${column((c) => c.added)}::integer[], ${column((c) => c.removed)}::integer[],
      ${column((c) => c.by?.kind ?? null)}::text[], ${column((c) => tool(c.by)?.tool ?? null)}::text[],
      ${column((c) => tool(c.by)?.toolUseId ?? null)}::text[]
    ) as change
    on conflict (turn_id, final, tree_from, tree_to, md5(path)) do update
      set observed_by = excluded.observed_by, by_kind = excluded.by_kind, tool = excluded.tool, tool_use_id = excluded.tool_use_id
      where excluded.observed_by in ('call', 'between')`.execute(db);
}

/** Path → the last call that was open when the watcher saw it change while the turn ran. */
export async function seenCauses(db: Db, turn: TurnRef): Promise<Map<string, ChangeCause>> {
  const { rows } = await sql<{ path: string; tool: string; toolUseId: string }>`
    select distinct on (path) path, tool, tool_use_id as "toolUseId" from file_change
    where turn_id = ${turnIdSql(turn)} and not final and observed_by in ('watcher', 'scan') and by_kind = 'tool' order by path, id desc`.execute(db);
  return new Map(rows.map(({ path, ...call }) => [path, { kind: 'tool', ...call }]));
}

/** How much a turn changed between its two checkpoints. `lines`: added and removed; null when only binary files changed, or none. */
export async function changeTotals(db: Db, turn: TurnRef): Promise<{ files: number; lines: number | null }> {
  const { rows } = await sql<{ files: number; lines: number | null }>`
    select count(*) as files, sum(added + removed) as lines from file_change where turn_id = ${turnIdSql(turn)} and final`.execute(db);
  return rows[0] ?? { files: 0, lines: null };
}

/** Paths the turn changed between its two checkpoints, in order; the first ones. */
export async function changedPaths(db: Db, turn: TurnRef, most: number): Promise<string[]> {
  const rows = await db.selectFrom('file_change').select('path').where('turn_id', '=', turnIdSql(turn)).where('final', '=', true)
    .orderBy('path').limit(most).execute();
  return rows.map(({ path }) => path);
}

