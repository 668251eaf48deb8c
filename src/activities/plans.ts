/** The plan as workflows need it: names, order and limits. The texts stay in Postgres. */
import { Context } from '@temporalio/activity';
import { HoldpointError } from '../domain/failure-kind.ts';
import { reviewersOf } from '../domain/plan.ts';
import { BUDGET_LEVELS, limitsOf, type BudgetLevel } from '../domain/limits/budget.ts';
import type { MilestonePlan, Plan, TaskPlan } from '../domain/plan.ts';
import { lastOccurrence } from '../db/breakpoints.ts';
import { loadPlan, registerPlan } from '../db/plans.ts';
import type { MilestoneBrief, MilestoneRef, PlanRef, ProjectBrief, QuickActivities } from './contract.ts';
import type { Deps } from './deps.ts';
import { placeOf, type Place } from './places.ts';

export interface Planned {
  plan: Plan;
  milestone: MilestonePlan;
  place: Place;
}

/** Throws `unknown_plan`, or `unknown_target` when the plan has no such milestone. */
export async function planned(deps: Deps, ref: MilestoneRef & { task?: string | null }): Promise<Planned> {
  const plan = await loadPlan(deps.db, { project: ref.project, sha256: ref.planSha256 });
  const milestone = plan.milestones.find(({ id }) => id === ref.milestone);
  if (!milestone) throw new HoldpointError('unknown_target', `the plan of ${ref.project} has no milestone ${ref.milestone}`);
  return { plan, milestone, place: await placeOf(deps, plan, milestone, ref.task ?? null) };
}

export function taskIn({ milestone }: Planned, id: string): TaskPlan {
  const task = milestone.tasks.find((one) => one.id === id);
  if (!task) throw new HoldpointError('unknown_target', `milestone ${milestone.id} has no task ${id}`);
  return task;
}

const levelsOf = (plan: Plan): BudgetLevel[] => BUDGET_LEVELS.filter((level) => limitsOf(plan)[level] !== undefined);

const briefOf = ({ plan, milestone, place }: Planned, hostSeats: number | null, questionsBefore: number): MilestoneBrief => ({
  milestone: milestone.id,
  title: milestone.title,
  host: plan.workspace.host,
  workspace: place.path,
  attempts: plan.agent.attempts,
  hostSeats,
  hostPatienceMs: plan.policy.hostPatienceMs,
  runTimeoutMs: plan.agent.timeoutMs,
  ...(plan.policy.time && { time: plan.policy.time }),
  budgetLevels: levelsOf(plan),
  checksTimeoutMs: plan.checks.reduce((sum, check) => sum + check.timeoutMs, 0),
  reviewTimeoutMs: reviewersOf(plan).reduce((sum, { deadlineMs }) => sum + deadlineMs, 0),
  breakpoints: plan.policy.breakpoints,
  ...(plan.policy.retry && { retry: plan.policy.retry }),
  questionsBefore,
  ...(milestone.fork && { fork: { task: milestone.fork.task, over: milestone.fork.over, note: milestone.fork.note } }),
  ...(milestone.isolation && !milestone.fork && { isolated: true }),
  ...(plan.isolation?.setup && { setupTimeoutMs: plan.isolation.setup.timeoutMs }),
  tasks: milestone.tasks.map(({ id, title, dependsOn, priority, deadline, plan: plans, attempts, isolation }) =>
    ({ id, title, dependsOn, priority, deadline, ...(plans && { plan: true }), ...(attempts !== undefined && { attempts }), ...(isolation && !milestone.fork && { isolated: true }) })),
});

export const projectBriefOf = (plan: Plan): ProjectBrief => ({
  project: plan.project,
  host: plan.workspace.host,
  budgetLevels: levelsOf(plan),
  milestones: plan.milestones.map(({ id, title, dependsOn }) => ({ id, title, dependsOn })),
});

export const createPlans = (deps: Deps): Pick<QuickActivities, 'loadProject' | 'loadMilestone'> => ({
  async loadProject(ref: PlanRef): Promise<ProjectBrief> {
    const { workflowExecution } = Context.current().info;
    // A new run of an ended project begins it again; the same run asking twice changes nothing.
    const plan = await registerPlan(deps.db, { project: ref.project, sha256: ref.planSha256, runId: workflowExecution?.runId ?? '' });
    return projectBriefOf(plan);
  },
  async loadMilestone(ref) {
    const [context, before] = await Promise.all([planned(deps, ref), lastOccurrence(deps.db, ref)]);
    return briefOf(context, deps.seatsOn(context.plan.workspace.host), before);
  },
});
