/** Work in worktrees where it stops or ends: seats of lines that stop, and what a question about a whole milestone leads to. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { MergedWorktree } from '../../src/activities/contract.ts';
import { answerSignal } from '../../src/workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { failureOf, opened, startMilestone } from './driver.ts';
import { callsOf, failure, fakeActivities, milestone, newWorld, task, untilCancelled, type World } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

const both = [task('one', { isolated: true }), task('two', { isolated: true })];

test('a line that has to stop keeps no seat that another one waits for', async () => {
  const begun = Promise.withResolvers<void>();
  const seated = new Set<unknown>();
  const world = newWorld({
    milestones: [milestone('m', { tasks: both, hostSeats: 1 })],
    on: {
      takeSeat: async ({ task: of }) => {
        if (seated.size > 0 && !seated.has(of)) throw failure('no_seat', 'the only seat is taken', false);
        seated.add(of);
      },
      leaveSeat: async ({ task: of }) => void seated.delete(of),
      beginTurn: async () => (await begun.promise, { runKey: 'k' }),
    },
  });
  const handle = await startMilestone(worker, world, { historyLimit: 120 });
  await eventually(() => new Set(callsOf(world, 'takeSeat').map(({ task: of }) => of)).size === 2, { what: 'both to ask for the seat' });
  while ((await handle.describe()).historyLength < 120) await handle.executeUpdate('resumeNow');
  begun.resolve();
  expect((await handle.result()).tasks.map(({ state }) => state)).toEqual(['completed', 'completed']);
});

const merges = (...list: MergedWorktree[]) => {
  let n = 0;
  return async (): Promise<MergedWorktree> => list[Math.min(n++, list.length - 1)]!;
};

const CONFLICT: MergedWorktree = { kind: 'conflict', conflicts: [{ path: 'src/a.ts', why: 'CONFLICT (content): Merge conflict in src/a.ts' }], more: 0 };

const whole = (on: World['on']): World => newWorld({ milestones: [milestone('m', { isolated: true, breakpoints: {} })], on });

test('a conflict of a whole milestone that a person has resolved leaves its tasks as they were', async () => {
  const world = whole({ mergeWorktree: merges(CONFLICT, { kind: 'unresolved', paths: ['src/a.ts'], more: 0 }, { kind: 'merged' }) });
  const handle = await startMilestone(worker, world);
  for (const occurrence of [1, 2]) {
    const { id } = await opened(handle, 'merge_conflict', occurrence);
    await handle.signal(answerSignal, { breakpoint: id, action: 'resolved' });
  }
  const { id } = await opened(handle, 'milestone_completion');
  await handle.signal(answerSignal, { breakpoint: id, action: 'approve' });
  expect((await handle.result()).tasks).toEqual([{ id: 'one', state: 'completed', turns: 1 }]);
});

test('of a whole milestone whose merged files fail their checks no task can be skipped: that would change nothing', async () => {
  const handle = await startMilestone(worker, whole({ checkMerged: async () => ({ met: false, feedback: 'tests: 2 failed', merged: 'm', tree: 'm' }) }));
  const { id, actions } = await opened(handle, 'consecutive_failures');
  expect(actions).toEqual(['retry', 'revise', 'abort']);
  await handle.signal(answerSignal, { breakpoint: id, action: 'abort' });
  expect(await failureOf(handle)).toMatchObject({ type: 'aborted' });
});

test('a merge that cannot be taken back at the end hinders no worktree from being kept, and its checks are named', async () => {
  const world = whole({
    checkMerged: untilCancelled,
    undoMerge: async () => {
      throw failure('workspace_not_writable', 'a folder is locked');
    },
  });
  const handle = await startMilestone(worker, world);
  await eventually(() => callsOf(world, 'checkMerged').length === 1, { what: 'the checks on the merged files' });
  await handle.cancel();
  expect(await failureOf(handle)).toMatchObject({ type: 'cancelled' });
  expect(callsOf(world, 'undoMerge')).toMatchObject([{ task: null, goesOn: false, turn: { task: 'one', turn: 1 } }]);
  expect(callsOf(world, 'keepWorktrees')).toHaveLength(1);
});
