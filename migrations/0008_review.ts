/** Several reviewers may judge a turn: a row each, with what its prompt was made of. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table turn add column templates text`.execute(db);
  await sql`comment on column turn.templates is 'version of the templates the prompt was made from'`.execute(db);
  await sql`alter table review add column reviewer text not null default 'ollama', add column templates text, add column window_tokens integer,
    add column prompt_tokens integer, add column model_tokens integer, add column not_shown jsonb`.execute(db);
  await sql`alter table review alter column reviewer drop default`.execute(db);
  await sql`alter table review drop constraint review_pkey`.execute(db);
  await sql`alter table review add constraint review_pkey primary key (turn_id, reviewer, model)`.execute(db);
  await sql`comment on column review.window_tokens is 'what the model can read at once; null: it did not say'`.execute(db);
  await sql`comment on column review.prompt_tokens is 'of the prompt, as counted here'`.execute(db);
  await sql`comment on column review.model_tokens is 'of the prompt, as counted by the model''s server'`.execute(db);
  await sql`comment on column review.not_shown is 'changed paths the reviewer saw only a part of, or nothing'`.execute(db);
}

/** Of several reviews of a turn, the lowest stays. */
export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`delete from review where ctid not in (
    select distinct on (turn_id) ctid from review order by turn_id, kind desc, quality, reviewer, model)`.execute(db);
  await sql`alter table review drop constraint review_pkey`.execute(db);
  await sql`alter table review add constraint review_pkey primary key (turn_id)`.execute(db);
  await sql`alter table review drop column reviewer, drop column templates, drop column window_tokens, drop column prompt_tokens,
    drop column model_tokens, drop column not_shown`.execute(db);
  await sql`alter table turn drop column templates`.execute(db);
}
