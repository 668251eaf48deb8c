/** Snapshots of the workspace: before the milestone, before and after each turn. */
import { sql } from 'kysely';
import type { CheckpointResult } from '../domain/host-api.ts';
import type { Target, TurnRef } from '../domain/ids.ts';
import { jsonText } from './columns.ts';
import { underLease, type LeaseRef } from './lease-fence.ts';
import { ofTarget } from './targets.ts';
import type { Db } from './transaction.ts';
import { turnIdSql } from './turns.ts';

export type MilestoneEpoch = LeaseRef;

export type CheckpointOf =
  | ({ kind: 'baseline' } & MilestoneEpoch)
  | ({ kind: 'before' | 'after' } & TurnRef);

/** One entry of the `checkpoints` document. */
export interface CheckpointRow {
  /** Names it in `restore`. */
  id: string;
  tree: string;
  milestone: string;
  /** Null: before the milestone's first turn. */
  task: string | null;
  turn: number | null;
  kind: CheckpointOf['kind'];
  /** RFC 3339. */
  at: string;
  files: number;
  bytes: number;
  notCovered: string[];
}

const valuesOf = ({ tree, sidecar, files, bytes, notCovered }: CheckpointResult) =>
  ({ tree, sidecar, files, bytes, not_covered: jsonText(notCovered) });

/** May be repeated; of a turn that ran again, the last checkpoint `after` it holds, and always the first `before` it. */
export async function insertCheckpoint(db: Db, of: CheckpointOf, result: CheckpointResult): Promise<void> {
  const { project, milestone, epoch, kind } = of;
  const values = valuesOf(result);
  await underLease(db, of, async (tx) => {
    const insert = tx.insertInto('checkpoint')
      .values({ project, milestone, epoch, kind, turn_id: of.kind === 'baseline' ? null : turnIdSql(of), ...values });
    await (kind === 'after'
      ? insert.onConflict((oc) => oc.columns(['turn_id', 'kind']).doUpdateSet({ ...values, at: sql`now()` }))
      : insert.onConflict((oc) => oc.doNothing())
    ).execute();
  });
}

/** The stored checkpoint; undefined when it was not taken yet. */
export async function findCheckpoint(db: Db, of: CheckpointOf): Promise<CheckpointResult | undefined> {
  const row = await db.selectFrom('checkpoint').select(['tree', 'sidecar', 'files', 'bytes', 'not_covered as notCovered'])
    .where('project', '=', of.project).where('milestone', '=', of.milestone).where('epoch', '=', of.epoch).where('kind', '=', of.kind)
    .where('turn_id', of.kind === 'baseline' ? 'is' : '=', of.kind === 'baseline' ? null : turnIdSql(of))
    .executeTakeFirst();
  return row;
}

type Row = Omit<CheckpointRow, 'at'> & { at: Date };

/** Oldest first. Baselines are listed for a project or a milestone, not for a task. */
export async function checkpointRows(db: Db, target: Target): Promise<CheckpointRow[]> {
  const columns = sql`c.id::text, c.tree, c.milestone, c.kind, c.at, c.files, c.bytes, c.not_covered as "notCovered"`;
  const baselines = sql`
    union all select ${columns}, null, null, c.id from checkpoint c
    where c.turn_id is null and c.project = ${target.project} and c.milestone = coalesce(${target.milestone ?? null}::text, c.milestone)`;
  const { rows } = await sql<Row>`
    select * from (
      select ${columns}, turn.task, turn.turn, c.id as position from turn join checkpoint c on c.turn_id = turn.id where ${ofTarget(target)}
      ${target.task === undefined ? baselines : sql``}
    ) listed order by position`.execute(db);
  return rows.map(({ id, tree, milestone, task, turn, kind, at, files, bytes, notCovered }) =>
    ({ id, tree, milestone, task, turn, kind, at: at.toISOString(), files, bytes, notCovered }));
}
