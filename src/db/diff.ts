/** The `diff` document: what a target changed, as the checkpoints before and after its turns say. */
import { sql } from 'kysely';
import { READING_TOOLS, type ChangeCause } from '../domain/attribution.ts';
import type { Change } from '../domain/host-api.ts';
import type { Target, TurnRef } from '../domain/ids.ts';
import { netChanges } from './net-changes.ts';
import { ofTarget } from './targets.ts';
import type { Db } from './transaction.ts';
import { turnIdSql } from './turns.ts';

/** Lines over several turns are the sum, not the net change. */
export type DiffRow = Change & { by: ChangeCause };

export interface Diff {
  /** Trees; null when the target has no turn, or none that has ended. */
  from: string | null;
  to: string | null;
  changes: DiffRow[];
}

type Row = Omit<Change, 'from'> & { from: string | null; tool: string | null; toolUseId: string | null };

/** Of several turns, the changes are put together: a file that came and went is not listed. By path. */
export async function diffRows(db: Db, target: Target): Promise<Diff> {
  const turns = await sql<{ id: number; tree_before: string; tree_after: string | null }>`
    select id, tree_before, tree_after from turn where ${ofTarget(target)} order by id`.execute(db);
  const changes = await finalChanges(db, turns.rows.map((turn) => turn.id));
  const to = target.task === undefined ? await lastTogether(db, target) : undefined;
  return {
    from: turns.rows[0]?.tree_before ?? null,
    to: to ?? turns.rows.findLast((turn) => turn.tree_after !== null)?.tree_after ?? null,
    changes: turns.rows.length > 1 ? netChanges(changes) : changes,
  };
}

/**
 * The files of all tasks together, as they were last: after a turn that no worktree kept apart, or after a task was brought back from
 * its own. Undefined before the first of these.
 */
async function lastTogether(db: Db, target: Target): Promise<string | undefined> {
  const { rows } = await sql<{ tree: string }>`
    with of as (select turn.* from turn where ${ofTarget(target)})
    select tree from (
      select of.tree_after as tree, coalesce(of.ended_at, of.started_at) as at, of.id from of where of.tree_after is not null and not exists (
        select from worktree w where (w.project, w.milestone, w.task, w.epoch) = (of.project, of.milestone, of.task, of.epoch)
          and (w.state <> 'removed' or of.started_at <= w.updated_at))
      union all
      select w.base_tree, w.updated_at, 0 from worktree w
      where w.task is not null and w.state in ('merged', 'removed') and w.merges > 0 and (w.project, w.milestone, w.epoch) in (select project, milestone, epoch from of)
        and not exists (select from task where (task.project, task.milestone, task.id) = (w.project, w.milestone, w.task) and task.state = 'skipped')
    ) states order by at desc, id desc limit 1`.execute(db);
  return rows[0]?.tree;
}

/** Between the checkpoints before and after the turn, by path; for the judge and the reviewer's prompt. */
export async function changesOfTurn(db: Db, ref: TurnRef): Promise<DiffRow[]> {
  const { rows } = await sql<{ id: number | null }>`select ${turnIdSql(ref)} as id`.execute(db);
  const id = rows[0]?.id;
  return id == null ? [] : finalChanges(db, [id]);
}

/** A final row that does not say its cause (of an older version) takes the last call that was open when the watcher saw the path change. */
async function finalChanges(db: Db, turns: number[]): Promise<DiffRow[]> {
  const { rows } = await sql<Row>`
    with seen as (
      select distinct on (turn_id, path) turn_id, path, tool, tool_use_id from file_change
      where turn_id = any(${turns}::bigint[]) and not final and observed_by in ('watcher', 'scan') and by_kind = 'tool' and tool <> all(${READING_TOOLS}::text[])
      order by turn_id, path, id desc
    )
    select c.path, c.op, c.from_path as "from", c.mode, c.sha_before as "shaBefore", c.sha_after as "shaAfter",
      c.size_before as "sizeBefore", c.size_after as "sizeAfter", c.added, c.removed,
      coalesce(c.tool, seen.tool) as tool, coalesce(c.tool_use_id, seen.tool_use_id) as "toolUseId"
    from file_change c left join seen on c.by_kind is null and seen.turn_id = c.turn_id and seen.path = c.path
    where c.turn_id = any(${turns}::bigint[]) and c.final
    order by c.turn_id, c.path collate "C"`.execute(db);
  return rows.map(fromRow);
}

function fromRow({ tool, toolUseId, from, ...rest }: Row): DiffRow {
  const by: ChangeCause = tool !== null && toolUseId !== null ? { kind: 'tool', tool, toolUseId } : { kind: 'other' };
  return { ...rest, ...(from !== null && { from }), by };
}
