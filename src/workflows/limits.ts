/** Limits before a turn begins. A usage limit is a question that answers itself at the reset, while a timer of the server runs. */
import { describeAccount, type Account } from '../domain/limits/budget.ts';
import { clockTime, resumeAt } from '../domain/waits.ts';
import { ask } from './breakpoints.ts';
import type { Milestone, Step, TaskProgress } from './milestone-state.ts';

/** The turn goes on at `until`; a person sees it before, and may shorten or end the wait. */
export function askToWait(m: Milestone, task: TaskProgress, until: string, why: string): Step {
  const back: Step = { at: 'beginTurn', task: task.id };
  return ask(m, { kind: 'rate_limit_hit', task: task.id, back, until }, `Sleeping until ${clockTime(until, Date.now())}. ${why}`);
}

/** The window is too full to begin: nothing of the turn has happened yet. */
export const askBeforeTurn = (m: Milestone, task: TaskProgress, full: { until: string; reason: string }): Step =>
  askToWait(m, task, resumeAt(full.until, Date.now(), 0, Math.random()), full.reason);

/** No money is left to begin with: the session is kept, and a person says whether there is more. */
export function askForMoney(m: Milestone, task: TaskProgress, accounts: Account[]): Step {
  const reason = `No money is left to begin ${task.seq > 1 ? 'another run' : 'the turn'} (${accounts.map(describeAccount).join(', ')}).`;
  return ask(m, { kind: 'budget_exceeded', task: task.id, back: { at: 'beginTurn', task: task.id }, detail: { limit: 'money', accounts } }, reason);
}
