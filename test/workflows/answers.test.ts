/** What each answer to each question does, through the real signal and update. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BREAKPOINTS, type AnswerAction, type BreakpointKind } from '../../src/domain/breakpoints.ts';
import { answerSignal, answerUpdate } from '../../src/workflows/messages.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { events, failureOf, inState, milestoneStates, opened, startMilestone, taskStates, type Handle } from './driver.ts';
import { callsOf, fakeActivities, judgements, milestone, newWorld, records, task, type World } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

const asking = (breakpoint: BreakpointKind, ...then: Parameters<typeof judgements>) => {
  const question = { decision: 'breakpoint' as const, breakpoint, reason: 'look at this', failed: breakpoint !== 'reviewer_unavailable' };
  return newWorld({ on: { judgeTurn: judgements(question, ...then) } });
};

async function answered(world: World, kind: BreakpointKind, action: AnswerAction, note?: string): Promise<Handle> {
  const handle = await startMilestone(worker, world);
  const { id } = await opened(handle, kind);
  await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: id, action, by: 'ann', ...(note && { note }) }] });
  return handle;
}

const RED: BreakpointKind[] = ['breaking_test_failure', 'consecutive_failures', 'confidence_too_low', 'reviewer_unavailable'];
const pairs = (action: AnswerAction): BreakpointKind[] => RED.filter((kind) => BREAKPOINTS[kind].actions.includes(action));

describe('a question about a turn', () => {
  test('is recorded when it opens, names what it is about, and shows in the state', async () => {
    const world = asking('breaking_test_failure', {});
    const handle = await startMilestone(worker, world);
    const question = await opened(handle, 'breaking_test_failure');
    expect(question).toMatchObject({
      id: `${world.project}/m/one.1/breaking_test_failure.1`, priority: 'high', task: 'one', turn: 1, reason: 'look at this', tree: 'tree-one-1',
      actions: ['retry', 'skip', 'approve', 'abort'],
    });
    await inState(handle, 'waiting');
    expect(await handle.query('status')).toMatchObject({ state: 'waiting', waitingFor: [question.id], waitingSince: question.openedAt, tasks: [{ id: 'one', state: 'blocked' }] });
    await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: question.id, action: 'approve', by: 'ann', note: ' good enough ' }] });
    await handle.result();
    expect(records(world).flatMap((r) => r.opened ?? [])).toEqual([question]);
    expect(records(world).flatMap((r) => r.answered ?? [])).toMatchObject([{ id: question.id, action: 'approve', note: 'good enough', by: 'ann', via: 'update' }]);
    expect(milestoneStates(world)).toEqual(['running', 'waiting', 'completed']);
  });

  test.each(pairs('approve'))('%s: approve ends the task as completed', async (kind) => {
    const world = asking(kind, {});
    expect((await (await answered(world, kind, 'approve')).result()).tasks).toEqual([{ id: 'one', state: 'completed', turns: 1 }]);
  });

  test.each(pairs('skip'))('%s: skip leaves the task and goes on with those that need it', async (kind) => {
    const world = asking(kind, {});
    world.milestones.set('m', milestone('m', { tasks: [task('one'), task('two', { dependsOn: ['one'] })] }));
    expect((await (await answered(world, kind, 'skip')).result()).tasks).toMatchObject([{ state: 'skipped' }, { state: 'completed' }]);
  });

  test.each(pairs('retry').filter((kind) => kind !== 'reviewer_unavailable'))('%s: retry begins afresh with all attempts and the note', async (kind) => {
    const world = asking(kind, {});
    await (await answered(world, kind, 'retry', 'mind the accents')).result();
    expect(callsOf(world, 'beginTurn')[1]).toMatchObject({ turn: 2, note: 'mind the accents' });
    expect(callsOf(world, 'judgeTurn')[1]).toMatchObject({ attemptsLeft: 2, failuresBefore: 0 });
  });

  test.each(pairs('revise'))('%s: revise begins another attempt with the note', async (kind) => {
    const world = asking(kind, {});
    await (await answered(world, kind, 'revise', 'use the table')).result();
    expect(callsOf(world, 'beginTurn')[1]).toMatchObject({ turn: 2, note: 'use the table' });
  });

  test.each(RED)('%s: abort ends the milestone as failed and says who did it', async (kind) => {
    const world = asking(kind, {});
    world.milestones.set('m', milestone('m', { tasks: [task('one'), task('two')] }));
    const handle = await answered(world, kind, 'abort', 'wrong plan');
    const { type, message } = await failureOf(handle);
    expect(type).toBe('aborted');
    expect(message).toBe(`aborted by ann at ${world.project}/m/one.1/${kind}.1: wrong plan`);
    expect(taskStates(world).slice(-2)).toEqual(['one:failed', 'two:cancelled']);
    expect(milestoneStates(world).at(-1)).toBe('failed');
    expect(callsOf(world, 'releaseWorkspace')).toHaveLength(1);
  });

  test('reviewer_unavailable: retry asks the reviewer again about the same turn', async () => {
    const world = asking('reviewer_unavailable', {});
    await (await answered(world, 'reviewer_unavailable', 'retry')).result();
    expect(callsOf(world, 'runTurn')).toHaveLength(1);
    expect(callsOf(world, 'reviewTurn')).toHaveLength(2);
  });

  test('reviewer_unavailable: skip-review judges again without one, counting the attempt once', async () => {
    const world = asking('reviewer_unavailable', {});
    await (await answered(world, 'reviewer_unavailable', 'skip-review')).result();
    expect(callsOf(world, 'judgeTurn')).toMatchObject([{ skipReview: false, attemptsLeft: 2 }, { skipReview: true, attemptsLeft: 2 }]);
    expect(callsOf(world, 'reviewTurn')).toHaveLength(1);
  });
});

describe('milestone_completion', () => {
  const open = (): World => newWorld({ milestones: [milestone('m', { breakpoints: {}, tasks: [task('one'), task('two')] })] });

  test('approve completes', async () => {
    const world = open();
    expect((await (await answered(world, 'milestone_completion', 'approve')).result()).state).toBe('completed');
  });

  test.each([['better words', 'two'], ['one: better words', 'one']])('revise with "%s" reopens task %s, and asks again', async (note, reopened) => {
    const world = open();
    const handle = await answered(world, 'milestone_completion', 'revise', note);
    const second = await opened(handle, 'milestone_completion', 2);
    expect(second.id).toBe(`${world.project}/m/milestone_completion.2`);
    expect(callsOf(world, 'beginTurn').at(-1)).toMatchObject({ task: reopened, turn: 2, note });
    await handle.signal(answerSignal, { breakpoint: second.id, action: 'approve' });
    await handle.result();
  });

  test('switched off completes by itself; with another priority it says so', async () => {
    const off = newWorld();
    await (await startMilestone(worker, off)).result();
    expect(events(off).map((e) => e.kind)).toContain('breakpoint_off');
    const low = newWorld({ milestones: [milestone('m', { breakpoints: { milestone_completion: { enabled: true, priority: 'low' } } })] });
    const handle = await startMilestone(worker, low);
    expect((await opened(handle, 'milestone_completion')).priority).toBe('low');
    await handle.terminate();
  });
});
