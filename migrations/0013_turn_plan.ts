/** A turn says which plan it followed: the plan of a running project may change. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table turn add column plan_sha256 text`.execute(db);
  await sql`comment on column turn.plan_sha256 is 'the plan its prompt was made from; null in turns of older versions'`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`alter table turn drop column plan_sha256`.execute(db);
}
