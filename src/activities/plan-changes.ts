/** A running project goes over to another plan: what differs, the rows of the read side, and word to each milestone. */
import { Context } from '@temporalio/activity';
import { adoptPlan, loadPlan } from '../db/plans.ts';
import { HoldpointError } from '../domain/failure-kind.ts';
import { taskDifference } from '../domain/plan-difference.ts';
import type { MilestonePlan, Plan } from '../domain/plan.ts';
import { findCycle } from '../domain/task-graph.ts';
import type { MilestoneDifference, QuickActivities, ToldMilestone } from './contract.ts';
import type { Deps } from './deps.ts';
import { projectBriefOf } from './plans.ts';

/** The file was checked where it was stored; a plan in the database may be anybody's. */
function refusalOf(from: Plan, to: Plan): string | null {
  if (to.workspace.host !== from.workspace.host || to.workspace.path !== from.workspace.path) {
    return `the plan names another workspace (${to.workspace.host}:${to.workspace.path}): a running project stays where it is`;
  }
  if (to.agent.name !== from.agent.name) return `the plan names another agent (${to.agent.name}): the sessions of a running project are ${from.agent.name}'s`;
  const moved = from.milestones.find(({ id, isolation }) => to.milestones.some((other) => other.id === id && other.isolation !== isolation));
  if (moved) return `the plan changes where milestone ${moved.id} works: it keeps its isolation while the project runs`;
  const cycle = findCycle(to.milestones) ?? to.milestones.map(({ tasks }) => findCycle(tasks)).find((one) => one !== undefined);
  return cycle ? `the plan has a circle: ${cycle.join(' → ')}` : null;
}

const NOTHING = { added: [], removed: [], edited: [] };

function differences(from: Plan, to: Plan): MilestoneDifference[] {
  const before = new Map(from.milestones.map((milestone) => [milestone.id, milestone]));
  const ids = new Set(to.milestones.map(({ id }) => id));
  const differenceOf = (milestone: MilestonePlan): MilestoneDifference => {
    const was = before.get(milestone.id);
    return was ? { id: milestone.id, kind: 'kept', ...taskDifference(was, milestone) } : { id: milestone.id, kind: 'added', ...NOTHING };
  };
  const removed = from.milestones.filter(({ id }) => !ids.has(id)).map(({ id }): MilestoneDifference => ({ id, kind: 'removed', ...NOTHING }));
  return [...to.milestones.map(differenceOf), ...removed];
}

/** An end is no refusal: there is nobody to tell. */
async function told(tell: () => Promise<unknown>): Promise<ToldMilestone> {
  try {
    await tell();
    return { refused: null };
  } catch (error) {
    if (!(error instanceof HoldpointError)) throw error;
    if (error.kind === 'not_open' || error.kind === 'unknown_target') return { refused: null };
    if (error.kind === 'policy') return { refused: error.message };
    throw error;
  }
}

export const createPlanChanges = (deps: Deps): Pick<QuickActivities, 'comparePlans' | 'adoptPlan' | 'tellMilestone'> => ({
  async comparePlans({ project, planSha256, to }) {
    const [from, plan] = await Promise.all([loadPlan(deps.db, { project, sha256: planSha256 }), loadPlan(deps.db, { project, sha256: to })]);
    return { refused: refusalOf(from, plan), milestones: differences(from, plan), brief: projectBriefOf(plan) };
  },
  async adoptPlan({ project, planSha256 }) {
    await adoptPlan(deps.db, { project, sha256: planSha256, runId: Context.current().info.workflowExecution?.runId ?? '' });
  },
  tellMilestone: ({ project, milestone, planSha256, by, check }) =>
    told(() => deps.tellPlan({ project, milestone }, { planSha256, ...(by !== null && { by }), ...(check ? { check } : { checked: true }) })),
});
