/** Usage limits, overload and holds: what waits, who may shorten it, and that the same turn goes on. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JudgeResult } from '../../src/activities/contract.ts';
import { answerSignal, answerUpdate, breakpointsQuery, pauseSignal, resumeSignal, type OpenBreakpoint } from '../../src/workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { events, failureOf, inState, milestoneStates, opened, startMilestone, timersOf, type Handle, type Timer } from './driver.ts';
import { callsOf, fakeActivities, judgements, milestone, newWorld, records, runs, task, type World } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

const soon = (ms: number): string => new Date(Date.now() + ms).toISOString();
const limit = (until: string | null): Partial<JudgeResult> =>
  ({ decision: 'wait', rule: 'limited', breakpoint: 'rate_limit_hit', until, reason: 'A usage limit stopped the agent.', quality: null, confidence: null });
const overload: Partial<JudgeResult> = { decision: 'wait', rule: 'overloaded', until: null, reason: 'overloaded' };
const hold = (breakpoint: JudgeResult['breakpoint'], rule: JudgeResult['rule']): Partial<JudgeResult> =>
  ({ decision: 'breakpoint', rule, breakpoint, hold: true, reason: 'put it right' });

const twoRuns = [{ turn: 1, seq: 1 }, { turn: 1, seq: 2 }];
const answer = (handle: Handle, { id }: OpenBreakpoint, action: 'wait' | 'retry' | 'abort') =>
  handle.executeUpdate(answerUpdate, { args: [{ breakpoint: id, action, by: 'ann' }] });
const answered = (world: World) => records(world).flatMap((record) => record.answered ?? []);
const asked = (world: World) => records(world).flatMap((record) => record.opened ?? []);

const timer = (handle: Handle): Promise<Timer> => eventually(async () => (await timersOf(handle))[0], { what: 'the timer' });

const limitedFor = (until: string | null): World =>
  newWorld({ on: { runTurn: runs({ outcome: 'limited' }, {}), judgeTurn: judgements(limit(until), {}) } });

describe('a usage limit', () => {
  test('is a question that the timer answers at the reset: the same turn goes on, and it was no attempt', async () => {
    const until = soon(2_000);
    const world = limitedFor(until);
    const handle = await startMilestone(worker, world);
    await handle.result();
    const [question] = asked(world);
    expect(question).toMatchObject({ priority: 'high', actions: ['wait', 'retry', 'abort'], reason: expect.stringMatching(/^Sleeping until \d\d:\d\d UTC\. A usage limit/) });
    expect(milestoneStates(world)).toEqual(['running', 'waiting', 'running', 'completed']);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(until));
    expect(callsOf(world, 'runTurn')).toMatchObject(twoRuns);
    expect(callsOf(world, 'judgeTurn')[1]).toMatchObject({ attemptsLeft: 2, failuresBefore: 0 });
    expect(answered(world)).toMatchObject([{ id: question?.id, action: 'retry', by: 'the timer', via: 'timer' }]);
  });

  test('is shortened by a person, and its window does not hold the turn again at once', async () => {
    const world = limitedFor(soon(3_600_000));
    const handle = await startMilestone(worker, world);
    const question = await opened(handle, 'rate_limit_hit');
    const { label, dueAt } = await timer(handle);
    expect(label).toMatch(/^"one sleeping until \d\d:\d\d UTC"$/);
    expect(Math.abs(dueAt - Date.parse(question.until ?? ''))).toBeLessThanOrEqual(1);
    await answer(handle, question, 'retry');
    await handle.result();
    expect(await timersOf(handle)).toHaveLength(1);
    expect(callsOf(world, 'runTurn')).toMatchObject(twoRuns);
    expect(callsOf(world, 'beginTurn')[1]).toMatchObject({ seq: 2, usageSkipped: question.until });
    expect(answered(world)).toMatchObject([{ action: 'retry', by: 'ann', via: 'update' }]);
  });

  test('left waiting, it is out of the inbox and sleeps on to the reset', async () => {
    const world = limitedFor(soon(3_600_000));
    const handle = await startMilestone(worker, world);
    const question = await opened(handle, 'rate_limit_hit');
    await timer(handle);
    await answer(handle, question, 'wait');
    await eventually(() => events(world).find(({ kind }) => kind === 'sleeping'), { what: 'the sleep' });
    const { label, dueAt } = await eventually(async () => (await timersOf(handle))[1], { what: 'the timer of the sleep' });
    expect(label).toMatch(/^"one sleeping until \d\d:\d\d UTC"$/);
    expect(Math.abs(dueAt - Date.parse(question.until ?? ''))).toBeLessThanOrEqual(1);
    expect(await handle.query(breakpointsQuery)).toEqual([]);
    await handle.cancel();
    expect(await failureOf(handle)).toMatchObject({ type: 'cancelled' });
    expect(milestoneStates(world)).toEqual(['running', 'waiting', 'running', 'waiting', 'cancelled']);
    expect(answered(world)).toMatchObject([{ action: 'wait', by: 'ann' }]);
    expect(callsOf(world, 'runTurn')).toMatchObject(twoRuns.slice(0, 1));
  });

  test.each(['asked about', 'left waiting'])('%s and paused before, nothing begins at the reset before it is resumed', async (how) => {
    const paused = Promise.withResolvers<void>();
    let until = '';
    const world = limitedFor(null);
    const rest = judgements({});
    world.on.judgeTurn = async (call) => {
      if (until !== '') return rest(call);
      await paused.promise;
      return { ...(await rest(call)), ...limit((until = soon(4_000))) };
    };
    const handle = await startMilestone(worker, world);
    await eventually(() => callsOf(world, 'judgeTurn').length === 1, { what: 'the judge' });
    await handle.signal(pauseSignal, { by: 'ann' });
    if (how === 'left waiting') await handle.signal(answerSignal, { breakpoint: `${world.project}/m/one.1/rate_limit_hit.1`, action: 'wait', by: 'ann' });
    paused.resolve();
    await inState(handle, 'paused');
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(until));
    expect(callsOf(world, 'beginTurn')).toHaveLength(1);
    await handle.signal(resumeSignal, { by: 'ann' });
    await handle.result();
    expect(callsOf(world, 'runTurn')).toMatchObject(twoRuns);
  });

  test('may end the milestone', async () => {
    const handle = await startMilestone(worker, limitedFor(soon(3_600_000)));
    await answer(handle, await opened(handle, 'rate_limit_hit'), 'abort');
    expect(await failureOf(handle)).toMatchObject({ type: 'aborted', message: expect.stringContaining('ann') });
  });

  test('switched off in the plan, it sleeps without a question', async () => {
    const breakpoints = { milestone_completion: { enabled: false, priority: null }, rate_limit_hit: { enabled: false, priority: null } };
    const world = newWorld({
      milestones: [milestone('m', { breakpoints })], on: { runTurn: runs({ outcome: 'limited' }, {}), judgeTurn: judgements(limit(soon(1_500)), {}) },
    });
    await (await startMilestone(worker, world)).result();
    expect(asked(world)).toEqual([]);
    expect(callsOf(world, 'runTurn')).toMatchObject(twoRuns);
  });

  test('that names no reset is waited for longer each time', async () => {
    const world = newWorld({ on: { runTurn: runs({ outcome: 'limited' }), judgeTurn: judgements(limit(null)) } });
    const handle = await startMilestone(worker, world);
    for (const n of [1, 2, 3]) await answer(handle, await opened(handle, 'rate_limit_hit', n), n === 3 ? 'abort' : 'retry');
    await failureOf(handle);
    const minutes = asked(world).map(({ openedAt, until = '' }) => (Date.parse(until) - Date.parse(openedAt)) / 60_000);
    for (const [n, most] of [1, 2, 4].entries()) {
      expect(minutes[n]).toBeLessThanOrEqual(most);
      expect(minutes[n]).toBeGreaterThanOrEqual(0.8 * most);
    }
  });
});

describe('a usage window that is too full', () => {
  const world = (until: string): World => {
    let n = 0;
    return newWorld({ on: { beginTurn: async (p) => (n++ === 0 ? { runKey: '', full: { until, reason: '96 % of five_hour' } } : { runKey: `${p.seq}` }) } });
  };

  test('holds the turn before it begins, until the reset: then its first run begins', async () => {
    const until = soon(2_000);
    const held = world(until);
    const handle = await startMilestone(worker, held);
    await handle.result();
    expect(asked(held)).toMatchObject([{ reason: expect.stringContaining('96 % of five_hour') }]);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(until));
    expect(callsOf(held, 'beginTurn')).toMatchObject([{ turn: 1, seq: 1 }, { turn: 1, seq: 1 }]);
    expect(callsOf(held, 'runTurn')).toMatchObject([{ turn: 1, seq: 1 }]);
  });

  test('is passed over by a person who says so', async () => {
    const held = world(soon(3_600_000));
    const handle = await startMilestone(worker, held);
    const question = await opened(handle, 'rate_limit_hit');
    await answer(handle, question, 'retry');
    await handle.result();
    expect(callsOf(held, 'beginTurn')[1]).toMatchObject({ usageSkipped: question.until });
  });
});

test('an overloaded API is waited for with growing timers, in the same turn, and asks nobody', async () => {
  const world = newWorld({ on: { runTurn: runs({ outcome: 'failed', failure: 'overloaded' }), judgeTurn: judgements(overload) } });
  const handle = await startMilestone(worker, world);
  await eventually(() => events(world).find(({ kind }) => kind === 'sleeping'), { what: 'the sleep' });
  const first = await timer(handle);
  expect(first.ms).toBeGreaterThanOrEqual(48_000);
  expect(first.ms).toBeLessThanOrEqual(60_000);
  expect(callsOf(world, 'endTurn')).toEqual([]);
  await handle.cancel();
  expect(await failureOf(handle)).toMatchObject({ type: 'cancelled' });
  expect(asked(world)).toEqual([]);
});

describe('what a person has to put right', () => {
  test.each([
    ['sign_in_required', 'sign_in_required', 'sign_in_required'], ['consecutive_failures', 'access_refused', 'access_denied'],
  ] as const)('%s: after retry the same turn goes on, nothing was measured, nothing failed', async (kind, rule, reason) => {
    const tasks = [task('one'), task('two', { dependsOn: ['one'] })];
    const world = newWorld({
      milestones: [milestone('m', { tasks })],
      on: { runTurn: runs({ outcome: 'failed', failure: reason }, {}), judgeTurn: judgements(hold(kind, rule), {}) },
    });
    const handle = await startMilestone(worker, world);
    await answer(handle, await opened(handle, kind), 'retry');
    await handle.result();
    expect(callsOf(world, 'runTurn')).toMatchObject([...twoRuns.map((run) => ({ ...run, task: 'one' })), { task: 'two', turn: 1 }]);
    expect(callsOf(world, 'judgeTurn')[1]).toMatchObject({ turn: 1, attemptsLeft: 2, failuresBefore: 0 });
    expect(callsOf(world, 'endTurn')).toHaveLength(2);
  });
});
