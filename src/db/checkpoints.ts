/** Snapshots of the workspace: before the milestone, before and after each turn. */
import { sql, type Expression } from 'kysely';
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
  | ({ kind: 'before' | 'after' } & TurnRef)
  /** Of the present, before the restore of that id. */
  | ({ kind: 'restore'; restore: string } & MilestoneEpoch)
  /** Of what is in no other, before a merge writes over it. */
  | ({ kind: 'merge' } & MilestoneEpoch)
  /** Whenever somebody wanted one, also while an agent works. */
  | ({ kind: 'asked' } & MilestoneEpoch);

/** One entry of the `checkpoints` document. */
export interface CheckpointRow {
  /** Names it in `restore`. */
  id: string;
  tree: string;
  milestone: string;
  /** Null: before the milestone's first turn, a restore or a merge, or when somebody asked. */
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

type OfTurn = Extract<CheckpointOf, { kind: 'before' | 'after' }>;

const isOfTurn = (of: CheckpointOf): of is OfTurn => of.kind === 'before' || of.kind === 'after';

const turnOf = (of: CheckpointOf) => (isOfTurn(of) ? turnIdSql(of) : null);

/** May be repeated; of a turn that ran again, the last checkpoint `after` it holds, and always the first `before` it. */
export async function insertCheckpoint(db: Db, of: CheckpointOf, result: CheckpointResult): Promise<void> {
  const { project, milestone, epoch, kind } = of;
  const values = valuesOf(result);
  await underLease(db, of, async (tx) => {
    const insert = tx.insertInto('checkpoint')
      .values({ project, milestone, epoch, kind, turn_id: turnOf(of), restore_id: of.kind === 'restore' ? of.restore : null, ...values });
    await (kind === 'after'
      ? insert.onConflict((oc) => oc.columns(['turn_id', 'kind']).doUpdateSet({ ...values, at: sql`now()` }))
      : insert.onConflict((oc) => oc.doNothing())
    ).execute();
  });
}

/** The stored checkpoint; undefined when it was not taken yet. */
export async function findCheckpoint(db: Db, of: CheckpointOf): Promise<(CheckpointResult & { id: string }) | undefined> {
  const row = await db.selectFrom('checkpoint').select(['id', 'tree', 'sidecar', 'files', 'bytes', 'not_covered as notCovered'])
    .where('project', '=', of.project).where('milestone', '=', of.milestone).where('epoch', '=', of.epoch).where('kind', '=', of.kind)
    .where('turn_id', isOfTurn(of) ? '=' : 'is', turnOf(of))
    .where('restore_id', 'is not distinct from', of.kind === 'restore' ? of.restore : null)
    .executeTakeFirst();
  return row && { ...row, id: String(row.id) };
}

/**
 * The files as they were left last in that milestone: by its last checkpoint, or by the restore that was done after it; `turn`: taken
 * after that turn. Undefined before the first. One that was taken only to undo something, or to save what a merge wrote over, or because somebody asked, says nothing of what was left.
 */
export async function latestCheckpoint(db: Db, { project, milestone, epoch }: MilestoneEpoch): Promise<{ tree: string; sidecar: string; turn: TurnRef | null } | undefined> {
  const row = await db.selectFrom('checkpoint as c').leftJoin('turn as t', 't.id', 'c.turn_id').leftJoin('restore as r', 'r.id', 'c.restore_id')
    .leftJoin('checkpoint as goal', (join) => join.onRef('goal.id', '=', 'r.checkpoint_id').on('r.paths', 'is', null))
    .select(({ fn }) => [fn.coalesce('r.tree_after', 'c.tree').as('tree'), fn.coalesce('goal.sidecar', 'c.sidecar').as('sidecar'), 'c.kind', 't.task', 't.turn'])
    .where('c.project', '=', project).where('c.milestone', '=', milestone).where('c.epoch', '=', epoch)
    .where((eb) => eb.or([eb('c.kind', 'not in', ['restore', 'merge', 'asked']), eb('r.id', 'is not', null)])).orderBy('c.id', 'desc').limit(1).executeTakeFirst();
  if (!row) return undefined;
  const turn = row.kind === 'after' && row.task !== null && row.turn !== null ? { project, milestone, epoch, task: row.task, turn: row.turn } : null;
  return { tree: row.tree, sidecar: row.sidecar, turn };
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

/** A checkpoint as a restore needs it. */
export interface KeptCheckpoint {
  id: string;
  project: string;
  milestone: string;
  epoch: number;
  /** Null: of none. */
  task: string | null;
  turn: number | null;
  kind: CheckpointOf['kind'];
  tree: string;
  sidecar: string;
  /** RFC 3339. */
  at: string;
}

const kept = (db: Db) => db.selectFrom('checkpoint').leftJoin('turn', 'turn.id', 'checkpoint.turn_id')
  .select(['checkpoint.id', 'checkpoint.project', 'checkpoint.milestone', 'checkpoint.epoch', 'turn.task', 'turn.turn', 'checkpoint.kind', 'checkpoint.tree', 'checkpoint.sidecar', 'checkpoint.at']);

const toKept = <R extends { id: number; at: Date }>(row: R): Omit<R, 'id' | 'at'> & { id: string; at: string } => ({ ...row, id: String(row.id), at: row.at.toISOString() });

/** Undefined when nothing of that id was ever taken. */
export async function checkpointById(db: Db, id: string): Promise<KeptCheckpoint | undefined> {
  if (!/^[1-9]\d{0,17}$/.test(id)) return undefined;
  const row = await kept(db).where('checkpoint.id', '=', Number(id)).executeTakeFirst();
  return row && toKept(row);
}

/** The one that was taken because somebody asked, of these very files. */
export async function askedCheckpoint(db: Db, { project, milestone, epoch }: MilestoneEpoch, tree: string): Promise<KeptCheckpoint | undefined> {
  const row = await kept(db).where('checkpoint.project', '=', project).where('checkpoint.milestone', '=', milestone).where('checkpoint.epoch', '=', epoch)
    .where('checkpoint.kind', '=', 'asked').where('checkpoint.tree', '=', tree).executeTakeFirst();
  return row && toKept(row);
}

/** The checkpoint that was taken before a restore; undefined when it has not been taken yet. */
export async function checkpointOfRestore(db: Db, restore: string): Promise<KeptCheckpoint | undefined> {
  const row = await kept(db).where('checkpoint.restore_id', '=', restore).executeTakeFirst();
  return row && toKept(row);
}

/**
 * Before the first of the task's turns after which nobody else has worked in the milestone, nothing was restored, no task was brought back
 * from its worktree, and that of the milestone itself got no files of the workspace: what came before those is not taken along.
 * Undefined when it has no checkpoint.
 */
export async function checkpointBeforeTask(db: Db, { project, milestone, epoch, task }: Omit<TurnRef, 'turn'>): Promise<KeptCheckpoint | undefined> {
  const lastOther = db.selectFrom('turn').select(({ fn }) => fn.max('id').as('id'))
    .where('project', '=', project).where('milestone', '=', milestone).where('epoch', '=', epoch).where('task', '<>', task);
  const lastRestore = db.selectFrom('restore').select(({ fn }) => fn.max('done_at').as('at'))
    .where('project', '=', project).where('milestone', '=', milestone).where('epoch', '=', epoch).where('exact', '=', true).where('paths', 'is', null);
  const lastMerge = db.selectFrom('worktree').select(({ fn }) => fn.max('updated_at').as('at'))
    .where('project', '=', project).where('milestone', '=', milestone).where('merges', '>', 0).where((eb) => eb.or([
      eb.and([eb('epoch', '=', epoch), eb('task', 'is not', null)]),
      // Of the worktree that all of the milestone works in; its number is of another lease.
      eb.and([eb('task', 'is', null), eb('state', 'not in', ['kept', 'removed'])]),
    ]));
  const row = await firstBefore(db, { project, milestone, epoch, task }, { restore: lastRestore, merge: lastMerge })
    .where('turn.id', '>', sql<number>`coalesce((${lastOther}), 0)`).executeTakeFirst();
  return row && toKept(row);
}

/**
 * The same for a task that works in a worktree, where nobody else does: before the first of its turns since that has had the files of the
 * workspace, alone or beside its own, and since it was restored. Without what was merged into it, a merge back would undo that in the workspace.
 */
export async function checkpointInWorktree(db: Db, { project, milestone, epoch, task }: Omit<TurnRef, 'turn'>): Promise<KeptCheckpoint | undefined> {
  const lastRestore = db.selectFrom('restore').innerJoin('checkpoint as goal', 'goal.id', 'restore.checkpoint_id').innerJoin('turn as of', 'of.id', 'goal.turn_id')
    .select(({ fn }) => fn.max('restore.done_at').as('at'))
    .where('of.project', '=', project).where('of.milestone', '=', milestone).where('of.epoch', '=', epoch).where('of.task', '=', task)
    .where('restore.exact', '=', true).where('restore.paths', 'is', null);
  const lastMerge = db.selectFrom('worktree').select(({ fn }) => fn.max('updated_at').as('at'))
    .where('project', '=', project).where('milestone', '=', milestone).where('epoch', '=', epoch).where('task', '=', task).where('merges', '>', 0);
  const row = await firstBefore(db, { project, milestone, epoch, task }, { restore: lastRestore, merge: lastMerge }).executeTakeFirst();
  return row && toKept(row);
}

/** Checkpoints before turns of the task that began after both instants, the first one first. */
const firstBefore = (db: Db, { project, milestone, epoch, task }: Omit<TurnRef, 'turn'>, since: { restore: Expression<unknown>; merge: Expression<unknown> }) => kept(db)
  .where('turn.project', '=', project).where('turn.milestone', '=', milestone).where('turn.epoch', '=', epoch).where('turn.task', '=', task)
  .where('checkpoint.kind', '=', 'before')
  .where('turn.started_at', '>', sql<Date>`greatest(coalesce((${since.restore}), '-infinity'), coalesce((${since.merge}), '-infinity'))`)
  .orderBy('turn.id').limit(1);
