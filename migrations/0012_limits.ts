/** Limits that people have raised: money is counted over all runs of a project, so what was granted must be too. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';

const UP = [
  `create table raised_limit (
    key text primary key,
    project text not null references project,
    milestone text,
    task text,
    what text not null check (what in ('turns', 'usd', 'minutes')),
    level text check (level in ('turn', 'task', 'milestone', 'project')),
    amount numeric not null check (amount > 0),
    raised_by text,
    run_id text not null,
    at timestamptz not null,
    check ((what = 'usd') = (level is not null))
  )`,
  `comment on table raised_limit is 'what people granted beyond the plan; turns and minutes hold for one run of the milestone, money for all'`,
  `create index raised_limit_of on raised_limit (project, milestone)`,
];

async function each(db: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

export const up = (db: Kysely<unknown>): Promise<void> => each(db, UP);

/** Forgets what was granted: the limits of the plans hold again. */
export const down = (db: Kysely<unknown>): Promise<void> => each(db, ['drop table raised_limit']);
