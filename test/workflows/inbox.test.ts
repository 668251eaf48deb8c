/** Who was first, who was early, who was late, and what is no answer at all: by signal and by update, on the real server. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import type { LogEntry } from '@temporalio/worker';
import { answerSignal, answerUpdate, type Answer } from '../../src/workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { opened, startMilestone, type Handle } from './driver.ts';
import { fakeActivities, judgements, milestone, newWorld, records, type World } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

/** Asks about the turn, then about the milestone. */
const twoQuestions = (): World => newWorld({
  milestones: [milestone('m', { breakpoints: {} })],
  on: { judgeTurn: judgements({ decision: 'breakpoint', breakpoint: 'confidence_too_low', reason: 'unsure' }) },
});

async function refusalOf(handle: Handle, payload: unknown): Promise<ApplicationFailure> {
  try {
    await handle.executeUpdate(answerUpdate, { args: [payload as Answer] });
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) return error.cause as ApplicationFailure;
    throw error;
  }
  throw new Error('the update was accepted');
}

/** What it logged, which reaches the worker's log a moment after the task; tests before this one may still be heard of. */
const linesOf = (handle: Handle): LogEntry[] => worker.logs.filter(({ meta }) => meta?.['workflowId'] === handle.workflowId);

const MALFORMED: unknown[] = [null, 'approve', 7, [], {}, { breakpoint: 5, action: 'approve' }, { breakpoint: 'x' }, { breakpoint: 'x', action: 'approve', note: 3 }];

describe('signals', () => {
  test('the first answer wins; later ones change nothing', async () => {
    const world = twoQuestions();
    const handle = await startMilestone(worker, world);
    const { id } = await opened(handle, 'confidence_too_low');
    await handle.signal(answerSignal, { breakpoint: id, action: 'approve', by: 'ann' });
    await handle.signal(answerSignal, { breakpoint: id, action: 'abort', by: 'bob' });
    const last = await opened(handle, 'milestone_completion');
    await handle.signal(answerSignal, { breakpoint: last.id, action: 'approve' });
    await handle.result();
    expect(records(world).flatMap((r) => r.answered ?? [])).toMatchObject([{ action: 'approve', by: 'ann', via: 'signal' }, { id: last.id, by: null }]);
  });

  test('an answer that comes before its question waits for it', async () => {
    const world = twoQuestions();
    const handle = await startMilestone(worker, world);
    const { id } = await opened(handle, 'confidence_too_low');
    await handle.signal(answerSignal, { breakpoint: `${world.project}/m/milestone_completion.1`, action: 'approve', by: 'early' });
    await handle.signal(answerSignal, { breakpoint: id, action: 'approve' });
    await handle.result();
    expect(records(world).flatMap((r) => r.answered ?? []).at(-1)).toMatchObject({ action: 'approve', by: 'early', via: 'signal' });
  });

  test('an early answer to a dangerous question is not kept, and an update is refused: nobody has seen what it is about', async () => {
    const world = newWorld({ on: { judgeTurn: judgements({ decision: 'breakpoint', breakpoint: 'evidence_weakened', reason: 'fewer tests', failed: true }) } });
    const handle = await startMilestone(worker, world, { paused: true });
    const id = `${world.project}/m/one.1/evidence_weakened.1`;
    await handle.signal(answerSignal, { breakpoint: id, action: 'approve', by: 'early' });
    const refusal = await refusalOf(handle, { breakpoint: id, action: 'abort' });
    expect([refusal.type, refusal.message]).toEqual(['not_open', `${id} is not open, and no answer to evidence_weakened is kept before it opens`]);
    await handle.signal('resume', {});
    expect(await opened(handle, 'evidence_weakened')).toMatchObject({ id });
    const [line] = await eventually(() => (linesOf(handle).length > 0 ? linesOf(handle) : undefined), { what: 'the log line' });
    expect(line).toMatchObject({ message: 'answer ignored', meta: { failure: 'not_open' } });
    await handle.signal(answerSignal, { breakpoint: id, action: 'abort' });
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'aborted' } });
  });

  test('what is no answer is ignored with a log line, and the workflow lives', async () => {
    const handle = await startMilestone(worker, twoQuestions());
    const { id } = await opened(handle, 'confidence_too_low');
    const before = worker.logs.length;
    for (const payload of MALFORMED) await handle.signal('answer', payload);
    await handle.signal('answer');
    await handle.signal('pause', 'now');
    await handle.signal('no-such-signal', { x: 1 });
    await handle.signal(answerSignal, { breakpoint: id, action: 'abort' });
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'aborted' } });
    const lines = await eventually(() => (linesOf(handle).length >= MALFORMED.length + 3 ? linesOf(handle) : undefined), { what: 'log lines' });
    expect(lines.filter((l) => l.message === 'answer ignored')).toHaveLength(MALFORMED.length + 1);
    expect(lines.map((l) => l.message)).toEqual(expect.arrayContaining(['pause ignored', 'unknown signal ignored']));
    expect(worker.logs.slice(before).filter((l) => l.level === 'ERROR')).toEqual([]);
  });
});

