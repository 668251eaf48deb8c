/**
 * A milestone that runs goes over to another plan: asked by its project, done between two steps. What has been done stays done;
 * new tasks join, tasks that are gone and were not begun are skipped.
 */
import { log, patched, setHandler } from '@temporalio/workflow';
import type { MilestoneBrief, MilestoneDifference } from '../activities/contract.ts';
import type { PlanChangeCall } from '../domain/plan-change-call.ts';
import type { AnsweredBreakpoint } from '../domain/questions.ts';
import { groups } from './activity-groups.ts';
import { refusal } from './answer-handlers.ts';
import { answerTo, settle, takeAnswer } from './inbox.ts';
import { applyPlanUpdate } from './messages.ts';
import { newTask, taskIn, type Milestone, type MilestoneInput, type MilestoneState, type TaskProgress } from './milestone-state.ts';
import { closeQuestion } from './notices.ts';
import { noteEvent } from './recorder.ts';
import { releaseCovered } from './release.ts';
import { reorder } from './scheduling.ts';

const SHA256 = /^[0-9a-f]{64}$/;

/** Throws `bad_input`. */
export function demandPlanChange(payload: unknown): PlanChangeCall {
  const wrong = (message: string) => refusal({ kind: 'refused', failure: 'bad_input', message });
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) throw wrong('the payload is not an object');
  const { planSha256, by, check, checked } = payload as Record<string, unknown>;
  if (typeof planSha256 !== 'string' || !SHA256.test(planSha256)) throw wrong('"planSha256" is not the digest of a stored plan');
  if (by !== undefined && by !== null && (typeof by !== 'string' || by.length > 200)) throw wrong('"by" is not a name');
  return { planSha256, ...(typeof by === 'string' && { by }), ...(check === true && { check }), ...(checked === true && { checked }) };
}

export const refused = (message: string) => refusal({ kind: 'refused', failure: 'policy', message });

const isBegun = ({ id, state, turn }: TaskProgress, { step, lanes = {} }: MilestoneState): boolean => id in lanes || taskIn(step) === id || (turn > 0 && state !== 'retrying');

/** What is under way or done cannot be changed any more. */
function refusalOf(state: MilestoneState, { edited, removed }: MilestoneDifference): string | null {
  for (const task of state.tasks) {
    const what = edited.includes(task.id) ? 'edits' : removed.includes(task.id) ? 'removes' : null;
    if (what === null || task.dropped || !isBegun(task, state)) continue;
    const hint = task.state === 'completed' || task.state === 'skipped' ? 'add another task instead' : 'wait for its end, or answer its question';
    return `the plan ${what} task ${task.id}, which is ${task.state}: ${hint}`;
  }
  return null;
}

async function consider(input: MilestoneInput, state: MilestoneState, change: PlanChangeCall): Promise<void> {
  const { project, milestone } = input;
  const planSha256 = state.followed ?? input.planSha256;
  if (change.planSha256 === (state.nextPlan?.planSha256 ?? planSha256)) return;
  const { refused: why, milestones } = await groups.quick.comparePlans.executeWithOptions({ summary: `${milestone} another plan` }, [{ project, planSha256, to: change.planSha256 }]);
  const mine = milestones.find(({ id, kind }) => id === milestone && kind === 'kept');
  if (!mine) throw refused(`the plan has no milestone ${milestone}, which runs`);
  const reason = why ?? (change.checked ? null : refusalOf(state, mine));
  if (reason !== null) throw refused(reason);
  if (change.checked) state.nextPlan = { planSha256: change.planSha256, by: change.by ?? null, removed: mine.removed };
}

/** The whole of a change is the project's to see. */
function demandByProject(state: MilestoneState, payload: unknown): PlanChangeCall {
  const change = demandPlanChange(payload);
  if (state.final) throw refusal({ kind: 'refused', failure: 'not_open', message: 'the milestone has ended' });
  if (!change.check && !change.checked) throw refusal({ kind: 'refused', failure: 'bad_input', message: 'a plan is applied to the project, which tells its milestones' });
  return change;
}

