/** A project that runs goes over to another plan: all its milestones can, or nothing is changed. */
import { condition, log, setHandler, upsertMemo, workflowInfo } from '@temporalio/workflow';
import type { MilestoneDifference, PlanComparison } from '../activities/contract.ts';
import type { PlanChangeCall } from '../domain/plan-change-call.ts';
import { groups } from './activity-groups.ts';
import { refusal } from './answer-handlers.ts';
import { failureMessage } from './failures.ts';
import { applyPlanSignal, applyPlanUpdate, type Accepted } from './messages.ts';
import { demandPlanChange, refused } from './plan-change.ts';
import type { Run } from './project-children.ts';
import { showProject } from './project-state.ts';

const hasTaskChanges = ({ added, removed, edited }: MilestoneDifference): boolean => added.length + removed.length + edited.length > 0;

/** Milestones that have ended, or that run and are gone. */
function refusalOf({ project }: Run, { refused: why, milestones }: PlanComparison): string | null {
  if (why !== null) return why;
  for (const milestone of milestones) {
    const state = project.milestones.get(milestone.id);
    if (milestone.kind === 'removed' && state !== 'pending') return `the plan removes milestone ${milestone.id}, which is ${state ?? 'unknown'}`;
    if (state === 'completed' && hasTaskChanges(milestone)) return `milestone ${milestone.id} has completed: its tasks cannot be changed; add a milestone`;
  }
  return null;
}

/** Says it to every milestone that runs; the first refusal ends it. */
async function tellRunning(run: Run, { planSha256, by }: PlanChangeCall, check: boolean): Promise<void> {
  const { project } = run;
  for (const id of [...project.milestones.keys()].filter((one) => project.milestones.get(one) === 'running')) {
    // It may be about to start; one that has not begun has nothing against it.
    if (!run.running.has(id) && check) continue;
    await condition(() => run.running.has(id) || project.milestones.get(id) !== 'running');
    const call = { project: project.input.project, milestone: id, planSha256, by: by ?? null, check };
    const { refused: why } = await groups.quick.tellMilestone.executeWithOptions({ summary: `${id} ${check ? 'asked about' : 'told of'} another plan` }, [call]);
    if (why !== null) throw refused(`milestone ${id}: ${why}`);
  }
}

/** What has begun keeps its state; what is new is pending; a milestone that is gone had not begun. */
function follow({ project }: Run, { brief }: PlanComparison, planSha256: string): void {
  const before = project.milestones;
  project.milestones = new Map(brief.milestones.map(({ id }) => [id, before.get(id) ?? 'pending']));
  project.brief = brief;
  project.input = { ...project.input, planSha256 };
  upsertMemo({ planSha256 });
  showProject(project);
}

async function note({ project }: Run, { by, planSha256 }: PlanChangeCall): Promise<void> {
  const { workflowId, runId } = workflowInfo();
  const message = `by ${by ?? 'somebody'}: goes on by plan ${planSha256.slice(0, 12)}`;
  const change = { project: project.input.project, workflowId, runId, events: [{ kind: 'plan_changed', message }] };
  await groups.quick.recordState.executeWithOptions({ summary: `${project.input.project} plan changed` }, [change]);
}

async function change(run: Run, call: PlanChangeCall): Promise<void> {
  const { project, planSha256 } = run.project.input;
  if (call.planSha256 === planSha256) return;
  const comparison = await groups.quick.comparePlans.executeWithOptions({ summary: `${project} another plan` }, [{ project, planSha256, to: call.planSha256 }]);
  const why = refusalOf(run, comparison);
  if (why !== null) throw refused(why);
  await tellRunning(run, call, true);
  if (call.check) return;
  await groups.quick.adoptPlan.executeWithOptions({ summary: `${project} adopts a plan` }, [{ project, planSha256: call.planSha256 }]);
  follow(run, comparison, call.planSha256);
  await tellRunning(run, call, false);
  await note(run, call);
}

function demand(run: Run, payload: unknown): PlanChangeCall {
  const call = demandPlanChange(payload);
  if (run.project.final) throw refusal({ kind: 'refused', failure: 'not_open', message: 'the project has ended' });
  if (run.project.brief.milestones.length === 0) throw refused('the project is only beginning: try again');
  if (run.changing) throw refused('another change of the plan is under way: try again');
  return call;
}

async function apply(run: Run, payload: unknown): Promise<Accepted> {
  const call = demand(run, payload);
  run.changing = true;
  try {
    await change(run, call);
    return { accepted: true };
  } finally {
    run.changing = false;
  }
}

const EXAMPLE = '{"planSha256": "digest of a stored plan", "by": "your name"}';

export function handlePlans(run: Run): void {
  setHandler(applyPlanUpdate, (payload: PlanChangeCall) => apply(run, payload), {
    validator: (payload: unknown) => void demand(run, payload), description: `Go on by another plan; refused with a reason when that cannot be: ${EXAMPLE}`,
  });
  setHandler(applyPlanSignal, async (payload: PlanChangeCall) => {
    await apply(run, payload).catch((error: unknown) => log.warn('the plan is not followed', { why: failureMessage(error) }));
  }, { description: `Go on by another plan, where that can be: ${EXAMPLE}` });
}
