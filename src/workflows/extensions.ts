/** What people grant beyond the plan: kept in the state, told to the read side. Pure: every function changes only the state it is given. */
import type { Account, BudgetLevel } from '../domain/limits/budget.ts';
import { amountsIn, describeExtension, type Extension, type RaisedLimit } from '../domain/limits/extension.ts';
import type { LimitDetail } from './limit-detail.ts';
import { taskOf, type MilestoneState } from './milestone-state.ts';
import { noteEvent } from './recorder.ts';

/** The money that an extension of a task, or of the milestone as a whole, is about. */
export const levelsRaised = (task: string | undefined): readonly BudgetLevel[] => (task === undefined ? ['milestone'] : ['turn', 'task']);

const ofTask = (level: BudgetLevel | null): boolean => level === null || level === 'turn' || level === 'task';

/** `levels`: whose money. Turns and minutes hold for every later run of the task, or of all tasks. */
export function raise(state: MilestoneState, given: Extension, levels: readonly BudgetLevel[] = levelsRaised(given.task)): void {
  const { task, turns = 0, minutes = 0, budgetUsd, by = null } = given;
  const to = task === undefined ? (state.more ??= {}) : (taskOf(state, task).more ??= {});
  to.turns = (to.turns ?? 0) + turns;
  to.ms = (to.ms ?? 0) + minutes * 60_000;
  const row = (what: RaisedLimit['what'], amount: number, level: BudgetLevel | null = null): RaisedLimit =>
    ({ what, level, task: ofTask(level) ? (task ?? null) : null, amount, by });
  state.unrecorded.raised = [
    ...(state.unrecorded.raised ?? []),
    ...(turns > 0 ? [row('turns', turns)] : []), ...(minutes > 0 ? [row('minutes', minutes)] : []),
    ...(budgetUsd === undefined ? [] : levels.map((level) => row('usd', budgetUsd, level))),
  ];
  noteEvent(state, 'extended', `${describeExtension(given)} more for ${task ?? 'the milestone'}, by ${by ?? 'somebody'}`);
}

export const moreTurns = (state: MilestoneState, task: string): number => (state.more?.turns ?? 0) + (taskOf(state, task).more?.turns ?? 0);

export const moreMs = (state: MilestoneState, task: string): number => (state.more?.ms ?? 0) + (taskOf(state, task).more?.ms ?? 0);

type By = Pick<Extension, 'task' | 'by'>;

/** Money by default once more what the plan says, each limit for itself. */
function raiseMoney(state: MilestoneState, by: By, accounts: readonly Account[], usd: number | undefined): void {
  for (const { level, planUsd } of accounts) raise(state, { ...by, budgetUsd: usd ?? planUsd }, [level]);
}

/** The answer `extend`: as much as its note says, or the same again. */
export function raiseAsAnswered(state: MilestoneState, task: string, detail: LimitDetail, given: { note: string | null; by: string | null }): void {
  const by: By = { task, ...(given.by && { by: given.by }) };
  const { budgetUsd, ...others } = amountsIn(given.note);
  if (detail.limit === 'time' && others.minutes === undefined) others.minutes = detail.planMs / 60_000;
  if (others.turns !== undefined || others.minutes !== undefined) raise(state, { ...by, ...others });
  if (detail.limit === 'money') raiseMoney(state, by, detail.accounts, budgetUsd);
  else if (budgetUsd !== undefined) raise(state, { ...by, budgetUsd });
}

/** Whether an extension is the answer to the question: it raises all that is asked about. */
export function answersLimit(detail: LimitDetail, questionTask: string | null, { task, turns, budgetUsd, minutes }: Extension): boolean {
  if (task !== undefined && task !== questionTask) return false;
  if (detail.limit === 'turns') return turns !== undefined;
  if (detail.limit === 'time') return minutes !== undefined;
  return budgetUsd !== undefined && detail.accounts.every(({ level }) => levelsRaised(task).includes(level));
}
