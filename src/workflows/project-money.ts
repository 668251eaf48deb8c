/**
 * Money of the project as a whole: raised in one milestone, or at the project itself, it releases the questions about it in all.
 * The amounts are rows; what is said here only has them looked at again.
 */
import { getExternalWorkflowHandle, log, patched, setHandler } from '@temporalio/workflow';
import { projectWorkflowId } from '../domain/ids.ts';
import { overLine, roundUsd, type Account } from '../domain/limits/budget.ts';
import { MOST_USD, type RaisedLimit } from '../domain/limits/extension.ts';
import { limitDetail } from './limit-detail.ts';
import { failureMessage } from './failures.ts';
import { settle } from './inbox.ts';
import { budgetRaisedSignal, type BudgetRaised, type OpenBreakpoint } from './messages.ts';
import { lanesOf } from './lane.ts';
import type { MilestoneState } from './milestone-state.ts';

/** Undefined for anything else: it may come from anywhere. */
export function readBudgetRaised(payload: unknown): BudgetRaised | undefined {
  const { budgetUsd, by } = (payload ?? {}) as Record<string, unknown>;
  if (typeof budgetUsd !== 'number' || !(budgetUsd > 0 && budgetUsd <= MOST_USD)) return undefined;
  return { budgetUsd, ...(typeof by === 'string' && by.length <= 200 && { by }) };
}

export const DESCRIPTION = 'Said among the workflows of a project: its budget was raised';

/** What is still to be raised once the project has that much more. */
function stillOver(accounts: readonly Account[], budgetUsd: number): Account[] {
  return accounts.flatMap((account) => {
    if (account.level !== 'project') return account;
    return overLine([{ ...account, limitUsd: roundUsd(account.limitUsd + budgetUsd) }]);
  });
}

function release(state: MilestoneState, question: OpenBreakpoint, { budgetUsd, by }: BudgetRaised): void {
  const detail = limitDetail(question.detail);
  if (detail?.limit !== 'money' || !detail.accounts.some(({ level }) => level === 'project')) return;
  const accounts = stillOver(detail.accounts, budgetUsd);
  if (accounts.length > 0) {
    question.detail = { ...detail, accounts };
    for (const { step } of lanesOf(state)) if (step.at === 'ask' && step.breakpoint === question.id) step.detail = question.detail;
    return;
  }
  state.extended = [...(state.extended ?? []), question.id];
  const note = `the project has $${budgetUsd} more`;
  settle(state.inbox, { breakpoint: question.id, action: 'extend', note, ...(by && { by }) }, 'itself', new Date().toISOString());
}

export function handleBudgetRaised(state: MilestoneState): void {
  setHandler(budgetRaisedSignal, (payload: unknown) => {
    const raised = readBudgetRaised(payload);
    if (!raised) return log.warn('budgetRaised ignored', { why: '"budgetUsd" is not an amount' });
    state.projectRaises = (state.projectRaises ?? 0) + 1;
    for (const question of [...state.inbox.open]) release(state, question, raised);
  }, { description: DESCRIPTION });
}

/** To be called when the rows are there. A project that does not run has nobody to tell. */
export async function tellProject(project: string, raised: readonly RaisedLimit[]): Promise<void> {
  const [first, ...more] = raised.filter(({ level }) => level === 'project');
  if (!first || !patched('project-money')) return;
  const budgetUsd = roundUsd(more.reduce((sum, { amount }) => sum + amount, first.amount));
  try {
    await getExternalWorkflowHandle(projectWorkflowId(project)).signal(budgetRaisedSignal, { budgetUsd, ...(first.by !== null && { by: first.by }) });
  } catch (error) {
    log.info('the project could not be told that its budget was raised', { error: failureMessage(error) });
  }
}
