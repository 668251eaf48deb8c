/** What is to be sent about a question, one row per channel, until it is sent, dropped or given up. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table notification (
      id text primary key,
      channel text not null,
      project text not null,
      milestone text not null,
      breakpoint text not null,
      opened_at timestamptz not null,
      why text not null check (why in ('opened', 'reminder', 'escalated')),
      due_at timestamptz not null,
      created_at timestamptz not null default now(),
      state text not null default 'waiting' check (state in ('waiting', 'sent', 'dropped', 'failed')),
      state_at timestamptz,
      attempts integer not null default 0,
      error text,
      foreign key (breakpoint, opened_at) references breakpoint (id, opened_at)
    )`.execute(db);
  await sql`create index notification_waiting on notification (channel, due_at) where state = 'waiting'`.execute(db);
  await sql`comment on table notification is 'what is told to whom about a question; sent by the workflow of its channel'`.execute(db);
  await sql`comment on column notification.state is 'dropped: the question was answered first; failed: given up, error says why'`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table notification`.execute(db);
}
