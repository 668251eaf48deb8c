/** What a question does by itself while nobody answers: reminders, escalation, the answer of the plan; and who is told. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Notify, RunReport } from '../../src/activities/contract.ts';
import type { BreakpointKind } from '../../src/domain/breakpoints.ts';
import type { BreakpointPolicy } from '../../src/domain/plan.ts';
import { answerSignal, answerUpdate, breakpointsQuery } from '../../src/workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { failureOf, opened, startMilestone, type Handle } from './driver.ts';
import { callsOf, failure, fakeActivities, judgements, milestone, newWorld, ran, records, runs, stalled, type World } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

const HOUR_MS = 3_600_000;
const done = { milestone_completion: { enabled: false, priority: null } };

/** Its first turn ends in that question; the plan says this about it. */
const asking = (kind: BreakpointKind, policy: Partial<BreakpointPolicy>, on: World['on'] = {}): World => newWorld({
  milestones: [milestone('m', { breakpoints: { ...done, [kind]: { enabled: true, priority: null, ...policy } } })],
  on: { judgeTurn: judgements({ decision: 'breakpoint', breakpoint: kind, reason: 'look at this', failed: true }, {}), ...on },
});

const answersOf = (world: World) => records(world).flatMap((r) => r.answered ?? []);
const askedIn = (world: World) => records(world).flatMap((r) => r.opened ?? []);
const urgedOf = (world: World) => records(world).flatMap((r) => r.urged ?? []);
const told = (world: World): string[] => (callsOf(world, 'notify') as unknown as Notify[]).map(({ why, n }) => (n > 1 ? `${why} ${n}` : why));
const answer = (handle: Handle, breakpoint: string, action: 'retry' | 'approve' | 'abort') =>
  handle.executeUpdate(answerUpdate, { args: [{ breakpoint, action, by: 'ann' }] });

