/** How projects stand with the limits of their plans, and what people have granted: for `status`. */
import { sql } from 'kysely';
import { DEFAULT_WARN_AT, nearLine, roundUsd, type Account, type BudgetPlan } from '../domain/limits/budget.ts';
import type { RaisedLimit } from '../domain/limits/extension.ts';
import type { Db } from './transaction.ts';

export interface StatusBudget extends Pick<Account, 'spentUsd' | 'limitUsd'> {
  level: Exclude<Account['level'], 'turn'>;
  /** Null: the project's. */
  milestone: string | null;
  task: string | null;
  /** So much is spent that a person should know. */
  isNear: boolean;
}

export interface StatusRaised extends Pick<RaisedLimit, 'what' | 'level' | 'task' | 'amount' | 'by'> {
  milestone: string | null;
  /** RFC 3339. */
  at: string;
}

export interface ProjectLimits {
  budgets: StatusBudget[];
  raised: StatusRaised[];
}

interface Spent {
  project: string;
  milestone: string;
  task: string;
  usd: number;
}

type Raised = StatusRaised & { project: string };

async function plans(db: Db, projects: readonly string[]): Promise<Map<string, BudgetPlan>> {
  const { rows } = await sql<{ id: string; budget: BudgetPlan }>`
    select p.id, plan.plan->'budget' as budget from project p join plan on plan.project = p.id and plan.sha256 = p.plan_sha256
    where p.id = any(${projects}::text[]) and plan.plan ? 'budget'`.execute(db);
  return new Map(rows.map(({ id, budget }) => [id, budget]));
}

async function spending(db: Db, projects: readonly string[]): Promise<Spent[]> {
  if (projects.length === 0) return [];
  return db.selectFrom('task_cost').selectAll().where('project', 'in', projects).orderBy('project').orderBy('milestone').orderBy('task').execute();
}

async function raising(db: Db, projects: readonly string[]): Promise<Raised[]> {
  const rows = await db.selectFrom('raised_limit').selectAll().where('project', 'in', projects).orderBy('at').orderBy('key').execute();
  return rows.map(({ project, milestone, task, what, level, amount, raised_by: by, at }) => ({ project, milestone, task, what, level, amount, by, at: at.toISOString() }));
}

const sum = (amounts: readonly number[]): number => roundUsd(amounts.reduce((all, one) => all + one, 0));

type Owner = Pick<StatusBudget, 'level' | 'milestone' | 'task'>;

const isOf = ({ milestone, task }: Owner, row: { milestone: string | null; task: string | null }): boolean =>
  (milestone === null || row.milestone === milestone) && (task === null || row.task === task);

function budgetOf(plan: BudgetPlan, owner: Owner, spent: readonly Spent[], raised: readonly Raised[]): StatusBudget | undefined {
  const planned = plan[owner.level];
  if (planned === undefined) return undefined;
  const more = raised.filter((row) => row.what === 'usd' && row.level === owner.level && isOf(owner, row)).map(({ amount }) => amount);
  const account = { level: owner.level, planUsd: planned, limitUsd: roundUsd(planned + sum(more)), spentUsd: sum(spent.filter((row) => isOf(owner, row)).map(({ usd }) => usd)) };
  return { ...owner, spentUsd: account.spentUsd, limitUsd: account.limitUsd, isNear: nearLine([account], plan.warnAt ?? DEFAULT_WARN_AT).length > 0 };
}

function budgets(plan: BudgetPlan, spent: readonly Spent[], raised: readonly Raised[]): StatusBudget[] {
  const milestones = [...new Set(spent.map(({ milestone }) => milestone))];
  const owners: Owner[] = [
    { level: 'project', milestone: null, task: null },
    ...milestones.map((milestone): Owner => ({ level: 'milestone', milestone, task: null })),
    ...spent.map(({ milestone, task }): Owner => ({ level: 'task', milestone, task })),
  ];
  return owners.flatMap((owner) => budgetOf(plan, owner, spent, raised) ?? []);
}

/** By project; of milestones and tasks only those that have cost something. */
export async function projectLimits(db: Db, projects: readonly string[]): Promise<(project: string) => ProjectLimits> {
  if (projects.length === 0) return () => ({ budgets: [], raised: [] });
  const [ofPlan, allRaised] = await Promise.all([plans(db, projects), raising(db, projects)]);
  const allSpent = await spending(db, [...ofPlan.keys()]);
  return (project) => {
    const plan = ofPlan.get(project);
    const [spent, raised] = [allSpent, allRaised].map((rows) => rows.filter((row) => row.project === project)) as [Spent[], Raised[]];
    return { budgets: plan ? budgets(plan, spent, raised) : [], raised: raised.map(({ what, level, milestone, task, amount, by, at }) => ({ what, level, milestone, task, amount, by, at })) };
  };
}
