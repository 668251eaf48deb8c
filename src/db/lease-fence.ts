/**
 * Rows are written under the lease of their milestone, or not at all: whoever lost the workspace must not go on telling what
 * happens in it. The lease's row is locked for as long as the rows are written, so that a claim comes before them or after.
 */
import { sql, type RawBuilder } from 'kysely';
import type { Transaction } from 'kysely';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { TurnRef } from '../domain/ids.ts';
import type { Database } from './schema.ts';
import { inTransaction, type Db } from './transaction.ts';

export type LeaseRef = Pick<TurnRef, 'project' | 'milestone' | 'epoch' | 'attemptAt' | 'lane'>;

/** Joins `workspace_lease lease` to a `turn`: no row when another lease has come since. */
export const leaseOfTurn: RawBuilder<boolean> = sql<boolean>`
  (lease.project, lease.milestone, lease.epoch) = (turn.project, turn.milestone, turn.epoch)`;

/** `stale_fence`, told alike by the database and by the host. */
export const staleLease = (milestone: string, epoch: number): HoldpointError =>
  new HoldpointError('stale_fence', `${milestone} has lost its workspace: lease ${epoch} is over, and what it still has to say about it is refused`);

/** Two attempts of one step: the older was given up while it went on. Not told to anybody, for nobody waits for it any more. */
const superseded = ({ project, milestone }: LeaseRef): HoldpointError =>
  new HoldpointError('internal', `a newer attempt of this step of ${project}/${milestone} has written already`);

/**
 * Runs `write` in one transaction with the check of the lease. `stale_fence` when the milestone's lease is no longer of this
 * epoch; an error when a newer attempt (`attemptAt`) has written under it. Either way nothing is written.
 */
export function underLease<T>(db: Db, of: LeaseRef, write: (tx: Transaction<Database>) => Promise<T>): Promise<T> {
  return inTransaction(db, async (tx) => {
    const lease = await (of.attemptAt === undefined ? shareLease(tx, of) : moveAttempt(tx, of, of.attemptAt));
    if (!lease) throw staleLease(`${of.project}/${of.milestone}`, of.epoch);
    if (lease.isNewer) throw superseded(of);
    return write(tx);
  });
}

/** The same, for rows of a run that is named by its key. Does nothing when there is no such run. */
export async function underLeaseOfRun(db: Db, runKey: string, write: (tx: Transaction<Database>) => Promise<unknown>): Promise<void> {
  const of = await db.selectFrom('run').innerJoin('turn', 'turn.id', 'run.turn_id')
    .select(['turn.project', 'turn.milestone', 'turn.epoch']).where('run.run_key', '=', runKey).executeTakeFirst();
  if (of) await underLease(db, of, write);
}

interface Held {
  /** An attempt that was scheduled later has written. */
  isNewer: boolean;
}

const isOf = ({ project, milestone, epoch }: LeaseRef) => sql<boolean>`(project, milestone, epoch) = (${project}, ${milestone}, ${epoch}::bigint)`;

async function shareLease(tx: Transaction<Database>, of: LeaseRef): Promise<Held | undefined> {
  const { rows } = await sql<Held>`select false as "isNewer" from workspace_lease where ${isOf(of)} for share`.execute(tx);
  return rows[0];
}

async function moveAttempt(tx: Transaction<Database>, of: LeaseRef, at: string): Promise<Held | undefined> {
  if (of.lane !== undefined) return moveBeside(tx, of, of.lane, at);
  const { rows } = await sql<Held>`
    update workspace_lease set attempt_at = greatest(attempt_at, ${at}) where ${isOf(of)}
    returning attempt_at > ${at} as "isNewer"`.execute(tx);
  return rows[0];
}

/** Tasks side by side under one lease: a newer attempt of another one says nothing about this. */
async function moveBeside(tx: Transaction<Database>, of: LeaseRef, lane: string, at: string): Promise<Held | undefined> {
  if (!(await shareLease(tx, of))) return undefined;
  const { rows } = await sql<Held>`
    insert into lease_attempt as moved (project, milestone, epoch, lane, attempt_at) values (${of.project}, ${of.milestone}, ${of.epoch}, ${lane}, ${at})
    on conflict (project, milestone, epoch, lane) do update set attempt_at = greatest(moved.attempt_at, excluded.attempt_at)
    returning attempt_at > ${at} as "isNewer"`.execute(tx);
  return rows[0];
}