describe('the answer of the plan', () => {
  test('is given when the time is over: by the plan, by its timer, and the agent goes on', async () => {
    const world = asking('consecutive_failures', { automatic: { afterMs: 1_500, then: 'retry' } });
    const handle = await startMilestone(worker, world);
    expect((await handle.result()).tasks).toMatchObject([{ state: 'completed', turns: 2 }]);
    const [question] = askedIn(world);
    if (!question) throw new Error('nobody was asked');
    expect(question.timers).toEqual({ automatic: { at: new Date(Date.parse(question.openedAt) + 1_500).toISOString(), action: 'retry' } });
    const [given] = answersOf(world);
    expect(given).toMatchObject({ id: question.id, action: 'retry', by: 'the plan', via: 'timer' });
    expect(Date.parse(given?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(question.timers?.automatic?.at ?? ''));
    await eventually(() => told(world).length === 1, { what: 'the notice' });
    expect(told(world)).toEqual(['opened']);
  });

  test('comes too late after a person has answered', async () => {
    const world = asking('consecutive_failures', { automatic: { afterMs: HOUR_MS, then: 'abort' } });
    const handle = await startMilestone(worker, world);
    await answer(handle, (await opened(handle, 'consecutive_failures')).id, 'retry');
    await handle.result();
    expect(answersOf(world)).toMatchObject([{ action: 'retry', by: 'ann', via: 'update' }]);
  });

  test('is not given where it would approve something dangerous, wherever the plan came from', async () => {
    const world = asking('evidence_weakened', { automatic: { afterMs: 1, then: 'approve' }, remindMs: 300 });
    const handle = await startMilestone(worker, world);
    const { id, timers } = await opened(handle, 'evidence_weakened');
    expect(timers?.automatic).toBeUndefined();
    // Long after it would have been due.
    await eventually(() => urgedOf(world).length >= 2, { what: 'two reminders' });
    expect(answersOf(world)).toEqual([]);
    await answer(handle, id, 'abort');
    expect(await failureOf(handle)).toMatchObject({ type: 'aborted' });
  });

  test('shortens the wait for a usage limit', async () => {
    const until = new Date(Date.now() + HOUR_MS).toISOString();
    const world = asking('rate_limit_hit', { automatic: { afterMs: 1_000, then: 'abort' } }, {
      runTurn: runs({ outcome: 'limited' }), judgeTurn: judgements({ decision: 'wait', rule: 'limited', breakpoint: 'rate_limit_hit', until, reason: 'limit' }),
    });
    expect(await failureOf(await startMilestone(worker, world))).toMatchObject({ type: 'aborted', message: expect.stringContaining('by the plan') });
  });

  test('ends a run that has stalled, beside which the question stood', async () => {
    const held = Promise.withResolvers<RunReport>();
    const reports = [() => Promise.resolve(stalled()), () => held.promise, () => Promise.resolve(ran())];
    let n = 0;
    const world = asking('stalled', { automatic: { afterMs: 800, then: 'retry' }, remindMs: 300 }, {
      runTurn: () => (reports[n++] ?? reports[2]!)(), stopRun: async () => held.resolve(ran({ outcome: 'interrupted' })), judgeTurn: judgements({}),
    });
    expect((await (await startMilestone(worker, world)).result()).tasks).toMatchObject([{ state: 'completed', turns: 2 }]);
    expect(callsOf(world, 'stopRun')).toMatchObject([{ by: 'the plan' }]);
    expect(answersOf(world)).toMatchObject([{ action: 'retry', via: 'timer' }]);
    expect(urgedOf(world)).toMatchObject([{ reminders: 1 }]);
  });
});

describe('while nobody answers', () => {
  test('there are reminders, later and later, and the priority is raised once', async () => {
    const world = asking('confidence_too_low', { priority: 'low', remindMs: 400, escalate: { afterMs: 700, priority: 'high' } });
    const handle = await startMilestone(worker, world);
    const { id, priority } = await opened(handle, 'confidence_too_low');
    expect(priority).toBe('low');
    await eventually(() => urgedOf(world).some(({ reminders }) => reminders === 3), { what: 'three reminders' });
    const [open] = await handle.query(breakpointsQuery);
    expect(open).toMatchObject({ id, priority: 'high', timers: { remind: { everyMs: 400 } } });
    // More of them where this is asked late.
    expect(open?.timers?.remind?.n).toBeGreaterThanOrEqual(4);
    expect(open?.timers?.escalate).toBeUndefined();
    await answer(handle, id, 'approve');
    await handle.result();
    const reminded = urgedOf(world).filter(({ reminders }) => reminders !== undefined).map(({ at }) => Date.parse(at));
    expect(reminded[1]! - reminded[0]!).toBeGreaterThanOrEqual(800);
    expect(reminded[2]! - reminded[1]!).toBeGreaterThanOrEqual(1_600);
    expect(urgedOf(world).filter((urged) => urged.priority)).toMatchObject([{ id, priority: 'high' }]);
    const all = reminded.map((_, n) => (n === 0 ? 'reminder' : `reminder ${n + 1}`));
    expect(all.length).toBeGreaterThanOrEqual(3);
    expect(told(world).toSorted()).toEqual(['escalated', 'opened', ...all].toSorted());
  });

  test('notices that cannot be given hold nothing', async () => {
    const never = asking('consecutive_failures', { automatic: { afterMs: 500, then: 'retry' } }, { notify: () => Promise.reject(failure('bad_input', 'no such address')) });
    expect((await (await startMilestone(worker, never)).result()).tasks).toMatchObject([{ state: 'completed', turns: 2 }]);
  });

  test('a question that was answered early is no news to anybody', async () => {
    const world = asking('consecutive_failures', { remindMs: 100 });
    const handle = await startMilestone(worker, world, { paused: true });
    await handle.signal(answerSignal, { breakpoint: `${world.project}/m/one.1/consecutive_failures.1`, action: 'retry', by: 'early' });
    await handle.signal('resume', {});
    await handle.result();
    expect(told(world)).toEqual([]);
  });
});

describe('in a fresh history', () => {
  const latest = (handle: Handle): Handle => worker.temporal.client.workflow.getHandle(handle.workflowId) as Handle;

  test('the same instants hold: reminders are counted on, and the plan answers when it would have', async () => {
    const world = asking('confidence_too_low', { priority: 'low', remindMs: 150, escalate: { afterMs: 200, priority: 'high' }, automatic: { afterMs: 30_000, then: 'approve' } });
    const chain = latest(await startMilestone(worker, world, { historyLimit: 40 }));
    const question = await opened(chain, 'confidence_too_low');
    const { runId } = await chain.describe();
    // Each reminder makes the history longer.
    await eventually(async () => (await chain.describe()).runId !== runId, { what: 'the next run' });
    const [open] = await chain.query(breakpointsQuery);
    expect(open).toMatchObject({ id: question.id, timers: { automatic: question.timers?.automatic } });
    await chain.result();
    const [given] = answersOf(world);
    // Where a run is so slow to begin that the time is over by then, it finds that out itself.
    expect(given).toMatchObject({ action: 'approve', via: expect.stringMatching(/^(timer|itself)$/), by: 'the plan' });
    expect(Date.parse(given?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(question.openedAt) + 30_000);
    const counts = urgedOf(world).flatMap(({ reminders }) => reminders ?? []);
    expect(counts).toEqual(counts.map((_, n) => n + 1));
    expect(counts.length).toBeGreaterThan(2);
    expect(urgedOf(world).filter(({ priority }) => priority)).toHaveLength(1);
    expect(told(world).filter((one) => one === 'opened')).toHaveLength(1);
  });

  test('an answer that became due while the history was begun afresh is the timer\'s', async () => {
    const world = asking('confidence_too_low', { automatic: { afterMs: 30_000, then: 'approve' } });
    const reading = Promise.withResolvers<void>();
    const brief = world.milestones.get('m')!;
    const chain = latest(await startMilestone(worker, world, { historyLimit: 40 }));
    const { timers } = await opened(chain, 'confidence_too_low');
    let begun = false;
    world.on.loadMilestone = () => {
      begun = true;
      return reading.promise.then(() => brief);
    };
    // Each signal makes the history longer.
    await Promise.all(Array.from({ length: 40 }, () => chain.signal(answerSignal, { breakpoint: 'nonsense', action: 'approve' })));
    await eventually(() => begun, { what: 'the next run' });
    await eventually(() => Date.now() > Date.parse(timers?.automatic?.at ?? ''), { what: 'the time of the answer' });
    reading.resolve();
    await chain.result();
    expect(answersOf(world)).toMatchObject([{ action: 'approve', via: 'timer', by: 'the plan' }]);
  });
});
