/** Restores: begun before anything is touched, finished when the files were looked at again. */
import { sql } from 'kysely';
import { whenTaken, type CheckpointKind } from '../domain/checkpoint.ts';
import type { Target } from '../domain/ids.ts';
import { jsonText } from './columns.ts';
import { underLease, type LeaseRef } from './lease-fence.ts';
import type { Db } from './transaction.ts';

export interface NewRestore extends LeaseRef {
  id: string;
  checkpoint: string;
  paths: string[] | null;
  by: string | null;
  effects: string[];
}

export interface RestoreEnd {
  exact: boolean;
  changedFiles: number;
  notRestored: { path: string; reason: string }[];
  tree: string;
}

/** May be repeated: the first one holds. */
export async function insertRestore(db: Db, { id, project, milestone, epoch, attemptAt, lane, checkpoint, paths, by, effects }: NewRestore): Promise<void> {
  await underLease(db, { project, milestone, epoch, ...(attemptAt && { attemptAt }), ...(lane !== undefined && { lane }) }, async (tx) => {
    await tx.insertInto('restore')
      .values({ id, project, milestone, epoch, checkpoint_id: Number(checkpoint), paths: paths && jsonText(paths), by_whom: by, effects: jsonText(effects) })
      .onConflict((oc) => oc.doNothing()).execute();
  });
}

/** What a restore that was cut off had changed before counts too: the first number holds. */
export async function finishRestore(db: Db, of: LeaseRef & { id: string }, { exact, changedFiles, notRestored, tree }: RestoreEnd): Promise<void> {
  await underLease(db, of, async (tx) => {
    await tx.updateTable('restore')
      .set({ done_at: sql`now()`, exact, changed_files: sql`greatest(changed_files, ${changedFiles})`, not_restored: jsonText(notRestored), tree_after: tree })
      .where('id', '=', of.id).execute();
  });
}

/** The latest restore of a milestone, as `status` shows it. */
export interface LatestRestore {
  /** Id of the checkpoint that was restored. */
  checkpoint: string;
  /** Id of the one taken before: restoring that undoes it. Null: it was cut off before, or only the worktree of a task went back. */
  undo: string | null;
  /** Folder of the task that it was about alone; null: the files of the milestone. */
  worktree: string | null;
  /** Null: everything. */
  paths: string[] | null;
  by: string | null;
  /** RFC 3339. */
  at: string;
  /** Null: it goes on, or was cut off. */
  exact: boolean | null;
}

/** The worktree `w` was there when the restore `r` was begun. */
const wasThere = sql`w.created_at <= r.at and (w.state <> 'removed' or r.at <= w.updated_at)`;

/** Of the restore `r`, whose goal was taken in a turn `of` of it: path of the worktree in which that task worked at the time. */
const worktreeAtTheTime = sql<string | null>`(select w.path from worktree w
  where (w.project, w.milestone, w.task, w.epoch) = (r.project, r.milestone, "of".task, r.epoch) and ${wasThere} limit 1)`;

/** By `project/milestone`. */
export async function latestRestores(db: Db, projects: readonly string[]): Promise<Map<string, LatestRestore>> {
  if (projects.length === 0) return new Map();
  const rows = await db.selectFrom('restore as r').leftJoin('checkpoint', 'checkpoint.restore_id', 'r.id')
    .innerJoin('checkpoint as goal', 'goal.id', 'r.checkpoint_id').leftJoin('turn as of', 'of.id', 'goal.turn_id')
    .distinctOn(['r.project', 'r.milestone'])
    .select(['r.project', 'r.milestone', 'r.checkpoint_id', 'checkpoint.id as undo', 'r.paths', 'r.by_whom', 'r.at', 'r.exact', worktreeAtTheTime.as('worktree')])
    .where('r.project', 'in', projects).orderBy('r.project').orderBy('r.milestone').orderBy('r.at', 'desc').execute();
  return new Map(rows.map(({ project, milestone, checkpoint_id: checkpoint, undo, by_whom: by, at, paths, exact, worktree }) =>
    [`${project}/${milestone}`, { checkpoint: String(checkpoint), undo: undoOf({ undo, worktree }), worktree, paths, by, at: at.toISOString(), exact }]));
}

/** What the worktree of a task held would go into the workspace. */
const undoOf = ({ undo, worktree }: { undo: string | number | null; worktree: string | null }): string | null => (undo === null || worktree !== null ? null : String(undo));

/** One entry of the `decisions` document. */
export interface RestoreRow extends LatestRestore {
  /** In whose place. */
  milestone: string;
  /** Id of the question that `restore` was the answer to; null: by the command. */
  question: string | null;
  /** Where and when the checkpoint was taken, for people. */
  taken: string;
}

interface Row extends Omit<RestoreRow, 'at' | 'question' | 'taken'> {
  id: string;
  at: Date;
  goalOf: string;
  kind: CheckpointKind;
  task: string | null;
  turn: number | null;
}

/**
 * Restores from then on (RFC 3339) of files that the target is about: those of a fork are its own, those in a worktree of a milestone or a task
 * are that milestone's, and the workspace is everybody's. Oldest first.
 */
export async function restoreRows(db: Db, { project, milestone }: Target, since: string): Promise<RestoreRow[]> {
  const { rows } = await sql<Row>`
    select r.id, r.milestone, r.checkpoint_id::text as checkpoint, undo.id::text as undo, r.paths, r.by_whom as by, r.at, r.exact,
      goal.milestone as "goalOf", goal.kind, "of".task, "of".turn, ${worktreeAtTheTime} as worktree
    from restore r join milestone m on m.project = r.project and m.id = r.milestone
      join checkpoint goal on goal.id = r.checkpoint_id left join turn "of" on "of".id = goal.turn_id left join checkpoint undo on undo.restore_id = r.id
    where r.project = ${project} and r.at >= ${since} and (r.milestone = ${milestone ?? null}::text
      or (m.fork_of is null and not exists (select from milestone fork where fork.project = r.project and fork.id = ${milestone ?? null}::text and fork.fork_of is not null)
        and ${worktreeAtTheTime} is null
        and not exists (select from worktree w where w.project = r.project and w.milestone = r.milestone and w.task is null and ${wasThere})))
    order by r.at, r.id`.execute(db);
  return rows.map(({ id, goalOf, kind, task, turn, at, ...row }) => ({
    ...row, undo: undoOf(row), at: at.toISOString(), question: id.includes('/') ? id : null, taken: `${goalOf === row.milestone ? '' : `${goalOf}, `}${whenTaken({ kind, task, turn })}`,
  }));
}