describe('updates', () => {
  test('say why they are refused', async () => {
    const world = twoQuestions();
    const handle = await startMilestone(worker, world);
    const { id } = await opened(handle, 'confidence_too_low');
    const later = `${world.project}/m/milestone_completion.1`;
    const cases: [unknown, string][] = [
      ...MALFORMED.map((payload): [unknown, string] => [payload, 'bad_input']),
      [{ breakpoint: id, action: 'revise' }, 'bad_input'],
      [{ breakpoint: id, action: 'revise', note: '  ' }, 'bad_input'],
      [{ breakpoint: id, action: 'approve', note: 'x'.repeat(2_001) }, 'bad_input'],
      [{ breakpoint: id, action: 'skip' }, 'action_not_allowed'],
      [{ breakpoint: id, action: 'approve', tree: 'another' }, 'tree_moved'],
      [{ breakpoint: later, action: 'approve' }, 'not_open'],
      [{ breakpoint: later, action: 'skip' }, 'action_not_allowed'],
      [{ breakpoint: 'other/m/milestone_completion.1', action: 'approve' }, 'unknown_breakpoint'],
      [{ breakpoint: `${world.project}/m/no_such_kind.1`, action: 'approve' }, 'unknown_breakpoint'],
      [{ breakpoint: 'nonsense', action: 'approve' }, 'unknown_breakpoint'],
    ];
    for (const [payload, type] of cases) expect([payload, (await refusalOf(handle, payload)).type]).toEqual([payload, type]);
    await handle.terminate();
  });

  test('a late one learns who was first, with which action, and when', async () => {
    const handle = await startMilestone(worker, twoQuestions());
    const { id } = await opened(handle, 'confidence_too_low');
    await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: id, action: 'approve', by: 'ann', tree: 'tree-one-1' }] });
    const refusal = await refusalOf(handle, { breakpoint: id, action: 'abort', by: 'bob' });
    expect(refusal.type).toBe('already_answered');
    expect(refusal.details).toEqual([{ first: { action: 'approve', by: 'ann', at: expect.stringMatching(/^\d{4}-.*Z$/) } }]);
    expect(refusal.message).toContain('by ann at ');
    await handle.terminate();
  });

  test('of two at the same moment one is accepted', async () => {
    const handle = await startMilestone(worker, twoQuestions());
    const { id } = await opened(handle, 'confidence_too_low');
    const both = ['ann', 'bob'].map((by) => handle.executeUpdate(answerUpdate, { args: [{ breakpoint: id, action: 'approve', by }] }));
    const ended = await Promise.allSettled(both);
    expect(ended.map((e) => e.status).sort()).toEqual(['fulfilled', 'rejected']);
    await handle.terminate();
  });

  test('pause refuses what is no payload of it', async () => {
    const handle = await startMilestone(worker, twoQuestions());
    await opened(handle, 'confidence_too_low');
    await expect(handle.executeUpdate<unknown, [unknown]>('pauseNow', { args: [{ by: 7 }] })).rejects.toMatchObject({ cause: { type: 'bad_input' } });
    await handle.terminate();
  });
});
