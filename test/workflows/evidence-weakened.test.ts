/** Weaker evidence as a workflow asks about it: what is accepted is judged again, for that tree only. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JudgeResult } from '../../src/activities/contract.ts';
import { answerSignal, answerUpdate } from '../../src/workflows/messages.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { events, failureOf, opened, startMilestone, taskStates } from './driver.ts';
import { callsOf, fakeActivities, judgements, milestone, newWorld } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

const detail = { findings: [{ kind: 'testsRemoved', path: 'a.test.js', before: 2, after: 1 }], more: 0 };
const WEAKENED: Partial<JudgeResult> = { decision: 'breakpoint', rule: 'evidence_weakened', breakpoint: 'evidence_weakened', reason: 'tests are gone', detail, failed: true };

test('approve: the turn is judged again without a new run, for the tree the question named; the other rules still hold', async () => {
  const world = newWorld({ on: { judgeTurn: judgements(WEAKENED, { decision: 'retry', reason: 'red', failed: true }, WEAKENED, {}) } });
  const handle = await startMilestone(worker, world);
  const first = await opened(handle, 'evidence_weakened');
  expect(first).toMatchObject({ tree: 'tree-one-1', detail, reason: 'tests are gone', actions: ['approve', 'retry', 'abort'], priority: 'high' });
  await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: first.id, action: 'approve', by: 'ann' }] });
  const second = await eventuallyOther(first.id);
  expect(second).toMatchObject({ tree: 'tree-one-2', turn: 2 });
  await handle.signal(answerSignal, { breakpoint: second.id, action: 'approve', by: 'ann' });
  expect((await handle.result()).tasks).toEqual([{ id: 'one', state: 'completed', turns: 2 }]);
  const approvals = callsOf(world, 'judgeTurn').map(({ turn, weakeningsApproved, skipReview }) => [turn, weakeningsApproved, skipReview]);
  expect(approvals).toEqual([[1, undefined, false], [1, 'tree-one-1', false], [2, 'tree-one-1', false], [2, 'tree-one-2', false]]);
  expect(callsOf(world, 'runTurn')).toHaveLength(2);

  async function eventuallyOther(than: string) {
    const other = await opened(handle, 'evidence_weakened');
    return other.id === than ? opened(handle, 'evidence_weakened', 2) : other;
  }
});

test('retry begins afresh with the note; abort fails the task', async () => {
  const world = newWorld({ on: { judgeTurn: judgements(WEAKENED, WEAKENED) } });
  const handle = await startMilestone(worker, world);
  const { id } = await opened(handle, 'evidence_weakened');
  await handle.signal(answerSignal, { breakpoint: id, action: 'retry', note: 'put the test back', by: 'ann' });
  const again = await opened(handle, 'evidence_weakened');
  expect(callsOf(world, 'beginTurn')[1]).toMatchObject({ turn: 2, note: 'put the test back' });
  await handle.signal(answerSignal, { breakpoint: again.id, action: 'abort', by: 'ann' });
  expect(await failureOf(handle)).toMatchObject({ type: 'aborted' });
  expect(taskStates(world).at(-1)).toBe('one:failed');
});

test('a plan that switches the question off ends there: nobody has accepted anything', async () => {
  const world = newWorld({
    milestones: [milestone('m', { breakpoints: { evidence_weakened: { enabled: false, priority: null } } })], on: { judgeTurn: judgements(WEAKENED, {}) },
  });
  const handle = await startMilestone(worker, world);
  expect(await failureOf(handle)).toMatchObject({ type: 'aborted', message: expect.stringContaining('the plan') });
  expect(events(world).map(({ kind }) => kind)).toContain('breakpoint_off');
});
