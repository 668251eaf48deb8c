/** Money before and after a run: whether a turn may begin, what its run may cost, and a word when most of it is spent. */
import { accountsOf } from '../db/budget.ts';
import { noteEvents } from '../db/events.ts';
import type { TurnRef } from '../domain/ids.ts';
import { DEFAULT_WARN_AT, describeAccount, nearLine, type Account } from '../domain/limits/budget.ts';
import type { Plan } from '../domain/plan.ts';
import type { Deps } from './deps.ts';

/** Whose money it is; a turn's is told with its attempt. */
function ownerOf({ level }: Account, { project, milestone, task, turn }: TurnRef): string {
  if (level === 'project') return project;
  if (level === 'milestone') return `${project}/${milestone}`;
  return level === 'task' ? `${project}/${milestone}/${task}` : `${project}/${milestone}/${task}.${turn}`;
}

/** To be called when a run's cost is booked. Once for each limit as it stands: what is raised is told again. */
export async function warnOfBudget(deps: Deps, plan: Plan, ref: TurnRef): Promise<void> {
  const warnAt = plan.budget?.warnAt ?? DEFAULT_WARN_AT;
  const { project, milestone, epoch } = ref;
  await noteEvents(deps.db, nearLine(await accountsOf(deps.db, plan, ref), warnAt).map((account) => {
    const owner = ownerOf(account, ref);
    const message = `${owner}: ${describeAccount(account)} is spent`;
    return { project, milestone, kind: 'budget_warning', message, key: `${owner}/${account.level === 'turn' ? epoch : ''}/${account.level}/${account.limitUsd}` };
  }));
}
