/** The plan as workflows need it: names, order and limits. The texts stay in Postgres. */
import { Context } from '@temporalio/activity';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { MilestonePlan, Plan, TaskPlan } from '../domain/plan.ts';
import { lastOccurrence } from '../db/breakpoints.ts';
import { loadPlan, registerPlan } from '../db/plans.ts';
import type { MilestoneBrief, MilestoneRef, PlanRef, ProjectBrief, QuickActivities } from './contract.ts';
import type { Deps } from './deps.ts';

export interface Planned {
  plan: Plan;
  milestone: MilestonePlan;
}

/** Throws `unknown_plan`, or `unknown_target` when the plan has no such milestone. */
export async function planned(deps: Deps, ref: MilestoneRef): Promise<Planned> {
  const plan = await loadPlan(deps.db, { project: ref.project, sha256: ref.planSha256 });
  const milestone = plan.milestones.find(({ id }) => id === ref.milestone);
  if (!milestone) throw new HoldpointError('unknown_target', `the plan of ${ref.project} has no milestone ${ref.milestone}`);
  return { plan, milestone };
}

export function taskIn({ milestone }: Planned, id: string): TaskPlan {
  const task = milestone.tasks.find((one) => one.id === id);
  if (!task) throw new HoldpointError('unknown_target', `milestone ${milestone.id} has no task ${id}`);
  return task;
}

const briefOf = ({ plan, milestone }: Planned, hostSeats: number | null, questionsBefore: number): MilestoneBrief => ({
  milestone: milestone.id,
  title: milestone.title,
  host: plan.workspace.host,
  workspace: plan.workspace.path,
  attempts: plan.agent.attempts,
  hostSeats,
  hostPatienceMs: plan.policy.hostPatienceMs,
  runTimeoutMs: plan.agent.timeoutMs,
  checksTimeoutMs: plan.checks.reduce((sum, check) => sum + check.timeoutMs, 0),
  breakpoints: plan.policy.breakpoints,
  questionsBefore,
  tasks: milestone.tasks.map(({ id, title, dependsOn, priority, deadline }) => ({ id, title, dependsOn, priority, deadline })),
});

export const createPlans = (deps: Deps): Pick<QuickActivities, 'loadProject' | 'loadMilestone'> => ({
  async loadProject(ref: PlanRef): Promise<ProjectBrief> {
    const { workflowExecution } = Context.current().info;
    // A new run of an ended project begins it again; the same run asking twice changes nothing.
    const plan = await registerPlan(deps.db, { project: ref.project, sha256: ref.planSha256, runId: workflowExecution?.runId ?? '' });
    return {
      project: plan.project,
      host: plan.workspace.host,
      milestones: plan.milestones.map(({ id, title, dependsOn }) => ({ id, title, dependsOn })),
    };
  },
  async loadMilestone(ref) {
    const [context, before] = await Promise.all([planned(deps, ref), lastOccurrence(deps.db, ref)]);
    return briefOf(context, deps.seatsOn(context.plan.workspace.host), before);
  },
});
