/** Who may write to a workspace. The epoch is the fencing number: it grows with every new holder and never goes back. */
import { sql, type RawBuilder } from 'kysely';
import { HoldpointError } from '../domain/failure-kind.ts';
import { restoreHolderOf } from '../domain/ids.ts';
import type { Db } from './transaction.ts';

export interface WorkspaceRef {
  host: string;
  workspace: string;
}

export interface LeaseClaim extends WorkspaceRef {
  project: string;
  milestone: string;
  /** Id of the workflow's first run: the same over continue-as-new. */
  holder: string;
  /** The highest number the host has seen, when it has refused a lower one. */
  above?: number;
  /** When the attempt that claims was scheduled (RFC 3339). */
  attemptAt?: string;
  /** The milestone works elsewhere, and only brings something back: under a number that none of its other leases has. */
  beside?: boolean;
}

export interface Lease {
  holder: string;
  project: string;
  milestone: string;
  epoch: number;
  /** RFC 3339. */
  since: string;
}

/** It is taken beside the milestone's own work. */
const isOfRestore = (holder: RawBuilder<unknown>) => sql<boolean>`starts_with(${holder}, ${restoreHolderOf('')})`;

/**
 * Takes the lease; may be repeated: the same holder gets the same epoch, unless the host has seen a higher one (`above`). The
 * number is new for the workspace and for the milestone, which may have worked in another workspace before. A new run of the same milestone takes over from the
 * old one, which must have ended, because Temporal runs one workflow of an id at a time; of a restore neither holds. `workspace_leased` (with the lease
 * in `details`) while another milestone holds it.
 */
export async function claimLease(db: Db, claim: LeaseClaim): Promise<{ epoch: number }> {
  const { host, workspace, project, milestone, holder, above = 0, attemptAt = null, beside = false } = claim;
  const isSame = sql`lease.holder = excluded.holder and lease.epoch > ${above}`;
  const { rows } = await sql<{ epoch: number }>`
    with claimed as (
      insert into workspace_lease as lease (host, workspace, epoch, holder, project, milestone, attempt_at)
      select ${host}, ${workspace}, greatest(${above}::bigint, coalesce(max(epoch), 0), (
        select coalesce(max(other.epoch), 0) from workspace_lease other
        where ${beside} and other.project = ${project} and other.milestone = ${milestone} and (other.host, other.workspace) <> (${host}, ${workspace})
      )) + 1, ${holder}, ${project}, ${milestone}, ${attemptAt}::timestamptz
      from checkpoint where project = ${project} and milestone = ${milestone} and turn_id is null
      on conflict (host, workspace) do update set
        epoch = case when ${isSame} then lease.epoch else greatest(lease.epoch + 1, excluded.epoch) end,
        attempt_at = case when ${isSame} then greatest(lease.attempt_at, excluded.attempt_at) else excluded.attempt_at end,
        since = case when lease.holder = excluded.holder then lease.since else excluded.since end,
        holder = excluded.holder, project = excluded.project, milestone = excluded.milestone
      where lease.holder is null or lease.holder = excluded.holder
        or ((lease.project, lease.milestone) = (excluded.project, excluded.milestone) and not ${isOfRestore(sql`lease.holder`)} and not ${isOfRestore(sql`excluded.holder`)})
      returning epoch
    ), marked as (
      update milestone set epoch = claimed.epoch from claimed where project = ${project} and id = ${milestone} and not ${beside} and not ${isOfRestore(sql`${holder}::text`)}
    )
    select epoch from claimed`.execute(db);
  if (rows[0]) return rows[0];
  throw leased(claim, await leaseHolder(db, claim));
}

function leased({ host, workspace }: WorkspaceRef, lease: Lease | null): HoldpointError {
  const who = lease ? `milestone ${lease.project}/${lease.milestone} since ${lease.since}` : 'another milestone a moment ago';
  return new HoldpointError('workspace_leased', `${workspace} on ${host} is in use by ${who}`, {
    hint: lease ? `wait until it ends, or \`holdpoint cancel ${lease.project}\`` : 'try again', details: { lease },
  });
}

/** What is freed: the lease of that number, or what a claim that failed has left, unless a newer attempt claimed as well. */
export type Release = WorkspaceRef & ({ epoch: number } | { holder: string; attemptAt: string });

/** Frees the workspace; may be repeated, and does nothing to a later lease. */
export async function releaseLease(db: Db, release: Release): Promise<void> {
  const which = 'epoch' in release
    ? sql<boolean>`epoch = ${release.epoch}`
    : sql<boolean>`holder = ${release.holder} and attempt_at <= ${release.attemptAt}`;
  await db.updateTable('workspace_lease').set({ holder: null })
    .where('host', '=', release.host).where('workspace', '=', release.workspace).where(which).execute();
}

/** Null when the workspace is free or was never leased. */
export async function leaseHolder(db: Db, { host, workspace }: WorkspaceRef): Promise<Lease | null> {
  const row = await db.selectFrom('workspace_lease').selectAll().where('host', '=', host).where('workspace', '=', workspace).executeTakeFirst();
  if (!row?.holder) return null;
  const { holder, project, milestone, epoch, since } = row;
  return { holder, project, milestone, epoch, since: since.toISOString() };
}
