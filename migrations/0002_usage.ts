/** How full the agents' accounts are, and questions that a timer answers. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';

const UP = [
  `create table usage_window (
    host text not null,
    account text not null,
    name text not null,
    utilization double precision check (utilization >= 0),
    status text,
    resets_at timestamptz,
    seen_at timestamptz not null,
    primary key (host, account, name)
  )`,
  `comment on table usage_window is 'the last word of the agent on each usage window of an account: its share that is spent, until it resets'`,
  `comment on column usage_window.account is 'agent and the name of its credential, never the credential'`,
  `alter table breakpoint drop constraint breakpoint_via_check, add constraint breakpoint_via_check check (via in ('signal', 'update', 'timer'))`,
];

const DOWN = [
  `update breakpoint set via = 'signal' where via = 'timer'`,
  `alter table breakpoint drop constraint breakpoint_via_check, add constraint breakpoint_via_check check (via in ('signal', 'update'))`,
  `drop table usage_window`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of UP) await sql.raw(statement).execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const statement of DOWN) await sql.raw(statement).execute(db);
}
