/** A rule of the plan may stop a milestone; what a reviewer was asked is kept, so that another one can be asked the same. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';

const UP = [
  `alter table decision drop constraint decision_decision_check`,
  `alter table decision add constraint decision_decision_check
    check (decision in ('proceed', 'retry', 'clarify', 'wait', 'rerun', 'stop', 'breakpoint'))`,
  `create table review_prompt (
    turn_id bigint not null references turn,
    prompt_hash text not null,
    system text not null,
    prompt text not null,
    at timestamptz not null default now(),
    primary key (turn_id, prompt_hash)
  )`,
  `comment on table review_prompt is 'what a reviewer was asked about a turn, redacted'`,
];

const DOWN = [
  `drop table review_prompt`,
  `update decision set decision = 'breakpoint', breakpoint = 'consecutive_failures' where decision = 'stop'`,
  `alter table decision drop constraint decision_decision_check`,
  `alter table decision add constraint decision_decision_check
    check (decision in ('proceed', 'retry', 'clarify', 'wait', 'rerun', 'breakpoint'))`,
];

async function each(db: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

export const up = (db: Kysely<unknown>): Promise<void> => each(db, UP);

/** Forgets what reviewers were asked; a stop becomes a question that was asked. */
export const down = (db: Kysely<unknown>): Promise<void> => each(db, DOWN);
