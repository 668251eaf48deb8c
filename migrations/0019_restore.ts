/** Restores: what files were put back to, by whom, what could not be, and the checkpoint that was taken before, which undoes it. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table restore (
      id text primary key,
      project text not null,
      milestone text not null,
      epoch bigint not null,
      checkpoint_id bigint not null references checkpoint (id),
      paths jsonb,
      by_whom text,
      effects jsonb not null,
      at timestamptz not null default now(),
      done_at timestamptz,
      exact boolean,
      changed_files integer,
      not_restored jsonb,
      tree_after text,
      foreign key (project, milestone) references milestone (project, id),
      check ((done_at is null) = (exact is null))
    )`.execute(db);
  await sql`create index restore_of on restore (project, milestone, at)`.execute(db);
  await sql`comment on table restore is 'by the id of the question or the request that asked for it; done_at is null while it goes on'`.execute(db);
  await sql`comment on column restore.effects is 'what was done since the checkpoint and no restore undoes, as it was shown'`.execute(db);
  await sql`alter table checkpoint add column restore_id text unique`.execute(db);
  await sql`comment on column checkpoint.restore_id is 'kind restore: taken before that restore'`.execute(db);
  await sql`alter table checkpoint drop constraint checkpoint_check, drop constraint checkpoint_kind_check`.execute(db);
  await sql`
    alter table checkpoint add constraint checkpoint_kind_check check (kind in ('baseline', 'before', 'after', 'restore')),
      add constraint checkpoint_check check ((turn_id is null) = (kind in ('baseline', 'restore')) and (restore_id is null) = (kind <> 'restore'))`.execute(db);
  await sql`drop index checkpoint_baseline`.execute(db);
  await sql`create unique index checkpoint_baseline on checkpoint (project, milestone, epoch, kind) where kind = 'baseline'`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`alter table checkpoint drop constraint checkpoint_check, drop constraint checkpoint_kind_check`.execute(db);
  await sql`alter table checkpoint drop column restore_id`.execute(db);
  await sql`drop table restore`.execute(db);
  await sql`delete from checkpoint where kind = 'restore'`.execute(db);
  await sql`
    alter table checkpoint add constraint checkpoint_kind_check check (kind in ('baseline', 'before', 'after')),
      add constraint checkpoint_check check ((turn_id is null) = (kind = 'baseline'))`.execute(db);
  await sql`drop index checkpoint_baseline`.execute(db);
  await sql`create unique index checkpoint_baseline on checkpoint (project, milestone, epoch, kind) where turn_id is null`.execute(db);
}