export function handlePlanChange(input: MilestoneInput, state: MilestoneState): void {
  setHandler(applyPlanUpdate, async (payload: PlanChangeCall) => {
    await consider(input, state, demandByProject(state, payload));
    return { accepted: true as const };
  }, { validator: (payload: unknown) => void demandByProject(state, payload), description: 'Said by the project: go over to another plan between two steps' });
}

/** Progress stays with its task; a task that comes back is what it was. */
function mergeTasks(state: MilestoneState, brief: MilestoneBrief): string[] {
  const known = new Map(state.tasks.map((task) => [task.id, task]));
  const listed = brief.tasks.map(({ id }) => known.get(id) ?? newTask(id));
  const ids = new Set(brief.tasks.map(({ id }) => id));
  for (const task of listed) {
    if (task.dropped) task.state = task.turn > 0 ? 'retrying' : 'pending';
    delete task.dropped;
    if (task.state === 'ready') task.state = 'pending';
  }
  const gone = state.tasks.filter(({ id }) => !ids.has(id));
  const skipped = gone.filter(({ state: is }) => is === 'pending' || is === 'ready' || is === 'retrying');
  for (const task of skipped) Object.assign(task, { state: 'skipped', dropped: true });
  state.tasks = [...listed, ...gone];
  return skipped.map(({ id }) => id);
}

/** Whether the milestone is done is asked again where there is more to do now. */
function reconsider(m: Milestone, by: string | null): void {
  const { state } = m;
  const { step } = state;
  const isOpen = state.tasks.some(({ state: is }) => is === 'pending' || is === 'ready' || is === 'retrying');
  if (step.at === 'awaitRetry' || step.at === 'awaitLanes' || (isOpen && step.at === 'complete')) state.step = { at: 'chooseTask' };
  if (!isOpen || step.at !== 'ask' || step.kind !== 'milestone_completion') return;
  // A person was first, while the plan was loaded. Only an approval is of what there was to do before.
  const given = patched('answer-beside-a-plan') ? answerTo(state.inbox, step.breakpoint) : undefined;
  if (given && given.action !== 'approve') return;
  if (given) return refuseApproval(m, given);
  settle(state.inbox, { breakpoint: step.breakpoint, action: 'revise', note: 'the plan has been changed: there is more to do', ...(by !== null && { by }) }, 'itself', new Date().toISOString());
  const answer = takeAnswer(state.inbox, step.breakpoint);
  if (answer) closeQuestion(m, answer);
  state.step = { at: 'chooseTask' };
}

function refuseApproval({ state }: Milestone, given: AnsweredBreakpoint): void {
  takeAnswer(state.inbox, given.id);
  state.unrecorded.answered.push({ ...given, refused: 'it was not carried out: the plan was changed meanwhile, there is more to do' });
  state.step = { at: 'chooseTask' };
}

/** Between two steps. Loads the plan that waits, and goes on by it. */
export async function adoptPlan(m: Milestone): Promise<void> {
  const next = m.state.nextPlan;
  if (!next) return;
  const { project, milestone } = m.input;
  const { planSha256, by } = next;
  const brief = await groups.quick.loadMilestone.executeWithOptions({ summary: `${milestone} changed plan` }, [{ project, planSha256, milestone }]);
  // Another one may have come meanwhile; it is taken next.
  if (m.state.nextPlan === next) delete m.state.nextPlan;
  m.input = { ...m.input, planSha256 };
  m.state.followed = planSha256;
  m.brief = brief;
  const skipped = mergeTasks(m.state, brief);
  reorder(m);
  reconsider(m, by);
  noteEvent(m.state, 'plan_changed', `by ${by ?? 'somebody'}: goes on by plan ${planSha256.slice(0, 12)}${skipped.length > 0 ? `, skips ${skipped.join(', ')}` : ''}`);
  await releaseCovered(m);
  log.info('another plan is followed', { planSha256 });
}
