/** Changes of somebody else as a workflow asks about them: after the turn's end and before its checks, and before a turn begins. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { answerSignal } from '../../src/workflows/messages.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { failureOf, opened, startMilestone } from './driver.ts';
import { callsOf, fakeActivities, newWorld, turnCalls } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

const unexpected = { tree: 'tree-one-1', files: 2, paths: ['a', 'b'] };

test('keep: the checks follow; nothing is put back', async () => {
  const world = newWorld({ on: { endTurn: async () => ({ tree: 'tree-one-1', changedFiles: 2, unexpected }) } });
  const handle = await startMilestone(worker, world);
  const asked = await opened(handle, 'unexpected_change');
  expect(asked).toMatchObject({ priority: 'medium', tree: 'tree-one-1', detail: { when: 'during', files: 2, paths: ['a', 'b'] }, reason: expect.stringContaining('a, b') });
  expect(callsOf(world, 'runChecks')).toEqual([]);
  await handle.signal(answerSignal, { breakpoint: asked.id, action: 'keep', by: 'ann' });
  await handle.result();
  expect(turnCalls(world, 1)).toEqual(['beginTurn', 'runTurn', 'endTurn', 'lookAtTree', 'runChecks', 'reviewTurn', 'judgeTurn']);
});

test('restore: they are put back, the turn is measured anew, and asked about again where something is left', async () => {
  let ends = 0;
  const world = newWorld({ on: { endTurn: async () => ({ tree: `tree-${(ends += 1)}`, changedFiles: 2, ...(ends < 3 && { unexpected: { ...unexpected, tree: `tree-${ends}` } }) }) } });
  const handle = await startMilestone(worker, world);
  const first = await opened(handle, 'unexpected_change');
  await handle.signal(answerSignal, { breakpoint: first.id, action: 'restore', by: 'ann' });
  const second = await opened(handle, 'unexpected_change', 2);
  expect(second).toMatchObject({ tree: 'tree-2' });
  await handle.signal(answerSignal, { breakpoint: second.id, action: 'restore', by: 'ann' });
  await handle.result();
  expect(callsOf(world, 'putBack')).toMatchObject([{ task: 'one', turn: 1, when: 'during', tree: 'tree-1', question: first.id }, { when: 'during', tree: 'tree-2', question: second.id }]);
  expect(turnCalls(world, 1)).toEqual(['beginTurn', 'runTurn', 'endTurn', 'putBack', 'endTurn', 'putBack', 'endTurn', 'runChecks', 'reviewTurn', 'judgeTurn']);
});

test('between two turns: what was kept is not asked about again, and only for that tree', async () => {
  const world = newWorld({ on: { beginTurn: async ({ keptTree }) => (keptTree === 'now' ? { runKey: 'r' } : { runKey: '', unexpected: { ...unexpected, tree: 'now' } }) } });
  const handle = await startMilestone(worker, world);
  const asked = await opened(handle, 'unexpected_change');
  expect(asked).toMatchObject({ tree: 'now', detail: { when: 'before' }, reason: expect.stringContaining('since the turn before') });
  await handle.signal(answerSignal, { breakpoint: asked.id, action: 'keep', by: 'ann' });
  await handle.result();
  expect(callsOf(world, 'beginTurn').map(({ keptTree }) => keptTree)).toEqual([undefined, 'now']);
});

test('abort ends the milestone, with nothing put back', async () => {
  const world = newWorld({ on: { endTurn: async () => ({ tree: 'tree-one-1', changedFiles: 2, unexpected }) } });
  const handle = await startMilestone(worker, world);
  await handle.signal(answerSignal, { breakpoint: (await opened(handle, 'unexpected_change')).id, action: 'abort', by: 'ann' });
  expect(await failureOf(handle)).toMatchObject({ type: 'aborted' });
  expect(callsOf(world, 'putBack')).toEqual([]);
});
