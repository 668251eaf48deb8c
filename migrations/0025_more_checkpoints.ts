/** Checkpoints that somebody asked for, and of what was in a workspace on no record before a merge wrote there or was taken back. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table checkpoint drop constraint checkpoint_check, drop constraint checkpoint_kind_check`.execute(db);
  await sql`
    alter table checkpoint add constraint checkpoint_kind_check check (kind in ('baseline', 'before', 'after', 'restore', 'merge', 'asked')),
      add constraint checkpoint_check check ((turn_id is null) = (kind in ('baseline', 'restore', 'merge', 'asked')) and (restore_id is null) = (kind <> 'restore'))`.execute(db);
  await sql`create unique index checkpoint_of_tree on checkpoint (project, milestone, epoch, kind, tree) where kind in ('merge', 'asked')`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index checkpoint_of_tree`.execute(db);
  await sql`delete from checkpoint where kind in ('merge', 'asked')`.execute(db);
  await sql`alter table checkpoint drop constraint checkpoint_check, drop constraint checkpoint_kind_check`.execute(db);
  await sql`
    alter table checkpoint add constraint checkpoint_kind_check check (kind in ('baseline', 'before', 'after', 'restore')),
      add constraint checkpoint_check check ((turn_id is null) = (kind in ('baseline', 'restore')) and (restore_id is null) = (kind <> 'restore'))`.execute(db);
}
