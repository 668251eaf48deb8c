/** Money that is spent, and what people have granted beyond the plan. Each run counts once, however it ended, in whatever run of the milestone. */
import { sql } from 'kysely';
import type { TurnRef } from '../domain/ids.ts';
import { BUDGET_LEVELS, limitsOf, roundUsd, type Account, type BudgetLevel } from '../domain/limits/budget.ts';
import type { Plan } from '../domain/plan.ts';
import type { Db } from './transaction.ts';
import { turnIdSql } from './turns.ts';

type Sums = Record<BudgetLevel, number>;

/** A row for each task, however long the past is. */
async function spent(db: Db, ref: TurnRef): Promise<Sums> {
  const { project, milestone, task } = ref;
  const sum = (where: ReturnType<typeof sql>) => sql`coalesce(sum(usd) filter (where ${where}), 0)`;
  const { rows } = await sql<Sums>`
    select coalesce(sum(usd), 0) as project, ${sum(sql`milestone = ${milestone}`)} as milestone, ${sum(sql`milestone = ${milestone} and task = ${task}`)} as task,
      (select coalesce(sum(cost_usd), 0) from run where turn_id = ${turnIdSql(ref)}) as turn
    from task_cost where project = ${project}`.execute(db);
  return rows[0] ?? { turn: 0, task: 0, milestone: 0, project: 0 };
}

async function granted(db: Db, { project, milestone, task }: Pick<TurnRef, 'project' | 'milestone' | 'task'>): Promise<Sums> {
  const { rows } = await sql<{ level: BudgetLevel; usd: number }>`
    select level, sum(amount) as usd from raised_limit
    where project = ${project} and what = 'usd'
      and (level = 'project' or (milestone = ${milestone} and (level = 'milestone' or task = ${task})))
    group by level`.execute(db);
  return { turn: 0, task: 0, milestone: 0, project: 0, ...Object.fromEntries(rows.map(({ level, usd }) => [level, usd])) };
}

/** How the turn stands with each limit of the plan that holds for it; none where the plan has none. */
export async function accountsOf(db: Db, plan: Pick<Plan, 'budget' | 'agent'>, turn: TurnRef): Promise<Account[]> {
  const limits = limitsOf(plan);
  if (Object.keys(limits).length === 0) return [];
  const [spentUsd, more] = await Promise.all([spent(db, turn), granted(db, turn)]);
  return BUDGET_LEVELS.flatMap((level) => {
    const planUsd = limits[level];
    return planUsd === undefined ? [] : [{ level, planUsd, limitUsd: roundUsd(planUsd + more[level]), spentUsd: roundUsd(spentUsd[level]) }];
  });
}
