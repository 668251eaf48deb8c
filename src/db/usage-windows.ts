/** Usage windows of agents' accounts: one row a window, the last word about it. */
import { sql } from 'kysely';
import type { UsageWindow } from '../domain/usage.ts';
import type { Db } from './transaction.ts';

export interface AccountRef {
  host: string;
  /** As `accountOf` names it. */
  account: string;
}

export interface SeenWindow extends AccountRef, UsageWindow {
  /** RFC 3339. */
  seenAt: string;
}

/** May be repeated, also late: what was seen after `at` stays. */
export async function noteUsage(db: Db, { host, account }: AccountRef, windows: readonly UsageWindow[], at: string): Promise<void> {
  if (windows.length === 0) return;
  await db.insertInto('usage_window')
    .values(windows.map(({ name, utilization, status, resetsAt }) => ({ host, account, name, utilization, status, resets_at: resetsAt, seen_at: at })))
    .onConflict((oc) => oc.columns(['host', 'account', 'name']).doUpdateSet((eb) => ({
      utilization: eb.ref('excluded.utilization'), status: eb.ref('excluded.status'),
      resets_at: eb.ref('excluded.resets_at'), seen_at: eb.ref('excluded.seen_at'),
    })).where('usage_window.seen_at', '<=', sql<Date>`excluded.seen_at`))
    .execute();
}

/** In order of host, account and name. */
export async function usageWindows(db: Db, of: { hosts: readonly string[]; account?: string }): Promise<SeenWindow[]> {
  if (of.hosts.length === 0) return [];
  const rows = await db.selectFrom('usage_window').selectAll().where('host', 'in', of.hosts)
    .$if(of.account !== undefined, (query) => query.where('account', '=', of.account ?? ''))
    .orderBy('host').orderBy('account').orderBy('name').execute();
  return rows.map(({ resets_at: resetsAt, seen_at: seenAt, ...row }) =>
    ({ ...row, resetsAt: resetsAt?.toISOString() ?? null, seenAt: seenAt.toISOString() }));
}
