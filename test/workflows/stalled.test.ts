/** A run that stalls: asked about while it goes on, closed by what it does, ended only by a person. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunReport, RunTurn } from '../../src/activities/contract.ts';
import { answerUpdate, breakpointsQuery } from '../../src/workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { events, failureOf, inState, opened, scheduled, startMilestone, taskStates, type Handle } from './driver.ts';
import { callsOf, failure, fakeActivities, milestone, newWorld, ran, records, stalled, untilCancelled, type World } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

/** A run whose n-th activity ends with what `reports[n]` gives. */
function world(...reports: ((call: RunTurn) => Promise<RunReport>)[]): World {
  let n = 0;
  return newWorld({ on: { runTurn: (call) => reports[Math.min(n++, reports.length - 1)]?.(call) ?? Promise.resolve(ran()) } });
}

const now = (report: RunReport) => (): Promise<RunReport> => Promise.resolve(report);

/** Ends when the test says so. */
function held(): { report: () => Promise<RunReport>; end: (report: RunReport) => void } {
  const { promise, resolve } = Promise.withResolvers<RunReport>();
  return { report: () => promise, end: resolve };
}

const answer = (handle: Handle, breakpoint: string, action: 'wait' | 'retry' | 'abort', note?: string) =>
  handle.executeUpdate(answerUpdate, { args: [{ breakpoint, action, by: 'ann', ...(note && { note }) }] });

const answersOf = (of: World) => records(of).flatMap((r) => r.answered ?? []);

describe('while the question is open', () => {
  test('the run is followed on, told which stall is known; its end closes the question and is taken as usual', async () => {
    const rest = held();
    const of = world(now(stalled()), rest.report);
    const handle = await startMilestone(worker, of);
    const question = await opened(handle, 'stalled');
    expect(question).toMatchObject({ id: `${of.project}/m/one.1/stalled.1`, priority: 'medium', actions: ['wait', 'retry', 'abort'], reason: 'The agent lives and says nothing.' });
    await eventually(() => callsOf(of, 'runTurn').length === 2, { what: 'the run to be followed on' });
    expect(callsOf(of, 'runTurn')[1]).toMatchObject({ seq: 1, turn: 1, reported: { question: question.id, kind: 'silent', offset: 10 } });
    await inState(handle, 'waiting');
    rest.end(ran());
    expect((await handle.result()).tasks).toEqual([{ id: 'one', state: 'completed', turns: 1 }]);
    expect(answersOf(of)).toMatchObject([{ id: question.id, action: 'wait', by: 'the run', via: 'itself', note: 'the run ended: completed' }]);
    expect(events(of).map(({ kind }) => kind)).toContain('stall_over');
    expect(taskStates(of)).toEqual(['one:running', 'one:blocked', 'one:running', 'one:completed']);
    expect(await scheduled(handle)).not.toContain('stopRun');
  });

  test('a run that goes on closes it, and a later stall is another question; a late answer learns who was first', async () => {
    const rest = held();
    const of = world(now(stalled()), now({ outcome: 'goesOn' }), now(stalled({ kind: 'loop', offset: 90 })), rest.report);
    const handle = await startMilestone(worker, of);
    const second = await opened(handle, 'stalled', 2);
    await eventually(() => callsOf(of, 'runTurn').length === 4, { what: 'the run to be followed on again' });
    expect(callsOf(of, 'runTurn').map(({ reported }) => (reported as { kind: string } | undefined)?.kind)).toEqual([undefined, 'silent', undefined, 'loop']);
    expect(answersOf(of)).toMatchObject([{ id: `${of.project}/m/one.1/stalled.1`, note: 'the run went on', via: 'itself' }]);
    const late = await answer(handle, `${of.project}/m/one.1/stalled.1`, 'abort').catch((error: { cause?: unknown }) => error.cause);
    expect(late).toMatchObject({ type: 'already_answered', message: expect.stringContaining('by the run') });
    rest.end(ran());
    await handle.result();
    expect(answersOf(of).at(-1)).toMatchObject({ id: second.id, via: 'itself' });
  });

  test('a host that goes away closes it and asks about the host', async () => {
    const of = world(now(stalled()), () => Promise.reject(failure('host_unreachable', 'away')), now(ran()));
    const handle = await startMilestone(worker, of);
    const { id } = await opened(handle, 'host_unreachable');
    expect((await handle.query(breakpointsQuery)).map(({ kind }) => kind)).toEqual(['host_unreachable']);
    await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: id, action: 'retry' }] });
    expect((await handle.result()).tasks).toMatchObject([{ state: 'completed' }]);
  });

  test('cancelling the milestone waits for the agent to be ended, and keeps its files', async () => {
    const of = world(now(stalled()), untilCancelled);
    const handle = await startMilestone(worker, of);
    await opened(handle, 'stalled');
    await eventually(() => callsOf(of, 'runTurn').length === 2, { what: 'the run to be followed on' });
    await handle.cancel();
    expect((await failureOf(handle)).type).toBe('cancelled');
    expect((await scheduled(handle)).slice(-3)).toEqual(['endTurn', 'releaseWorkspace', 'recordState']);
    expect(answersOf(of)).toEqual([]);
    expect(events(of).map(({ kind }) => kind)).toEqual(expect.arrayContaining(['cancelled', 'cut_off']));
  });
});

