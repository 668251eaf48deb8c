/** A project that runs goes over to another plan: who is asked, what is refused, and what becomes of tasks and questions. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MilestoneBrief, TaskBrief } from '../../src/activities/contract.ts';
import { projectWorkflowId } from '../../src/domain/ids.ts';
import { applyPlan } from '../../src/temporal/client.ts';
import { applyPlanSignal, answerUpdate, milestoneStatusQuery, projectStatusQuery, WORKFLOW_QUEUE } from '../../src/workflows/messages.ts';
import type { projectWorkflow } from '../../src/workflows/project.ts';
import { eventually } from '../support/eventually.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { events, failureOf, opened } from './driver.ts';
import { callsOf, fakeActivities, judgements, milestone, ran, records, task, turnCalls, type World } from './fakes.ts';
import { worldOfPlans, type Plans } from './several-plans.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

const worldOf = (first: Plans[string], plans: Plans, on: World['on'] = {}): World => worldOfPlans(worker, first, plans, on);

const SECOND = 'b'.repeat(64);
const THIRD = 'c'.repeat(64);
const ASKS = { breakpoints: {} };

const start = (world: World) => worker.temporal.client.workflow.start<typeof projectWorkflow>('projectWorkflow', {
  workflowId: projectWorkflowId(world.project), taskQueue: WORKFLOW_QUEUE, args: [{ project: world.project, planSha256: 'first' }], memo: { planSha256: 'first' },
});
const milestoneOf = (world: World, id = 'm') => worker.temporal.client.workflow.getHandle(`${projectWorkflowId(world.project)}/${id}`);
const apply = (world: World, planSha256: string, more: object = {}) => applyPlan(worker.temporal, { project: world.project }, { planSha256, by: 'ann', ...more });
const begun = (world: World): string[] => callsOf(world, 'beginTurn').map((c) => `${String(c.task)}.${String(c.turn)}`);
const statesOf = async (world: World, id = 'm') => ((await milestoneOf(world, id).query(milestoneStatusQuery)).tasks.map((t) => `${t.id}:${t.state}`));

/** The run of that task goes on until told. */
function held(id: string) {
  const gate = Promise.withResolvers<void>();
  const runTurn: World['on']['runTurn'] = async (p) => (p.task === id && p.turn === 1 ? (await gate.promise, ran()) : ran());
  return { runTurn, release: () => gate.resolve() };
}

const isRunning = (world: World, id: string) => eventually(() => callsOf(world, 'runTurn').some((c) => c.task === id), { what: `the run of ${id}` });
const m = (tasks: TaskBrief[], more: Partial<MilestoneBrief> & { dependsOn?: string[] } = {}) => ({ ...milestone('m', { tasks, ...more }), dependsOn: [] });

