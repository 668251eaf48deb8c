/** Which task comes next, and the wait for one whose further attempt is not due yet. The rules are in domain/schedule.ts. */
import { condition } from '@temporalio/workflow';
import { createSchedule } from '../domain/schedule.ts';
import { clockTime } from '../domain/waits.ts';
import { mustStop } from './breakpoints.ts';
import { fatal } from './failures.ts';
import { taskOf, type Milestone, type MilestoneState, type Step, type TaskProgress } from './milestone-state.ts';
import type { Order } from './order.ts';
import { noteEvent, record } from './recorder.ts';
import { goOn, rest } from './resting.ts';
import { isRootWanted } from './root-hold.ts';
import { nextAttempt } from './turn-path.ts';

const dueAt = ({ retryAt }: TaskProgress): number => (retryAt === undefined ? 0 : Date.parse(retryAt));

function orderOf(m: Milestone): Order {
  if (m.order) return m.order;
  const tasks = new Map(m.state.tasks.map((task) => [task.id, task]));
  const beside = m.state.lanes ?? {};
  const schedule = createSchedule(m.brief.tasks, Object.fromEntries(m.state.tasks.map(({ id, state }) => [id, id in beside ? 'running' : state])));
  for (const task of m.state.tasks) if (task.retryAt !== undefined && !(task.id in beside)) schedule.set(task.id, task.state, dueAt(task));
  return (m.order = { schedule, tasks });
}

/** Another plan is followed. */
export function reorder(m: Milestone): void {
  delete m.order;
  markReady(orderOf(m));
}

/** A step changes no task but the one it names. */
export function follow({ order }: Milestone, ...steps: Step[]): void {
  for (const step of steps) {
    const task = 'task' in step && step.task !== null ? order?.tasks.get(step.task) : undefined;
    if (task) order?.schedule.set(task.id, task.state, dueAt(task));
  }
}

/** Who waits for nobody is told so. */
function markReady({ schedule, tasks }: Order): void {
  for (const id of schedule.freed()) {
    const task = tasks.get(id);
    if (task?.state === 'pending') task.state = 'ready';
  }
}

const MAX_NAMED = 5;

/** Each task that can never start, and the tasks that hold it up. */
function deadEnd({ schedule, tasks }: Order, left: readonly { id: string }[]): string {
  const waits = left.map(({ id }) => `${id} waits for ${schedule.blockedBy(id).map((one) => `${one} (${tasks.get(one)?.state ?? 'not in the plan'})`).join(', ')}`);
  const more = waits.length > MAX_NAMED ? `; and ${waits.length - MAX_NAMED} more` : '';
  return `no task can start: ${waits.slice(0, MAX_NAMED).join('; ')}${more}`;
}

/** The task that a fork goes on with, once. */
function forked(state: MilestoneState): TaskProgress | undefined {
  const { goesOnWith: id } = state;
  delete state.goesOnWith;
  return id === undefined ? undefined : taskOf(state, id);
}

/** Those that work beside are begun at once; for its own the line needs the workspace. */
export function chooseTask(m: Milestone): Step {
  const order = orderOf(m);
  const first = forked(m.state);
  if (first) return nextAttempt(first, first.note);
  const next = order.schedule.next(Date.now());
  markReady(order);
  const progress = next && order.tasks.get(next.id);
  if (progress && worksBeside(m, progress)) {
    openLane(m, progress);
    order.schedule.set(progress.id, progress.state, 0);
    return { at: 'chooseTask' };
  }
  const at = order.schedule.wakeAt();
  if (m.state.lanes && (!progress || isRootWanted(m.state))) return { at: 'awaitLanes', ...(at !== undefined && { until: new Date(at).toISOString() }) };
  if (progress) return nextAttempt(progress, progress.state === 'retrying' ? progress.note : null);
  if (at !== undefined) return { at: 'awaitRetry', until: new Date(at).toISOString() };
  const left = m.state.tasks.filter(({ state }) => state !== 'completed' && state !== 'skipped');
  if (left.length > 0) throw fatal('bad_input', deadEnd(order, left));
  return { at: 'complete' };
}

/** A task that is tried again after it was brought back goes on in the workspace. */
const worksBeside = ({ brief }: Milestone, { id, turn }: TaskProgress): boolean => turn === 0 && brief.tasks.some((task) => task.id === id && task.isolated === true);

/** A task that is chosen begins in a line of its own. */
function openLane(m: Milestone, task: TaskProgress): void {
  nextAttempt(task, null);
  m.state.lanes = { ...m.state.lanes, [task.id]: { step: { at: 'openWorktree', task: task.id }, resting: null } };
}

/** Until one of them has ended or let the workspace go, or a task of its own is due. */
export async function awaitLanes(m: Milestone, { until }: Extract<Step, { at: 'awaitLanes' }>): Promise<Step> {
  const { laneEvents } = m.shared;
  const isOver = (): boolean => m.shared.laneEvents !== laneEvents || m.state.paused || mustStop(m);
  const restMs = until === undefined ? undefined : Math.max(1, Date.parse(until) - Date.now());
  await (restMs === undefined ? condition(isOver) : condition(isOver, restMs));
  return { at: 'chooseTask' };
}

/** Nothing else can be done until then. May be paused meanwhile: what was due is begun after that. */
export async function awaitRetry(m: Milestone, step: Extract<Step, { at: 'awaitRetry' }>): Promise<Step> {
  const restMs = Date.parse(step.until) - Date.now();
  if (restMs <= 0) return { at: 'chooseTask' };
  const { id, note } = m.state.tasks.find(({ retryAt }) => retryAt === step.until) ?? { id: m.input.milestone, note: null };
  const text = `${id} tries again at ${clockTime(step.until, Date.now())}`;
  if (m.state.recorded.state !== 'waiting') noteEvent(m.state, 'sleeping', `${text}: ${note ?? ''}`);
  rest(m, 'retry');
  await record(m, text);
  const isCut = (): boolean => m.state.paused || mustStop(m);
  if (await condition(isCut, restMs, { summary: text })) {
    if (m.state.paused) m.lane.resting = null;
    return step;
  }
  goOn(m);
  return { at: 'chooseTask' };
}