describe('the answer', () => {
  test('wait: the same activity follows on, and the question is closed', async () => {
    const rest = held();
    const of = world(now(stalled()), rest.report);
    const handle = await startMilestone(worker, of);
    const { id } = await opened(handle, 'stalled');
    await answer(handle, id, 'wait');
    await inState(handle, 'running');
    await eventually(() => answersOf(of).length === 1, { what: 'the recorded answer' });
    rest.end(ran());
    await handle.result();
    expect(callsOf(of, 'runTurn')).toHaveLength(2);
    expect(answersOf(of)).toMatchObject([{ action: 'wait', by: 'ann', via: 'update' }]);
  });

  test('retry: the run is ended with proof and measured before the next attempt, which is told why', async () => {
    const rest = held();
    const of = world(now(stalled()), rest.report, now(ran()));
    of.on.stopRun = async () => rest.end(ran({ outcome: 'interrupted', costUsd: 0.5 }));
    const handle = await startMilestone(worker, of);
    const { id } = await opened(handle, 'stalled');
    await answer(handle, id, 'retry', 'use the cache');
    expect(await handle.result()).toMatchObject({ costUsd: 0.75, tasks: [{ id: 'one', state: 'completed', turns: 2 }] });
    const order = (await scheduled(handle)).filter((name) => ['beginTurn', 'runTurn', 'stopRun', 'endTurn'].includes(name));
    expect(order).toEqual(['beginTurn', 'runTurn', 'runTurn', 'stopRun', 'endTurn', 'beginTurn', 'runTurn', 'endTurn']);
    expect(callsOf(of, 'stopRun')).toMatchObject([{ turn: 1, seq: 1, by: 'ann' }]);
    expect(callsOf(of, 'beginTurn')[1]).toMatchObject({ turn: 2, seq: 1, note: expect.stringMatching(/^use the cache\nThe attempt before was stopped by a person: The agent lives/) });
  });

  test('retry when the run was let go at that very moment: it is followed to its end all the same', async () => {
    const of = world(now(stalled()), now({ outcome: 'goesOn' }), now(ran({ outcome: 'interrupted' })), now(ran()));
    const handle = await startMilestone(worker, of, { paused: true });
    await handle.signal('answer', { breakpoint: `${of.project}/m/one.1/stalled.1`, action: 'retry', by: 'early' });
    await handle.signal('resume', {});
    expect((await handle.result()).tasks).toMatchObject([{ state: 'completed', turns: 2 }]);
    expect(callsOf(of, 'stopRun')).toHaveLength(1);
    expect(callsOf(of, 'runTurn').map(({ turn }) => turn)).toEqual([1, 1, 1, 2]);
  });

  test.each(['retry', 'abort'] as const)('%s is kept while the host is away, and carried out when it is back', async (action) => {
    const rest = held();
    const away = failure('host_unreachable', 'away');
    const of = world(now(stalled()), rest.report, () => Promise.reject(away), now(ran({ outcome: 'interrupted', costUsd: 0.5 })), now(ran()));
    of.on.stopRun = async () => rest.end({ outcome: 'goesOn' });
    let ends = 0;
    of.on.endTurn = async (p) => (ends++ === 0 ? Promise.reject(away) : { tree: `tree-${p.task}-${p.turn}`, changedFiles: 1 });
    const handle = await startMilestone(worker, of);
    const { id } = await opened(handle, 'stalled');
    await answer(handle, id, action);
    // Once while the run is looked after, once while its files are measured.
    for (const n of [1, 2]) await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: (await opened(handle, 'host_unreachable', n)).id, action: 'retry' }] });
    if (action === 'abort') expect(await failureOf(handle)).toEqual({ type: 'aborted', message: `aborted by ann at ${id}` });
    else expect(await handle.result()).toMatchObject({ tasks: [{ state: 'completed', turns: 2 }] });
    expect(callsOf(of, 'judgeTurn').map(({ turn }) => turn)).toEqual(action === 'abort' ? [] : [2]);
    expect(callsOf(of, 'stopRun').map(({ turn, seq, by }) => [turn, seq, by])).toEqual([[1, 1, 'ann'], [1, 1, 'ann'], [1, 1, 'ann']]);
    expect(answersOf(of).filter((one) => one.id === id)).toHaveLength(1);
  });

  test('abort: ended the same way, then the milestone fails and says who did it', async () => {
    const rest = held();
    const of = world(now(stalled()), rest.report);
    of.on.stopRun = async () => rest.end(ran({ outcome: 'interrupted' }));
    const handle = await startMilestone(worker, of);
    const { id } = await opened(handle, 'stalled');
    await answer(handle, id, 'abort');
    expect(await failureOf(handle)).toEqual({ type: 'aborted', message: `aborted by ann at ${id}` });
    expect(callsOf(of, 'endTurn')).toHaveLength(1);
    expect(callsOf(of, 'stopRun')).toHaveLength(1);
  });

  test('cancelled while the host is asked to end it: both activities are ended first', async () => {
    const of = world(now(stalled()), untilCancelled);
    of.on.stopRun = untilCancelled;
    const handle = await startMilestone(worker, of);
    const { id } = await opened(handle, 'stalled');
    await answer(handle, id, 'retry');
    await eventually(() => callsOf(of, 'stopRun').length === 1, { what: 'the run to be stopped' });
    await handle.cancel();
    expect((await failureOf(handle)).type).toBe('cancelled');
    const { events: history = [] } = await handle.fetchHistory();
    expect(history?.filter((event) => event.activityTaskCanceledEventAttributes)).toHaveLength(2);
  });
});

test('switched off, a stall that is told all the same is waited for', async () => {
  const of = world(now(stalled()), now(ran()));
  of.milestones.set('m', milestone('m', { breakpoints: { milestone_completion: { enabled: false, priority: null }, stalled: { enabled: false, priority: null } } }));
  expect((await (await startMilestone(worker, of)).result()).tasks).toMatchObject([{ state: 'completed', turns: 1 }]);
  expect(records(of).flatMap((r) => r.opened ?? [])).toEqual([]);
});
