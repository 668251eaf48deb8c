/** The agent's own transcripts, kept off the host: what was added with each run, secrets hidden. And which turn a fork began with. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table transcript_part (
      id bigint generated always as identity primary key,
      turn_id bigint not null references turn (id),
      session_id text not null,
      generation integer not null,
      from_byte bigint not null,
      to_byte bigint not null,
      file_sha256 text not null,
      hidden boolean not null,
      copy_bytes bigint not null,
      copy_sha256 text not null,
      copy bytea not null,
      at timestamptz not null default now(),
      unique (session_id, generation, from_byte),
      check (to_byte > from_byte)
    )`.execute(db);
  await sql`alter table milestone add column fork_of jsonb`.execute(db);
  await sql`comment on column milestone.fork_of is 'milestone, epoch, task and turn that it goes on from; null: of the project''s plan'`.execute(db);
  await sql`create index transcript_part_turn on transcript_part (turn_id)`.execute(db);
  await sql`comment on table transcript_part is 'parts of the file an agent keeps of its session, in order; a file that was begun anew is another generation'`.execute(db);
  await sql`comment on column transcript_part.file_sha256 is 'of the file on the host up to to_byte, with its secrets'`.execute(db);
  await sql`comment on column transcript_part.copy is 'this part, secrets hidden, gzip; copy_sha256 and copy_bytes are of it before compression'`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`alter table milestone drop column fork_of`.execute(db);
  await sql`drop table transcript_part`.execute(db);
}
