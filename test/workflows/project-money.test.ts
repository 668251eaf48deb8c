/** The budget of a project: raised in one place, it lets every milestone go on that waits for it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { BegunTurn } from '../../src/activities/contract.ts';
import { projectWorkflowId } from '../../src/domain/ids.ts';
import type { Account } from '../../src/domain/limits/budget.ts';
import type { Extension } from '../../src/domain/limits/extension.ts';
import { answerUpdate, breakpointsQuery, extendSignal, extendUpdate, WORKFLOW_QUEUE } from '../../src/workflows/messages.ts';
import type { projectWorkflow } from '../../src/workflows/project.ts';
import { eventually } from '../support/eventually.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { events, opened } from './driver.ts';
import { callsOf, fakeActivities, milestone, newWorld, records, task, type World } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

const done = { milestone_completion: { enabled: false, priority: null } };
const raisedIn = (world: World) => records(world).flatMap(({ milestone: of, raised = [] }) => raised.map((row) => ({ of, ...row })));

/** Milestones `a` and `b`, $60 spent of a project's 50; as the rows say. `a` first asks when it is let. */
function poor(levels: ('task' | 'project')[] = ['project'], ready: Promise<void> = Promise.resolve(), isolated = false): World {
  const world = newWorld({ milestones: ['a', 'b'].map((id) => milestone(id, { breakpoints: done, budgetLevels: levels, ...(isolated && { tasks: [task('one', { isolated })] }) })) });
  world.brief.budgetLevels = levels;
  const account = (level: 'task' | 'project'): Account => {
    const more = raisedIn(world).filter((row) => row.level === level).reduce((sum, { amount }) => sum + amount, 0);
    return { level, spentUsd: 60, limitUsd: 50 + more, planUsd: 50 };
  };
  world.on.beginTurn = async ({ milestone: of }): Promise<BegunTurn> => {
    const broke = levels.map(account).filter(({ spentUsd, limitUsd }) => spentUsd >= limitUsd);
    if (of === 'a') await ready;
    return broke.length > 0 ? { runKey: '', broke } : { runKey: 'r' };
  };
  return world;
}

const start = (world: World) => worker.temporal.client.workflow.start<typeof projectWorkflow>('projectWorkflow', {
  workflowId: projectWorkflowId(world.project), taskQueue: WORKFLOW_QUEUE, args: [{ project: world.project, planSha256: 'abc' }],
});
const of = (world: World, id: string) => worker.temporal.client.workflow.getHandle(`${projectWorkflowId(world.project)}/${id}`);
const answers = (world: World) => records(world).flatMap(({ milestone: id, answered = [] }) => answered.map(({ action, by, via }) => [id, action, by, via].join(' '))).sort();

test("the answer in one milestone releases the other's question", async () => {
  const world = poor();
  const handle = await start(world);
  const [a] = await Promise.all([opened(of(world, 'a'), 'budget_exceeded'), opened(of(world, 'b'), 'budget_exceeded')]);
  await of(world, 'a').executeUpdate(answerUpdate, { args: [{ breakpoint: a.id, action: 'extend', note: '$20', by: 'ann' }] });
  await handle.result();
  expect(answers(world)).toEqual(['a extend ann update', 'b extend ann itself']);
  expect(raisedIn(world)).toEqual([{ of: 'a', what: 'usd', level: 'project', task: null, amount: 20, by: 'ann' }]);
});

