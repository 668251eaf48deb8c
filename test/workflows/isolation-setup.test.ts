/** A worktree that the plan's setup does not make ready: a person is asked, before anything was begun in it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { answerUpdate } from '../../src/workflows/messages.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { events, failureOf, opened, scheduled, startMilestone, type Handle } from './driver.ts';
import { callsOf, fakeActivities, milestone, newWorld, task, type World } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

const failing = (times: number) => async ({ again = 0 }: { again?: number }) => ({ path: '/srv/code.one', branch: 'b', ...(again < times && { unready: `no npm here, try ${again}` }) });

const FORK = { fork: { task: 'one', over: [], note: null }, setupTimeoutMs: 1_000 };

const OF = {
  'a task': (times: number): World => newWorld({ milestones: [milestone('m', { tasks: [task('one', { isolated: true }), task('two')] })], on: { openWorktree: failing(times) } }),
  'a whole milestone': (times: number): World => newWorld({ milestones: [milestone('m', { isolated: true })], on: { openWorktree: failing(times) } }),
  'a fork': (times: number): World => newWorld({ milestones: [milestone('m', FORK)], on: { setUpFork: failing(times) } }),
} as const;

async function answered(handle: Handle, n: number, action: 'retry' | 'skip' | 'abort'): Promise<{ reason: string; actions: readonly string[] }> {
  const { id, reason, actions } = await opened(handle, 'consecutive_failures', n);
  await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: id, action }] });
  return { reason, actions };
}

describe.each(Object.entries(OF))('in the worktree of %s', (name, worldOf) => {
  const actions = name === 'a task' ? ['retry', 'revise', 'skip', 'abort'] : ['retry', 'revise', 'abort'];

  test('setup fails twice: retry tries it again, and the work goes on', async () => {
    const world = worldOf(2);
    const handle = await startMilestone(worker, world);
    for (const n of [1, 2]) expect(await answered(handle, n, 'retry')).toEqual({ reason: `no npm here, try ${n - 1}`, actions });
    expect((await handle.result()).tasks).toMatchObject([{ id: 'one', state: 'completed', turns: 1 }, ...(name === 'a task' ? [{ id: 'two', state: 'completed' }] : [])]);
    expect(callsOf(world, name === 'a fork' ? 'setUpFork' : 'openWorktree').map(({ again }) => again)).toEqual([undefined, 1, 2]);
  });

  test('abort ends it with nothing measured: no turn was begun there', async () => {
    const world = worldOf(9);
    const handle = await startMilestone(worker, world);
    await answered(handle, 1, 'abort');
    expect(await failureOf(handle)).toMatchObject({ type: 'aborted' });
    expect(callsOf(world, 'endTurn').filter(({ task: id }) => id === 'one')).toEqual([]);
    if (name === 'a task') expect(callsOf(world, 'keepWorktrees')).toHaveLength(1);
    else if (name === 'a fork') expect(callsOf(world, 'releaseWorkspace')).toHaveLength(1);
    else expect(events(world)).toContainEqual(expect.objectContaining({ kind: 'worktree_kept', message: 'm: /srv/code.one on branch b was left: nothing was begun in it' }));
  });
});

test('what a person says with revise is told to the agent when it begins', async () => {
  const world = OF['a task'](1);
  const handle = await startMilestone(worker, world);
  const { id } = await opened(handle, 'consecutive_failures', 1);
  await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: id, action: 'revise', note: 'npm is in /opt' }] });
  await handle.result();
  expect(callsOf(world, 'beginTurn').find((call) => call.task === 'one')).toMatchObject({ turn: 1, said: expect.stringContaining('npm is in /opt') });
});

test('skip leaves the task out: its worktree is cleared away, and the rest goes on', async () => {
  const world = OF['a task'](9);
  const handle = await startMilestone(worker, world);
  await answered(handle, 1, 'skip');
  expect((await handle.result()).tasks).toMatchObject([{ id: 'one', state: 'skipped' }, { id: 'two', state: 'completed' }]);
  expect(callsOf(world, 'closeWorktree')).toMatchObject([{ task: 'one' }]);
});

test('a fork is made ready after it is claimed and before its baseline; without a setup there is nothing to do', async () => {
  const order = async (brief: Partial<typeof FORK>): Promise<string[]> => {
    const handle = await startMilestone(worker, newWorld({ milestones: [milestone('m', brief)] }));
    await handle.result();
    return (await scheduled(handle)).filter((name) => ['claimWorkspace', 'setUpFork', 'takeBaseline', 'beginTurn'].includes(name));
  };
  expect(await order(FORK)).toEqual(['claimWorkspace', 'setUpFork', 'takeBaseline', 'beginTurn']);
  expect(await order({ fork: FORK.fork })).toEqual(['claimWorkspace', 'takeBaseline', 'beginTurn']);
  expect(await order({ setupTimeoutMs: 1_000 })).toEqual(['claimWorkspace', 'takeBaseline', 'beginTurn']);
});
