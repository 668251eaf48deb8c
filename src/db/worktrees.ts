/** Worktrees that milestones and tasks work in. Each step of bringing one back is on record before it touches a file. */
import { sql, type Selectable, type UpdateObject } from 'kysely';
import type { CheckEvidence } from '../domain/evidence.ts';
import type { MergeConflict, TreeAndSidecar } from '../domain/host-api.ts';
import { jsonText } from './columns.ts';
import { underLease, type LeaseRef } from './lease-fence.ts';
import type { Database } from './schema.ts';
import type { WorktreeState, WorktreeTable } from './schema-worktree.ts';
import type { Db } from './transaction.ts';

export interface WorktreeOf {
  project: string;
  milestone: string;
  /** Null: of the whole milestone. */
  task: string | null;
}

export interface NewWorktree extends WorktreeOf {
  /** Run id of the workflow. */
  holder: string;
  host: string;
  root: string;
  path: string;
  branch: string;
  commit: string;
  base: TreeAndSidecar;
}

export interface Worktree extends NewWorktree {
  id: number;
  epoch: number;
  state: WorktreeState;
  /** Of the workspace before, and of both together; null unless they are being brought together. */
  ours: TreeAndSidecar | null;
  merged: TreeAndSidecar | null;
  merges: number;
  conflicts: MergeConflict[];
  evidence: CheckEvidence[] | null;
  saved: TreeAndSidecar | null;
}

/** Nobody works there any more. */
const OVER: WorktreeState[] = ['halfway', 'kept', 'removed'];

/** May be repeated: the first row stays. `lease`: of the workspace it is a worktree of. */
export async function insertWorktree(db: Db, lease: LeaseRef, { project, milestone, task, holder, host, root, path, branch, commit, base }: NewWorktree): Promise<void> {
  const row = {
    project, milestone, task, epoch: lease.epoch, holder, host, root, path, branch, base_commit: commit, base_tree: base.tree, base_sidecar: base.sidecar, conflicts: jsonText([]),
  };
  await underLease(db, lease, (tx) => tx.insertInto('worktree').values(row).onConflict((oc) => oc.doNothing()).execute());
}

/** The one it works in; undefined when it works in the workspace itself. */
export async function worktreeOf(db: Db, { project, milestone, task }: WorktreeOf): Promise<Worktree | undefined> {
  const row = await db.selectFrom('worktree').selectAll()
    .where('project', '=', project).where('milestone', '=', milestone).where('task', task === null ? 'is' : '=', task)
    .where('state', 'not in', OVER).orderBy('id', 'desc').limit(1).executeTakeFirst();
  return row && fromRow(row);
}

/** Of a milestone that are still there to work in. */
export async function worktreesOf(db: Db, { project, milestone }: Omit<WorktreeOf, 'task'>): Promise<Worktree[]> {
  const rows = await db.selectFrom('worktree').selectAll()
    .where('project', '=', project).where('milestone', '=', milestone).where('state', 'not in', OVER).orderBy('id').execute();
  return rows.map(fromRow);
}

/** Those that are not over are left where they are: nobody works there any more. */
const leaving = (db: Db, { project, milestone }: Omit<WorktreeOf, 'task'>) =>
  db.updateTable('worktree').set({ state: sql<WorktreeState>`case when state = 'merging' then 'halfway' else 'kept' end`, updated_at: sql`now()` })
    .where('project', '=', project).where('milestone', '=', milestone).where('state', 'not in', OVER);

/** Of earlier runs of the milestone. May be repeated. */
export async function leaveOlder(db: Db, { holder, ...of }: Omit<WorktreeOf, 'task'> & { holder: string }): Promise<void> {
  await leaving(db, of).where('holder', '<>', holder).execute();
}

/**
 * Of a milestone that has ended before they were brought back, and could not have them kept: its host was away, or it never held the
 * workspace. May be repeated.
 */
export async function leaveAll(db: Db, of: Omit<WorktreeOf, 'task'>): Promise<void> {
  await leaving(db, of).execute();
}

export interface ShownWorktree extends WorktreeOf {
  path: string;
  branch: string;
  state: Exclude<WorktreeState, 'removed'>;
}

/** Of these projects, all that are still there; those of earlier runs too. */
export async function shownWorktrees(db: Db, projects: string[]): Promise<ShownWorktree[]> {
  const { rows } = await sql<ShownWorktree>`
    select project, milestone, task, path, branch, state from worktree
    where project = any(${projects}::text[]) and state <> 'removed' order by id`.execute(db);
  return rows;
}

/** Worktrees whose files were half written into the workspace when their workflow was ended; for whoever holds it now. */
export async function halfMerged(db: Db, { host, root, holder }: Pick<NewWorktree, 'host' | 'root' | 'holder'>): Promise<Worktree[]> {
  const rows = await db.selectFrom('worktree').selectAll().where('host', '=', host).where('root', '=', root).where('holder', '<>', holder)
    .where('state', 'in', ['merging', 'halfway']).orderBy('id').execute();
  return rows.map(fromRow);
}

/** The workspace was put back; only the holder of its lease says so. */
export async function setKept(db: Db, id: number): Promise<void> {
  await db.updateTable('worktree').set({ state: 'kept', ours_tree: null, ours_sidecar: null, merged_tree: null, merged_sidecar: null, updated_at: sql`now()` }).where('id', '=', id).execute();
}

export interface WorktreeChange {
  state?: WorktreeState;
  base?: TreeAndSidecar;
  ours?: TreeAndSidecar | null;
  merged?: TreeAndSidecar | null;
  saved?: TreeAndSidecar;
  conflicts?: MergeConflict[];
  evidence?: CheckEvidence[] | null;
  /** Counts a beginning. */
  begins?: boolean;
}

/** What is not named stays. */
export async function changeWorktree(db: Db, lease: LeaseRef, id: number, change: WorktreeChange): Promise<void> {
  await underLease(db, lease, (tx) => tx.updateTable('worktree').set(columnsOf(change)).where('id', '=', id).execute());
}

function columnsOf({ state, base, ours, merged, saved, conflicts, evidence, begins }: WorktreeChange): UpdateObject<Database, 'worktree'> {
  return {
    ...(state && { state }),
    ...(base && { base_tree: base.tree, base_sidecar: base.sidecar }),
    ...(ours !== undefined && { ours_tree: ours?.tree ?? null, ours_sidecar: ours?.sidecar ?? null }),
    ...(merged !== undefined && { merged_tree: merged?.tree ?? null, merged_sidecar: merged?.sidecar ?? null }),
    ...(saved && { saved_tree: saved.tree, saved_sidecar: saved.sidecar }),
    ...(conflicts && { conflicts: jsonText(conflicts) }),
    ...(evidence !== undefined && { evidence: evidence && jsonText(evidence) }),
    ...(begins && { merges: sql<number>`merges + 1` }),
    updated_at: sql`now()`,
  };
}

const pair = (tree: string | null, sidecar: string | null): TreeAndSidecar | null => (tree === null || sidecar === null ? null : { tree, sidecar });

function fromRow(row: Selectable<WorktreeTable>): Worktree {
  const { id, project, milestone, task, epoch, holder, host, root, path, branch, state, merges, conflicts, evidence } = row;
  return {
    id, project, milestone, task, epoch, holder, host, root, path, branch, state, merges, conflicts, evidence, commit: row.base_commit,
    base: { tree: row.base_tree, sidecar: row.base_sidecar },
    ours: pair(row.ours_tree, row.ours_sidecar), merged: pair(row.merged_tree, row.merged_sidecar), saved: pair(row.saved_tree, row.saved_sidecar),
  };
}
