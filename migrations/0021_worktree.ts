/** Worktrees that milestones and tasks work in, and where each run of an agent worked. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';

const UP = [
  `create table worktree (
    id bigint generated always as identity primary key,
    project text not null,
    milestone text not null,
    task text,
    epoch bigint not null,
    holder text not null,
    host text not null,
    root text not null,
    path text not null,
    branch text not null,
    base_commit text not null,
    base_tree text not null,
    base_sidecar text not null,
    state text not null default 'open' check (state in ('open', 'conflicting', 'merging', 'merged', 'halfway', 'kept', 'removed')),
    ours_tree text,
    ours_sidecar text,
    merged_tree text,
    merged_sidecar text,
    merges integer not null default 0,
    conflicts jsonb not null default '[]',
    evidence jsonb,
    saved_tree text,
    saved_sidecar text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  )`,
  `create unique index worktree_of on worktree (project, milestone, coalesce(task, ''), epoch)`,
  `comment on table worktree is 'a worktree of the workspace''s repository; task is null where the whole milestone works in it; epoch is that of the lease under which it was made'`,
  `comment on column worktree.state is 'conflicting: both sides are being written into the worktree; merging: the merged files are being written into the workspace or checked there; halfway: that was cut off for good, and the workspace has to be put back; kept: ended without being brought back, its files are still there'`,
  `comment on column worktree.base_tree is 'what workspace and worktree last had in common'`,
  `create index worktree_there on worktree (host, root) where state not in ('kept', 'removed')`,
  `comment on column worktree.holder is 'run id of the workflow it was made for'`,
  `create table lease_attempt (
    project text not null,
    milestone text not null,
    epoch bigint not null,
    lane text not null,
    attempt_at timestamptz not null,
    primary key (project, milestone, epoch, lane)
  )`,
  `comment on table lease_attempt is 'as workspace_lease.attempt_at, for tasks that work beside the rest of their milestone under the same lease'`,
  `alter table run add column workspace text`,
  `comment on column run.workspace is 'folder it works in; null: the workspace of its project'`,
  `alter table host_seat add column task text not null default ''`,
  `alter table host_seat drop constraint host_seat_pkey`,
  `alter table host_seat add primary key (project, milestone, task)`,
  `comment on column host_seat.task is 'empty: the milestone; a task that works in a worktree of its own has a seat of its own'`,
];

const DOWN = [
  `delete from host_seat where task <> ''`,
  `alter table host_seat drop constraint host_seat_pkey`,
  `alter table host_seat drop column task`,
  `alter table host_seat add primary key (project, milestone)`,
  `alter table run drop column workspace`,
  `drop table lease_attempt`,
  `drop table worktree`,
];

async function each(db: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

export const up = (db: Kysely<unknown>): Promise<void> => each(db, UP);

/** Forgets worktrees; they stay on their hosts. */
export const down = (db: Kysely<unknown>): Promise<void> => each(db, DOWN);
