/** What a lease needs to refuse an attempt that was given up, and the seats of hosts. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';

const UP = [
  `alter table workspace_lease add column attempt_at timestamptz`,
  `comment on column workspace_lease.attempt_at is
    'when the attempt that wrote last was scheduled: an older one was given up by Temporal, and its rows are refused'`,
  // Every row that is written under a lease looks it up by its milestone.
  `create index workspace_lease_milestone on workspace_lease (project, milestone)`,
  `create table host_seat (
    project text not null,
    milestone text not null,
    host text not null,
    state text not null check (state in ('waiting', 'taken', 'left')),
    asked_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    taken_at timestamptz,
    primary key (project, milestone)
  )`,
  `comment on table host_seat is
    'one row per milestone that ever asked for a seat: agents at work on a host at the same time. seen_at: it asked last; taken_at: kept after it left'`,
  `create index host_seat_host on host_seat (host, state)`,
];

const DOWN = [
  `drop table host_seat`, `drop index workspace_lease_milestone`, `alter table workspace_lease drop column attempt_at`,
];

async function each(db: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

export const up = (db: Kysely<unknown>): Promise<void> => each(db, UP);

/** Forgets who waits for a seat. */
export const down = (db: Kysely<unknown>): Promise<void> => each(db, DOWN);