describe('a plan that is applied', () => {
  test('is taken when what runs has ended: new tasks join, others are gone, edited ones are read anew, the order is another', async () => {
    const { runTurn, release } = held('one');
    const first = m([task('one'), task('two'), task('three'), task('four')]);
    const second = m([task('one'), task('four', { priority: 9 }), task('new', { dependsOn: ['four'] }), task('three', { title: 'Other words' })]);
    const world = worldOf([first], { [SECOND]: [second] }, { runTurn });
    const handle = await start(world);
    await isRunning(world, 'one');
    await apply(world, SECOND, { check: true });
    expect(callsOf(world, 'adoptPlan')).toEqual([]);
    await apply(world, SECOND);
    expect(callsOf(world, 'adoptPlan')).toEqual([{ project: world.project, planSha256: SECOND }]);
    expect((await handle.describe()).memo).toEqual({ planSha256: SECOND });
    release();
    await handle.result();
    expect(begun(world)).toEqual(['one.1', 'four.1', 'new.1', 'three.1']);
    expect(callsOf(world, 'beginTurn').map((c) => c.planSha256)).toEqual(['first', SECOND, SECOND, SECOND]);
    expect((await statesOf(world)).sort()).toEqual(['four:completed', 'new:completed', 'one:completed', 'three:completed', 'two:skipped']);
    expect(events(world)).toContainEqual({ kind: 'plan_changed', message: `by ann: goes on by plan ${SECOND.slice(0, 12)}, skips two` });
  });

  test.each<[string, TaskBrief[], string]>([
    ['edits the task that runs', [task('one', { title: 'Other' }), task('two')], 'edits task one, which is running'],
    ['removes the task that runs', [task('two')], 'removes task one, which is running'],
  ])('that %s is refused, and nothing is changed', async (_, tasks, reason) => {
    const { runTurn, release } = held('one');
    const world = worldOf([m([task('one'), task('two')])], { [SECOND]: [m(tasks)] }, { runTurn });
    const handle = await start(world);
    await isRunning(world, 'one');
    await expect(apply(world, SECOND)).rejects.toMatchObject({ kind: 'policy', message: expect.stringContaining(reason) });
    expect(callsOf(world, 'adoptPlan')).toEqual([]);
    release();
    await handle.result();
    expect(callsOf(world, 'beginTurn').map((c) => c.planSha256)).toEqual(['first', 'first']);
  });

  test('that edits a completed task is refused; one that moves it in line is not', async () => {
    const { runTurn, release } = held('two');
    const world = worldOf([m([task('one'), task('two')])], { [SECOND]: [m([task('one', { title: 'Other' }), task('two')])], [THIRD]: [m([task('two'), task('one', { priority: 1 })])] }, { runTurn });
    const handle = await start(world);
    await isRunning(world, 'two');
    await expect(apply(world, SECOND)).rejects.toMatchObject({ kind: 'policy', message: expect.stringContaining('task one, which is completed: add another task instead') });
    await apply(world, THIRD);
    release();
    await handle.result();
    expect(begun(world)).toEqual(['one.1', 'two.1']);
  });

  test('while an attempt waits changes what it will be told; others that are new run meanwhile', async () => {
    const retry = { firstMs: 12_000, factor: 1, jitter: 0, maxMs: 12_000 };
    let runs = 0;
    const world = worldOf([m([task('one')], { retry })], { [SECOND]: [m([task('one', { title: 'Other' }), task('new')], { retry })] }, {
      runTurn: async () => ran(runs++ === 0 ? { outcome: 'failed' } : {}), judgeTurn: judgements({ decision: 'retry', rule: 'agent_failed', failed: true }, {}),
    });
    const handle = await start(world);
    await eventually(() => events(world).some(({ kind }) => kind === 'sleeping'), { what: 'the wait' });
    await apply(world, SECOND);
    await handle.result();
    expect(callsOf(world, 'beginTurn').map((c) => [c.task, c.turn, c.planSha256])).toEqual([['one', 1, 'first'], ['new', 1, SECOND], ['one', 2, SECOND]]);
  });

  test('while a question about a task is open leaves it open', async () => {
    const world = worldOf([m([task('one')])], { [SECOND]: [m([task('one'), task('new')])] }, { judgeTurn: judgements({ decision: 'breakpoint', breakpoint: 'confidence_too_low' }, {}) });
    const handle = await start(world);
    const { id } = await opened(milestoneOf(world), 'confidence_too_low');
    await apply(world, SECOND);
    await eventually(async () => (await statesOf(world)).includes('new:ready'), { what: 'the new task' });
    expect((await opened(milestoneOf(world), 'confidence_too_low')).id).toBe(id);
    await milestoneOf(world).executeUpdate(answerUpdate, { args: [{ breakpoint: id, action: 'approve' }] });
    await handle.result();
    expect(begun(world)).toEqual(['one.1', 'new.1']);
  });

  test('when all tasks are done closes the question whether that is all, and goes on', async () => {
    const world = worldOf([m([task('one')], ASKS)], { [SECOND]: [m([task('one'), task('new')], ASKS)] });
    const handle = await start(world);
    const first = await opened(milestoneOf(world), 'milestone_completion');
    await apply(world, SECOND);
    const second = await opened(milestoneOf(world), 'milestone_completion', 2);
    expect(records(world).flatMap((r) => r.answered ?? [])).toMatchObject([{ id: first.id, action: 'revise', by: 'ann', via: 'itself' }]);
    expect(begun(world)).toEqual(['one.1', 'new.1']);
    await milestoneOf(world).executeUpdate(answerUpdate, { args: [{ breakpoint: second.id, action: 'approve' }] });
    await handle.result();
  });

  test.each(['approve', 'revise', 'abort'] as const)('an answer "%s" that comes while the plan is loaded is not lost', async (action) => {
    const loading = Promise.withResolvers<void>();
    const plans = { [SECOND]: [m([task('one'), task('new')], ASKS)] };
    const first = [m([task('one')], ASKS)];
    const world = worldOf(first, plans, { loadMilestone: async (p) => (p.planSha256 === SECOND ? (await loading.promise, plans[SECOND]![0]!) : first[0]!) });
    const handle = await start(world);
    const { id } = await opened(milestoneOf(world), 'milestone_completion');
    await handle.signal(applyPlanSignal, { planSha256: SECOND, by: 'ann' });
    await eventually(() => callsOf(world, 'loadMilestone').length === 2, { what: 'the plan to be loaded' });
    await milestoneOf(world).executeUpdate(answerUpdate, { args: [{ breakpoint: id, action, note: 'one: shorter', by: 'bob' }] });
    loading.resolve();
    if (action === 'abort') expect((await failureOf(milestoneOf(world))).message).toContain('aborted by bob');
    else await milestoneOf(world).executeUpdate(answerUpdate, { args: [{ breakpoint: (await opened(milestoneOf(world), 'milestone_completion', 2)).id, action: 'approve' }] });
    await handle.result().catch(() => undefined);
    expect(begun(world)).toEqual({ approve: ['one.1', 'new.1'], revise: ['one.1', 'one.2', 'new.1'], abort: ['one.1'] }[action]);
    expect(records(world).flatMap((r) => r.answered ?? []).filter((one) => one.id === id)).toMatchObject([
      { action, by: 'bob', note: 'one: shorter', ...(action === 'approve' && { refused: expect.stringContaining('the plan was changed meanwhile') }) },
    ]);
  });

  test('during a pause is taken, and nothing begins before it is over', async () => {
    const { runTurn, release } = held('one');
    const world = worldOf([m([task('one'), task('two')])], { [SECOND]: [m([task('one'), task('new', { priority: 9 }), task('two')])] }, { runTurn });
    const handle = await start(world);
    await isRunning(world, 'one');
    await handle.signal('pause', { by: 'ann' });
    release();
    await eventually(async () => (await milestoneOf(world).query(milestoneStatusQuery)).state === 'paused', { what: 'the pause' });
    const before = turnCalls(world, 1);
    await handle.signal(applyPlanSignal, { planSha256: SECOND, by: 'ann' });
    await eventually(async () => (await statesOf(world)).some((one) => one.startsWith('new:')), { what: 'the new task' });
    expect((await milestoneOf(world).query(milestoneStatusQuery)).state).toBe('paused');
    expect([begun(world), turnCalls(world, 1)]).toEqual([['one.1'], before]);
    await handle.signal('resume', {});
    await handle.result();
    expect(begun(world)).toEqual(['one.1', 'new.1', 'two.1']);
  });

  test('survives a fresh history between being told and being taken', async () => {
    const { runTurn, release } = held('one');
    const world = worldOf([m([task('one')])], { [SECOND]: [m([task('one'), task('new')])] }, { runTurn });
    const handle = await worker.temporal.client.workflow.start('milestoneWorkflow', {
      workflowId: `${projectWorkflowId(world.project)}/m`, taskQueue: WORKFLOW_QUEUE, args: [{ project: world.project, planSha256: 'first', milestone: 'm', historyLimit: 30 }],
    });
    await isRunning(world, 'one');
    await applyPlan(worker.temporal, { project: world.project, milestone: 'm' }, { planSha256: SECOND, checked: true });
    release();
    await milestoneOf(world).result();
    expect((await milestoneOf(world).describe()).runId).not.toBe(handle.firstExecutionRunId);
    expect(callsOf(world, 'beginTurn').map((c) => [c.task, c.planSha256])).toEqual([['one', 'first'], ['new', SECOND]]);
  });
});

