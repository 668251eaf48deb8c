/** Whether what was recorded of a turn is what happened, as far as it was looked at. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table turn_proof (
      turn_id bigint primary key references turn (id),
      tree text not null,
      steps text not null check (steps in ('whole', 'gap', 'none')),
      part integer not null,
      parts integer not null,
      files integer not null,
      bytes bigint not null,
      wrong jsonb not null,
      at timestamptz not null default now()
    )`.execute(db);
  await sql`comment on table turn_proof is 'recorded changes put onto the first tree gave the last, and files read anew were as the tree says; wrong: what was not'`.execute(db);
  await sql`comment on column turn_proof.steps is 'whole: what was seen on the way leads from the first tree to the last; gap: not all of the way'`.execute(db);
  await sql`comment on column turn_proof.part is 'which part of the files was read, of so many; files and bytes: what that was'`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table turn_proof`.execute(db);
}
