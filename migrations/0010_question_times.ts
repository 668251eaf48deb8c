/** What a question does by itself, what has become of it, and answers that were given but not carried out. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';

const UP = [
  `alter table breakpoint
    add column automatic_at timestamptz,
    add column automatic_action text,
    add column reminders integer not null default 0 check (reminders >= 0),
    add column reminded_at timestamptz,
    add column escalated_at timestamptz,
    add column refused text`,
  `comment on column breakpoint.automatic_at is 'the question answers itself then, with automatic_action, by the policy of the plan'`,
  `comment on column breakpoint.refused is 'why the answer was not carried out: the files had changed since the question opened'`,
  `alter table breakpoint drop constraint breakpoint_via_check, add constraint breakpoint_via_check check (via in ('signal', 'update', 'cli', 'timer', 'itself'))`,
];

const DOWN = [
  `update breakpoint set via = 'update' where via = 'cli'`,
  `alter table breakpoint drop constraint breakpoint_via_check, add constraint breakpoint_via_check check (via in ('signal', 'update', 'timer', 'itself'))`,
  `alter table breakpoint drop column automatic_at, drop column automatic_action, drop column reminders, drop column reminded_at, drop column escalated_at, drop column refused`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of UP) await sql.raw(statement).execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const statement of DOWN) await sql.raw(statement).execute(db);
}