describe('milestones', () => {
  const n = (id: string, dependsOn: string[], more: Partial<MilestoneBrief> = {}) => ({ ...milestone(id, { tasks: [task(`${id}-task`)], ...more }), dependsOn });

  test('join, and go while they have not begun', async () => {
    const { runTurn, release } = held('m-task');
    const world = worldOf([n('m', []), n('later', ['m'])], { [SECOND]: [n('m', []), n('other', ['m'])] }, { runTurn });
    const handle = await start(world);
    await isRunning(world, 'm-task');
    await apply(world, SECOND);
    expect((await handle.query(projectStatusQuery)).milestones.map(({ id, state }) => `${id}:${state}`)).toEqual(['m:running', 'other:pending']);
    release();
    const result = await handle.result();
    expect(result.milestones.map((one) => one.milestone)).toEqual(['m', 'other']);
    expect(callsOf(world, 'claimWorkspace')).toMatchObject([{ milestone: 'm' }, { milestone: 'other', planSha256: SECOND }]);
  });

  test.each<[string, Plans[string], RegExp]>([
    ['is gone though it runs', [n('done', []), n('other', [])], /removes milestone m, which is running/],
    ['has completed and is another', [n('done', [], { tasks: [task('done-task'), task('more')] }), n('m', ['done'])], /milestone done has completed/],
  ])('one that %s is refused', async (_, second, reason) => {
    const { runTurn, release } = held('m-task');
    const world = worldOf([n('done', []), n('m', ['done'])], { [SECOND]: second }, { runTurn });
    const handle = await start(world);
    await isRunning(world, 'm-task');
    await expect(apply(world, SECOND)).rejects.toMatchObject({ kind: 'policy', message: expect.stringMatching(reason) });
    release();
    await handle.result();
  });
});

test('what is no plan, or said to the wrong one, is refused; a project that has ended does not run', async () => {
  const { runTurn, release } = held('one');
  const world = worldOf([m([task('one')])], {}, { runTurn });
  const handle = await start(world);
  await isRunning(world, 'one');
  await expect(apply(world, 'nonsense')).rejects.toMatchObject({ kind: 'bad_input' });
  await expect(applyPlan(worker.temporal, { project: world.project, milestone: 'm' }, { planSha256: SECOND })).rejects.toMatchObject({ kind: 'bad_input', message: expect.stringContaining('applied to the project') });
  await handle.signal(applyPlanSignal, { planSha256: 'nonsense' });
  release();
  await handle.result();
  await expect(apply(world, SECOND)).rejects.toMatchObject({ kind: 'not_open' });
  expect((await failureOf(handle).catch((error: Error) => error.message))).toBe('the workflow completed');
});
