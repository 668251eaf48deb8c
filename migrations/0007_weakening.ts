/** What in the changes of a task makes its evidence weaker. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';

const UP = [
  `create table weakening (
    turn_id bigint not null references turn (id),
    position integer not null,
    kind text not null check (kind in ('lockedPath', 'testsRemoved', 'fewerAssertions', 'testsSkipped', 'testsFocused', 'testConfig',
      'checkScript', 'snapshotsRemoved', 'fewerTestsRan')),
    path text not null,
    count_before integer,
    count_after integer,
    text text not null,
    accepted text check (accepted in ('policy', 'task')),
    primary key (turn_id, position)
  )`,
  `comment on table weakening is 'tests, locked paths and test configuration that are less than before the task; measured when a turn ends'`,
  `comment on column weakening.accepted is 'who said beforehand that it may be: the plan for all tasks, or for this one'`,
];

async function each(db: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

export const up = (db: Kysely<unknown>): Promise<void> => each(db, UP);

export const down = (db: Kysely<unknown>): Promise<void> => each(db, ['drop table weakening']);
