/** Changes that are tied to tool calls by the trees at their ends, those between two turns, and how changes are noticed. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';

const OLD = "observed_by in ('checkpoint', 'watcher', 'scan')";

async function allow(db: Kysely<unknown>, condition: string): Promise<void> {
  await sql`alter table file_change drop constraint file_change_observed_by_check`.execute(db);
  await sql`alter table file_change add constraint file_change_observed_by_check check (${sql.raw(condition)})`.execute(db);
}

export async function up(db: Kysely<unknown>): Promise<void> {
  await allow(db, "observed_by in ('checkpoint', 'watcher', 'scan', 'call', 'between')");
  await sql`alter table project add column watch text`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`delete from file_change where observed_by in ('call', 'between')`.execute(db);
  await allow(db, OLD);
  await sql`alter table project drop column watch`.execute(db);
}
