/** When a task runs: what holds it up, what lets it go, and what runs while a further attempt waits. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { milestoneStatusQuery, pauseSignal, resumeSignal } from '../../src/workflows/messages.ts';
import type { RetryPolicy } from '../../src/domain/waits.ts';
import { eventually } from '../support/eventually.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { events, failureOf, inState, milestoneStates, startMilestone, taskStates, timersOf, type Handle } from './driver.ts';
import { callsOf, fakeActivities, judgements, milestone, newWorld, ran, task, type World } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

const failed = { decision: 'retry', rule: 'agent_failed', reason: 'the agent crashed', failed: true } as const;
const after = (firstMs: number, more: Partial<RetryPolicy> = {}): RetryPolicy => ({ firstMs, factor: 2, jitter: 0, maxMs: 60_000, ...more });

/** The agent fails in the first `count` turns of the task. */
function failing(id: string, count: number, retry: RetryPolicy | undefined, tasks = [task(id)]): World {
  const fails = (p: { task: string; turn: number }): boolean => p.task === id && p.turn <= count;
  return newWorld({
    milestones: [milestone('m', { tasks, ...(retry && { retry }) })],
    on: {
      runTurn: async (p) => (fails(p) ? ran({ outcome: 'failed', failure: 'api_error' }) : ran()),
      judgeTurn: (p) => judgements(fails(p) ? failed : {})(p),
    },
  });
}

const order = (world: World): string[] => callsOf(world, 'beginTurn').map(({ task: id, turn }) => `${String(id)}.${String(turn)}`);

describe('an attempt after one in which the agent failed', () => {
  test('waits, twice as long each time, visibly and with its reason', async () => {
    const world = failing('one', 2, after(400));
    const handle = await startMilestone(worker, world);
    const result = await handle.result();
    expect(result.tasks).toEqual([{ id: 'one', state: 'completed', turns: 3 }]);
    const [first = 0, second = 0] = (await timersOf(handle)).map(({ ms }) => ms);
    expect([first <= 400, first > 200, second <= 800, second > 500]).toEqual([true, true, true, true]);
    expect(callsOf(world, 'beginTurn')).toMatchObject([{ note: null }, { note: 'the agent crashed' }, { note: 'the agent crashed' }]);
    expect(callsOf(world, 'judgeTurn')).toMatchObject([{ attemptsLeft: 2, failuresBefore: 0 }, { attemptsLeft: 1, failuresBefore: 1 }, { attemptsLeft: 0, failuresBefore: 2 }]);
    expect(milestoneStates(world)).toEqual(['running', 'waiting', 'running', 'waiting', 'running', 'completed']);
    expect(taskStates(world)).toEqual(['one:running', 'one:retrying', 'one:completed']);
    expect(events(world)).toContainEqual({ kind: 'sleeping', message: expect.stringMatching(/^one tries again at \d\d:\d\d UTC: the agent crashed$/) as unknown });
  });

  test.each<[string, RetryPolicy | undefined]>([['no policy, as in plans of older versions', undefined], ['a wait of nothing', after(0)]])('begins at once under %s', async (_, retry) => {
    const handle = await startMilestone(worker, failing('one', 1, retry));
    await handle.result();
    expect(await timersOf(handle)).toEqual([]);
  });

  test('is no reason to let other tasks wait, and never are two at work', async () => {
    const tasks = [task('one', { priority: 9 }), task('two'), task('three', { dependsOn: ['one'] })];
    const world = failing('one', 1, after(1_500), tasks);
    const [handle, atWork] = [await startMilestone(worker, world), { now: 0, most: 0 }];
    const runTurn = world.on.runTurn!;
    world.on.runTurn = async (p) => {
      atWork.most = Math.max(atWork.most, ++atWork.now);
      return runTurn(p).finally(() => atWork.now--);
    };
    await handle.result();
    expect(order(world)).toEqual(['one.1', 'two.1', 'one.2', 'three.1']);
    expect(atWork.most).toBe(1);
    // None where the other task took longer than the wait.
    expect((await timersOf(handle)).length).toBeLessThanOrEqual(1);
  });

  test('is not begun while the milestone is paused, also when its time has come', async () => {
    const [world, told] = [failing('one', 1, after(700)), Promise.withResolvers<void>()];
    // While its record is held up, the wait has begun and cannot be over.
    world.on.recordState = async (p) => void (p.events?.some(({ kind }) => kind === 'sleeping') && (await told.promise));
    const handle = await startMilestone(worker, world);
    await inState(handle, 'waiting');
    await handle.signal(pauseSignal, { by: 'ann' });
    told.resolve();
    await inState(handle, 'paused');
    const since = Date.now();
    await eventually(() => Date.now() > since + 700, { what: 'the time of the next attempt' });
    expect(order(world)).toEqual(['one.1']);
    await handle.signal(resumeSignal);
    await handle.result();
    expect(order(world)).toEqual(['one.1', 'one.2']);
    expect(milestoneStates(world)).toEqual(['running', 'waiting', 'paused', 'running', 'completed']);
  });

  test('keeps its time and its reason in a fresh history', async () => {
    const world = failing('one', 1, after(30_000));
    const handle = worker.temporal.client.workflow.getHandle((await startMilestone(worker, world, { historyLimit: 45 })).workflowId) as Handle;
    await inState(handle, 'waiting');
    const before = (await handle.describe()).runId;
    await Promise.all(Array.from({ length: 45 }, () => handle.signal('resume', {})));
    await eventually(async () => (await handle.describe()).runId !== before, { what: 'the next run' });
    await handle.result();
    expect(callsOf(world, 'beginTurn')[1]).toMatchObject({ turn: 2, note: 'the agent crashed' });
    expect(events(world).filter(({ kind }) => kind === 'sleeping')).toHaveLength(1);
  });
});

test('what failing checks say is told to the agent at once, whatever the policy', async () => {
  const world = newWorld({ milestones: [milestone('m', { retry: after(60_000) })], on: { judgeTurn: judgements({ decision: 'retry', rule: 'check_failed_retry', failed: true }, {}) } });
  const handle = await startMilestone(worker, world);
  await handle.result();
  expect(await timersOf(handle)).toEqual([]);
});

describe('states of tasks', () => {
  test('who waits for nobody is ready, who waits for somebody pending', async () => {
    const gate = Promise.withResolvers<void>();
    const tasks = [task('one', { priority: 9 }), task('two'), task('three', { dependsOn: ['one'] })];
    const world = newWorld({ milestones: [milestone('m', { tasks })], on: { runTurn: async () => (await gate.promise, ran()) } });
    const handle = await startMilestone(worker, world);
    await eventually(() => callsOf(world, 'runTurn').length === 1, { what: 'the first run' });
    expect((await handle.query(milestoneStatusQuery)).tasks.map(({ id, state }) => `${id}:${state}`)).toEqual(['one:running', 'two:ready', 'three:pending']);
    gate.resolve();
    await handle.result();
    expect(taskStates(world)).toEqual(expect.arrayContaining(['two:ready', 'three:ready']));
  });

  test('a dead end is said: who waits, and for whom', async () => {
    const world = newWorld({ milestones: [milestone('m', { tasks: [task('a', { dependsOn: ['b'] }), task('b', { dependsOn: ['a', 'gone'] })] })] });
    expect(await failureOf(await startMilestone(worker, world))).toEqual({
      type: 'bad_input', message: 'no task can start: a waits for b (pending); b waits for a (pending), gone (not in the plan)',
    });
  });
});
