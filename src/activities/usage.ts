/** The usage windows of the plan's agent: kept as its stream tells them, asked before a turn is begun. */
import { noteUsage, usageWindows, type AccountRef } from '../db/usage-windows.ts';
import type { StreamFold } from '../domain/agent.ts';
import { DEFAULT_START_BELOW, type Plan } from '../domain/plan.ts';
import { accountOf, tooFull } from '../domain/usage.ts';
import type { BegunTurn } from './contract.ts';
import type { Deps } from './deps.ts';

const accountFor = ({ workspace, agent }: Plan): AccountRef => ({ host: workspace.host, account: accountOf(agent) });

/** Stores what the stream has said last; for the moment it is heard, as an older word must not replace a newer one. */
export const keepUsage = (deps: Deps, plan: Plan, fold: StreamFold): Promise<void> =>
  noteUsage(deps.db, accountFor(plan), fold.summary(null).usage, new Date().toISOString());

/** Undefined when the turn may begin. */
export async function usageHold(deps: Deps, plan: Plan, skipped: string | undefined): Promise<BegunTurn['full']> {
  const { host, account } = accountFor(plan);
  const windows = await usageWindows(deps.db, { hosts: [host], account });
  const { startBelow } = plan.policy.usage ?? { startBelow: DEFAULT_START_BELOW };
  return tooFull(windows, { startBelow, nowMs: Date.now(), skipped });
}
