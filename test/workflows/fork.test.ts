/** A fork: what was over stays over, the task of the turn comes first with the note, the rest follows; and it does all of that once. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { startMilestone, taskStates } from './driver.ts';
import { callsOf, fakeActivities, judgements, milestone, newWorld, task } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

const TASKS = [task('early', { priority: 9 }), task('other', { priority: 9 }), task('again', { dependsOn: ['early'], priority: 1 }), task('later', { dependsOn: ['again'] })];
const fork = { task: 'again', over: [{ id: 'early', state: 'completed' as const }], note: 'use teal' };

test.each([['in one history', {}], ['in many histories', { historyLimit: 15 }]])('goes on with its task first, and ends what its origin had not, %s', async (_, more) => {
  const world = newWorld({ milestones: [milestone('m', { tasks: TASKS, fork })], on: { judgeTurn: judgements({ decision: 'retry', reason: 'not teal yet' }, {}) } });
  const handle = await startMilestone(worker, world, more);
  const { tasks } = await handle.result();
  expect(tasks).toEqual([
    { id: 'early', state: 'completed', turns: 0 }, { id: 'other', state: 'completed', turns: 1 },
    { id: 'again', state: 'completed', turns: 2 }, { id: 'later', state: 'completed', turns: 1 },
  ]);
  expect(callsOf(world, 'beginTurn')).toMatchObject([
    { task: 'again', turn: 1, note: 'use teal' }, { task: 'again', turn: 2, note: 'not teal yet' }, { task: 'other', turn: 1, note: null }, { task: 'later', turn: 1, note: null },
  ]);
  expect(taskStates(world).filter((one) => one.startsWith('early'))).toEqual([]);
});
