/** Money: what the plan allows, what is spent of it, what a run may still cost. Amounts in US dollars. Package-free. */
import type { AgentSettings } from '../plan.ts';

export const BUDGET_LEVELS = ['turn', 'task', 'milestone', 'project'] as const;
export type BudgetLevel = (typeof BUDGET_LEVELS)[number];

export type BudgetPlan = Partial<Record<BudgetLevel, number>> & {
  /** Share, 0 to 1, from which it is said that the money runs out. */
  warnAt: number;
};

export const DEFAULT_WARN_AT = 0.8;

/**
 * The least a run is given, unless a limit itself is less: with fewer dollars a large model could not even read a long session
 * again and answer once, so the money would be spent for nothing.
 */
export const FLOOR_USD = 0.25;

/** One limit and what is spent of it. */
export interface Account {
  level: BudgetLevel;
  spentUsd: number;
  limitUsd: number;
  /** As the plan says it, before anybody raised it. */
  planUsd: number;
}

/** A millionth of a dollar is finer than any bill, and free of binary noise. */
export const roundUsd = (usd: number): number => Math.round(usd * 1e6) / 1e6;

/** Only the limits that there are; `budgetUsd` of the agent is the one of a turn. */
export function limitsOf(plan: { budget?: BudgetPlan; agent: Pick<AgentSettings, 'budgetUsd'> }): Partial<Record<BudgetLevel, number>> {
  const { turn = plan.agent.budgetUsd ?? undefined, task, milestone, project } = plan.budget ?? { warnAt: DEFAULT_WARN_AT };
  const all = { turn, task, milestone, project };
  return Object.fromEntries(BUDGET_LEVELS.flatMap((level) => (all[level] === undefined ? [] : [[level, all[level]]])));
}

const leftOf = ({ limitUsd, spentUsd }: Account): number => roundUsd(limitUsd - spentUsd);

/** The limits at which no further turn begins: all of it is spent. */
export const overLine = (accounts: readonly Account[]): Account[] => accounts.filter((account) => leftOf(account) <= 0);

/** The limits of which so much is spent that a person should know, those that are used up included. */
export const nearLine = (accounts: readonly Account[], warnAt: number): Account[] =>
  accounts.filter(({ spentUsd, limitUsd }) => roundUsd(spentUsd) >= roundUsd(warnAt * limitUsd));

/** What the next run may cost; null: there is no limit. */
export function allowance(accounts: readonly Account[]): number | null {
  if (accounts.length === 0) return null;
  const floor = Math.min(FLOOR_USD, ...accounts.map(({ limitUsd }) => limitUsd));
  return roundUsd(Math.max(floor, Math.min(...accounts.map(leftOf))));
}

/** The limits that stopped a run: those that are used up, or else the one that has least left. */
export function tightest(accounts: readonly Account[]): Account[] {
  const over = overLine(accounts);
  return over.length > 0 ? over : [...accounts].sort((a, b) => leftOf(a) - leftOf(b)).slice(0, 1);
}

const dollars = (usd: number): string => `$${usd > 0 && usd < 0.01 ? usd : usd.toFixed(2)}`;

/** `$4.10 of $5.00 for the task` */
export const describeAccount = ({ level, spentUsd, limitUsd }: Account): string => `${dollars(spentUsd)} of ${dollars(limitUsd)} for the ${level}`;
