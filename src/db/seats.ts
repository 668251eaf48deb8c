/**
 * Seats of a host: how many agents may be at work there at the same time, one of a milestone and one of each of its tasks that works elsewhere. Who waits is a row, so that all
 * workers see one queue, and nobody holds a slot of a worker meanwhile.
 */
import { sql } from 'kysely';
import type { Transaction } from 'kysely';
import type { Database } from './schema.ts';
import { inTransaction, type Db } from './transaction.ts';

export interface SeatClaim {
  project: string;
  milestone: string;
  /** Absent: the milestone itself. */
  task?: string;
  host: string;
  /** How many there are. */
  seats: number;
}

export interface SeatHolder {
  project: string;
  milestone: string;
  task?: string;
}

/** `full`: who has the seats, and how many of those who wait come first. */
export type SeatAnswer = { kind: 'taken' } | { kind: 'full'; holders: SeatHolder[]; ahead: number };

/** Who has not asked for this long does not wait any more: its workflow was ended, or no worker lives. */
const WAITS_FOR = sql`interval '15 seconds'`;

/**
 * Takes a seat, or stands in line; to be asked again until it is taken, and may be repeated after that. A free seat goes to the
 * project with the fewest, among those to the one that got one longest ago, and there to the milestone that waits longest.
 */
export function takeSeat(db: Db, claim: SeatClaim): Promise<SeatAnswer> {
  return inTransaction(db, async (tx) => {
    // One asks at a time, or two would count the same free seat.
    await sql`select pg_advisory_xact_lock(hashtextextended('seats of ' || ${claim.host}, 0))`.execute(tx);
    if ((await standInLine(tx, claim)) === 'taken') return { kind: 'taken' };
    const { holders, place } = await lineOf(tx, claim);
    if (holders.length + place > claim.seats) return { kind: 'full', holders, ahead: place - 1 };
    await tx.updateTable('host_seat').set({ state: 'taken', taken_at: sql`now()` })
      .where('project', '=', claim.project).where('milestone', '=', claim.milestone).where('task', '=', claim.task ?? '').execute();
    return { kind: 'taken' };
  });
}

async function standInLine(tx: Transaction<Database>, { project, milestone, task = '', host }: SeatClaim): Promise<string | undefined> {
  const { rows } = await sql<{ state: string }>`
    insert into host_seat as seat (project, milestone, task, host, state) values (${project}, ${milestone}, ${task}, ${host}, 'waiting')
    on conflict (project, milestone, task) do update set
      host = excluded.host, seen_at = now(),
      asked_at = case when seat.host = excluded.host and seat.state = 'waiting' then seat.asked_at else now() end,
      state = case when seat.host = excluded.host and seat.state = 'taken' then 'taken' else 'waiting' end
    returning state`.execute(tx);
  return rows[0]?.state;
}

/** Who has a seat, and the place in line of who asks, from 1. */
async function lineOf(tx: Transaction<Database>, { project, milestone, task = '', host }: SeatClaim): Promise<{ holders: SeatHolder[]; place: number }> {
  const holders = await tx.selectFrom('host_seat').select(['project', 'milestone', 'task'])
    .where('host', '=', host).where('state', '=', 'taken').orderBy('taken_at').execute();
  const { rows } = await sql<{ place: number }>`
    with of_project as (
      select project, count(*) filter (where state = 'taken') as taken, max(taken_at) as last from host_seat where host = ${host} group by project
    ), waiting as (
      select project, milestone, task, asked_at, last, taken + row_number() over (partition by project order by asked_at, milestone, task) as nth
      from host_seat join of_project using (project)
      where host = ${host} and state = 'waiting' and seen_at > now() - ${WAITS_FOR}
    ), line as (
      select project, milestone, task, row_number() over (order by nth, last nulls first, asked_at, project) as place from waiting
    )
    select place from line where project = ${project} and milestone = ${milestone} and task = ${task}`.execute(tx);
  return { holders, place: rows[0]?.place ?? 1 };
}

/** Gives the seat back, or leaves the line; may be repeated. */
export async function leaveSeat(db: Db, { project, milestone, task = '' }: SeatHolder): Promise<void> {
  await db.updateTable('host_seat').set({ state: 'left' }).where('project', '=', project).where('milestone', '=', milestone).where('task', '=', task).execute();
}
