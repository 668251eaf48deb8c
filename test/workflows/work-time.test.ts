/** The time of a turn and of a task: asked about while the run goes on. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunReport, RunTurn } from '../../src/activities/contract.ts';
import type { Extension, RaisedLimit } from '../../src/domain/limits/extension.ts';
import type { AnswerAction } from '../../src/domain/breakpoints.ts';
import type { AnsweredBreakpoint } from '../../src/domain/questions.ts';
import { answerUpdate, extendUpdate } from '../../src/workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { events, failureOf, inState, opened, scheduled, startMilestone, taskStates, type Handle } from './driver.ts';
import { callsOf, fakeActivities, judgements, milestone, newWorld, ran, records, stalled, untilCancelled, type World } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

const answer = (handle: Handle, breakpoint: string, action: AnswerAction, note?: string) =>
  handle.executeUpdate(answerUpdate, { args: [{ breakpoint, action, by: 'ann', ...(note && { note }) }] });
const extend = (handle: Handle, extension: Extension) => handle.executeUpdate(extendUpdate, { args: [extension] });
const answersOf = (of: World): AnsweredBreakpoint[] => records(of).flatMap((r) => r.answered ?? []);
const raisedIn = (of: World): RaisedLimit[] => records(of).flatMap((r) => r.raised ?? []);

describe('the time of a turn and of a task', () => {
  /** A run whose n-th activity ends with what `reports[n]` gives; the turn may take so long. */
  function timed(time: { turnMs?: number; taskMs?: number }, ...reports: ((call: RunTurn) => Promise<RunReport>)[]): World {
    let n = 0;
    const world = newWorld({ milestones: [milestone('m', { time })], on: { runTurn: (call) => reports[Math.min(n++, reports.length - 1)]?.(call) ?? Promise.resolve(ran()) } });
    return world;
  }

  function held(): { report: () => Promise<RunReport>; end: (report: RunReport) => void } {
    const { promise, resolve } = Promise.withResolvers<RunReport>();
    return { report: () => promise, end: resolve };
  }

  test('is asked about while the run goes on; its end closes the question', async () => {
    const run = held();
    const world = timed({ turnMs: 300 }, run.report);
    const handle = await startMilestone(worker, world);
    const question = await opened(handle, 'time_threshold_exceeded');
    expect(question).toMatchObject({
      id: `${world.project}/m/one.1/time_threshold_exceeded.1`, priority: 'medium', actions: ['extend', 'retry', 'abort'], detail: { limit: 'time', of: 'turn', planMs: 300 },
      reason: expect.stringContaining('It goes on meanwhile'),
    });
    await inState(handle, 'waiting');
    run.end(ran());
    expect((await handle.result()).tasks).toEqual([{ id: 'one', state: 'completed', turns: 1 }]);
    expect(answersOf(world)).toMatchObject([{ id: question.id, action: 'extend', by: 'the run', via: 'itself' }]);
    expect(raisedIn(world)).toEqual([]);
    expect(await scheduled(handle)).not.toContain('stopRun');
  });

  test('extend gives more: the same run goes on, and is asked about again when that is over', async () => {
    const run = held();
    const world = timed({ turnMs: 300 }, run.report);
    const handle = await startMilestone(worker, world);
    await answer(handle, (await opened(handle, 'time_threshold_exceeded')).id, 'extend');
    const { id } = await opened(handle, 'time_threshold_exceeded', 2);
    await extend(handle, { minutes: 60, by: 'bob' });
    await inState(handle, 'running');
    await eventually(() => answersOf(world).length === 2, { what: 'the answer' });
    run.end(ran());
    await handle.result();
    expect(answersOf(world)).toMatchObject([{ action: 'extend', by: 'ann' }, { id, action: 'extend', by: 'bob' }]);
    expect(raisedIn(world)).toEqual([{ what: 'minutes', level: null, task: 'one', amount: 0.005, by: 'ann' }, { what: 'minutes', level: null, task: null, amount: 60, by: 'bob' }]);
    expect(callsOf(world, 'runTurn')).toHaveLength(1);
  });

  test('retry stops the run with proof, and the next attempt is told why', async () => {
    const run = held();
    const world = timed({ turnMs: 300 }, run.report, async () => ran());
    world.on.stopRun = async () => run.end(ran({ outcome: 'interrupted', costUsd: 0.5 }));
    const handle = await startMilestone(worker, world);
    await answer(handle, (await opened(handle, 'time_threshold_exceeded')).id, 'retry', 'be quick');
    expect(await handle.result()).toMatchObject({ costUsd: 0.75, tasks: [{ state: 'completed', turns: 2 }] });
    expect(callsOf(world, 'beginTurn')[1]).toMatchObject({ turn: 2, seq: 1, note: expect.stringMatching(/^be quick\nThe attempt before was stopped by a person: The agent has worked at the turn/) });
    expect(callsOf(world, 'stopRun')).toMatchObject([{ turn: 1, seq: 1, by: 'ann' }]);
  });

  test('abort ends the run and the milestone', async () => {
    const run = held();
    const world = timed({ taskMs: 300 }, run.report);
    world.on.stopRun = async () => run.end(ran({ outcome: 'interrupted' }));
    const handle = await startMilestone(worker, world);
    const question = await opened(handle, 'time_threshold_exceeded');
    expect(question.detail).toMatchObject({ of: 'task' });
    await answer(handle, question.id, 'abort');
    expect(await failureOf(handle)).toMatchObject({ type: 'aborted' });
    expect(callsOf(world, 'stopRun')).toHaveLength(1);
  });

  test('of a task is the work of all its attempts; waiting for a person is none', async () => {
    const world = timed({ taskMs: 3_600_000 }, async () => ran());
    world.on.judgeTurn = judgements({ decision: 'breakpoint', breakpoint: 'consecutive_failures', failed: true }, {});
    const handle = await startMilestone(worker, world);
    const question = await opened(handle, 'consecutive_failures');
    await answer(handle, question.id, 'retry');
    await handle.result();
    expect(records(world).flatMap((r) => r.opened ?? []).map(({ kind }) => kind)).toEqual(['consecutive_failures']);
  });

  test('stands beside the question of a stall; what is stopped for one closes the other', async () => {
    const run = held();
    const world = timed({ turnMs: 500 }, async () => stalled(), run.report, async () => ran());
    world.on.stopRun = async () => run.end(ran({ outcome: 'interrupted' }));
    const handle = await startMilestone(worker, world);
    const stall = await opened(handle, 'stalled');
    const time = await opened(handle, 'time_threshold_exceeded');
    await answer(handle, stall.id, 'wait');
    expect(taskStates(world).at(-1)).toBe('one:blocked');
    await answer(handle, time.id, 'retry');
    await handle.result();
    // The next attempt may be slow enough to be asked about too.
    const ofFirst = answersOf(world).filter(({ id }) => id.includes('/one.1/'));
    expect(ofFirst).toMatchObject([{ id: stall.id, action: 'wait', by: 'ann' }, { id: time.id, action: 'retry', by: 'ann' }]);
    expect(callsOf(world, 'runTurn').map(({ turn }) => turn)).toEqual([1, 1, 2]);
  });

  test('switched off, it is noted and the run goes on', async () => {
    const run = held();
    const world = timed({ turnMs: 300 }, run.report);
    world.milestones.set('m', milestone('m', { time: { turnMs: 300 }, breakpoints: { milestone_completion: { enabled: false, priority: null }, time_threshold_exceeded: { enabled: false, priority: null } } }));
    const handle = await startMilestone(worker, world);
    const taken = async (): Promise<boolean> => {
      const history = (await handle.fetchHistory()).events ?? [];
      const fired = history.findIndex((event) => event.timerFiredEventAttributes);
      return fired !== -1 && history.slice(fired).some((event) => event.workflowTaskCompletedEventAttributes);
    };
    await eventually(taken, { what: 'its time to be noticed' });
    run.end(ran());
    expect((await handle.result()).tasks).toMatchObject([{ state: 'completed', turns: 1 }]);
    expect(events(world)).toContainEqual({ kind: 'breakpoint_off', message: expect.stringContaining('time_threshold_exceeded is switched off by the plan: extend') });
  });

  test('a cancel while it is asked about ends the agent first', async () => {
    const world = timed({ turnMs: 300 }, untilCancelled);
    const handle = await startMilestone(worker, world);
    await opened(handle, 'time_threshold_exceeded');
    await handle.cancel();
    expect((await failureOf(handle)).type).toBe('cancelled');
    expect((await scheduled(handle)).slice(-3)).toEqual(['endTurn', 'releaseWorkspace', 'recordState']);
  });
});
