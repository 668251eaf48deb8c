/** A run that lives and is silent says since when; a question may be closed by what it was about, without a person. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table run add column silent_since timestamptz`.execute(db);
  await sql`comment on column run.silent_since is 'the run lives, and longer than the policy allows nothing came from it'`.execute(db);
  await sql`alter table breakpoint drop constraint breakpoint_via_check`.execute(db);
  await sql`alter table breakpoint add constraint breakpoint_via_check check (via in ('signal', 'update', 'timer', 'itself'))`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`update breakpoint set via = 'signal' where via = 'itself'`.execute(db);
  await sql`alter table breakpoint drop constraint breakpoint_via_check`.execute(db);
  await sql`alter table breakpoint add constraint breakpoint_via_check check (via in ('signal', 'update', 'timer'))`.execute(db);
  await sql`alter table run drop column silent_since`.execute(db);
}
