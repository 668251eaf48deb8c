/** What people said to the agent, until it has read it. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table steering (
      id text primary key,
      project text not null,
      milestone text not null,
      epoch bigint not null,
      task text,
      text text not null,
      said_by text,
      said_at timestamptz not null,
      run_key text references run (run_key),
      turn_id bigint references turn (id),
      read_at timestamptz
    )`.execute(db);
  await sql`create index steering_unread on steering (project, milestone, epoch) where read_at is null`.execute(db);
  await sql`comment on table steering is 'words of people to the agent; task null: for whatever is worked on'`.execute(db);
  await sql`comment on column steering.run_key is 'handed to this run while it lasted; read_at: it has read it'`.execute(db);
  await sql`comment on column steering.turn_id is 'the turn in whose prompt it is, where no run had read it before'`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table steering`.execute(db);
}