test.each(['update', 'signal'] as const)('extend of the project by %s releases both; what is not enough leaves them open, with what is there now', async (via) => {
  const world = poor();
  const handle = await start(world);
  await Promise.all(['a', 'b'].map((id) => opened(of(world, id), 'budget_exceeded')));
  const extend = (extension: Extension) => (via === 'update' ? handle.executeUpdate(extendUpdate, { args: [extension] }) : handle.signal(extendSignal, extension));
  await extend({ budgetUsd: 5, by: 'ann' });
  const limits = async () => (await of(world, 'a').query(breakpointsQuery)).flatMap(({ detail }) => (detail as { accounts: Account[] }).accounts.map(({ limitUsd }) => limitUsd));
  await eventually(async () => (await limits())[0] === 55, { what: 'the limit that is asked about' });
  await extend({ budgetUsd: 10, by: 'bob' });
  await handle.result();
  expect(answers(world)).toEqual(['a extend bob itself', 'b extend bob itself']);
  expect(raisedIn(world)).toMatchObject([{ level: 'project', amount: 5, by: 'ann' }, { level: 'project', amount: 10, by: 'bob' }]);
  expect(raisedIn(world)[0]?.of).toBeUndefined();
  expect(events(world).filter(({ kind }) => kind === 'extended').map(({ message }) => message)).toEqual(['$5 more for the project, by ann', '$10 more for the project, by bob']);
});

test.each([['in the workspace', false], ['in a worktree of its own', true]])('a question that is about other money too stays open for that; asked %s', async (_, isolated) => {
  const world = poor(['task', 'project'], Promise.resolve(), isolated);
  const handle = await start(world);
  const [a, b] = await Promise.all([opened(of(world, 'a'), 'budget_exceeded'), opened(of(world, 'b'), 'budget_exceeded')]);
  await handle.executeUpdate(extendUpdate, { args: [{ budgetUsd: 20, by: 'ann' }] });
  for (const { id, milestone: at } of [a, b]) {
    await eventually(async () => ((await of(world, at).query(breakpointsQuery))[0]?.detail as { accounts: Account[] }).accounts.length === 1, { what: 'the question about the task alone' });
    await of(world, at).executeUpdate(answerUpdate, { args: [{ breakpoint: id, action: 'extend', note: '$30', by: 'bob' }] });
  }
  await handle.result();
  expect(raisedIn(world).map(({ level, amount }) => `${level} ${amount}`)).toEqual(['project 20', 'task 30', 'task 30']);
});

test('money that comes while it is looked at leads to no question', async () => {
  const ready = Promise.withResolvers<void>();
  const world = poor(['project'], ready.promise);
  const handle = await start(world);
  const { id } = await opened(of(world, 'b'), 'budget_exceeded');
  await eventually(() => callsOf(world, 'beginTurn').length === 2, { what: 'a to look' });
  await of(world, 'b').executeUpdate(answerUpdate, { args: [{ breakpoint: id, action: 'extend', by: 'ann' }] });
  await eventually(async () => ((await of(world, 'a').fetchHistory()).events ?? []).some((event) => event.workflowExecutionSignaledEventAttributes?.signalName === 'budgetRaised'), { what: 'the word of it' });
  ready.resolve();
  await handle.result();
  expect(answers(world)).toEqual(['b extend ann update']);
});

test('anything else is refused with a reason', async () => {
  const world = poor();
  const handle = await start(world);
  await Promise.all(['a', 'b'].map((id) => opened(of(world, id), 'budget_exceeded')));
  const refusalOf = (extension: Extension): Promise<unknown> => handle.executeUpdate(extendUpdate, { args: [extension] }).then(() => 'accepted', (error: { cause?: unknown }) => error.cause);
  for (const extension of [{ turns: 3 }, { minutes: 3, budgetUsd: 1 }, { task: 'one', budgetUsd: 1 }]) expect(await refusalOf(extension)).toMatchObject({ type: 'bad_input', message: expect.stringContaining('alone') });
  expect(await refusalOf({ budgetUsd: -1 })).toMatchObject({ type: 'bad_input' });
  const other = newWorld({ milestones: [milestone('m', { breakpoints: {} })] });
  other.brief.budgetLevels = ['task'];
  const without = await start(other);
  await opened(of(other, 'm'), 'milestone_completion');
  const refused = without.executeUpdate(extendUpdate, { args: [{ budgetUsd: 1 }] }).then(() => 'accepted', (error: { cause?: unknown }) => error.cause);
  expect(await refused).toMatchObject({ type: 'policy', message: expect.stringContaining('no budget for the project') });
  // Their milestones end with them.
  await Promise.all([handle.terminate(), without.terminate()]);
});
