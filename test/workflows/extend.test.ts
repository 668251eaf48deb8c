/** What people grant by message, whether they are asked or not. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JudgeResult } from '../../src/activities/contract.ts';
import type { Extension, RaisedLimit } from '../../src/domain/limits/extension.ts';
import type { AnswerAction } from '../../src/domain/breakpoints.ts';
import type { AnsweredBreakpoint } from '../../src/domain/questions.ts';
import { answerUpdate, extendSignal, extendUpdate } from '../../src/workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { events, inState, opened, startMilestone, type Handle } from './driver.ts';
import { callsOf, fakeActivities, judgements, milestone, newWorld, records, runs, task, type World } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

const turnsAsked: Partial<JudgeResult> =
  { decision: 'breakpoint', rule: 'limit_reached', breakpoint: 'budget_exceeded', failed: true, reason: 'It reached its limit of 12 turns.', detail: { limit: 'turns', turns: 12 } };

const answer = (handle: Handle, breakpoint: string, action: AnswerAction, note?: string) =>
  handle.executeUpdate(answerUpdate, { args: [{ breakpoint, action, by: 'ann', ...(note && { note }) }] });
const extend = (handle: Handle, extension: Extension) => handle.executeUpdate(extendUpdate, { args: [extension] });
const answersOf = (of: World): AnsweredBreakpoint[] => records(of).flatMap((r) => r.answered ?? []);
const raisedIn = (of: World): RaisedLimit[] => records(of).flatMap((r) => r.raised ?? []);
const refusalOf = (update: Promise<unknown>): Promise<unknown> => update.then(() => 'accepted', (error: { cause?: unknown }) => error.cause);

/** Its first run ends at its limit of turns, of which a person is asked. */
const atTurns = (...judged: Partial<JudgeResult>[]): World =>
  newWorld({ on: { runTurn: runs({ outcome: 'maxTurns' }, {}), judgeTurn: judgements(turnsAsked, ...judged), beginTurn: async () => ({ runKey: 'r', maxTurns: 12, enlargeTo: null }) } });

describe('extend', () => {
  test('before anybody is asked holds for the runs that come; for one task, or for all', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const world = newWorld({ milestones: [milestone('m', { tasks: [task('one'), task('two')] })], on: { beginTurn: async ({ task: id }) => (id === 'one' && (await held), { runKey: 'r' }) } });
    const handle = await startMilestone(worker, world);
    await eventually(() => callsOf(world, 'beginTurn').length === 1, { what: 'the first turn' });
    await extend(handle, { task: 'two', turns: 7, by: 'ann' });
    await handle.signal(extendSignal, { turns: 1, minutes: 2 });
    await handle.signal(extendSignal, { turns: -1 });
    release();
    await handle.result();
    expect(callsOf(world, 'beginTurn')[1]).toMatchObject({ task: 'two', moreTurns: 8, moreMs: 120_000 });
    expect(raisedIn(world)).toEqual([
      { what: 'turns', level: null, task: 'two', amount: 7, by: 'ann' }, { what: 'turns', level: null, task: null, amount: 1, by: null }, { what: 'minutes', level: null, task: null, amount: 2, by: null },
    ]);
    expect(events(world).filter(({ kind }) => kind === 'extended').map(({ message }) => message)).toEqual(['7 turns more for two, by ann', '1 turns, 2 minutes more for the milestone, by somebody']);
  });

  test.each<[string, Extension, AnswerAction | 'open']>([
    ['turns are what it is about', { turns: 5 }, 'extend'], ['of that task', { task: 'one', turns: 5, budgetUsd: 1 }, 'extend'],
    ['money is not what it is about', { minutes: 5 }, 'open'], ['another task', { task: 'two', turns: 5 }, 'open'],
  ])('answers an open question where %s', async (_, extension, expected) => {
    const world = atTurns({});
    world.milestones.set('m', milestone('m', { tasks: [task('one'), task('two')], budgetLevels: ['turn'] }));
    const handle = await startMilestone(worker, world);
    const { id } = await opened(handle, 'budget_exceeded');
    await extend(handle, { ...extension, by: 'ann' });
    if (expected === 'open') {
      await inState(handle, 'waiting');
      expect(callsOf(world, 'runTurn')).toHaveLength(1);
      await answer(handle, id, 'finish');
    }
    await handle.result();
    expect(answersOf(world)[0]).toMatchObject({ id, action: expected === 'open' ? 'finish' : 'extend', by: 'ann', via: 'update' });
    if (expected === 'extend') expect(callsOf(world, 'beginTurn')[1]).toMatchObject({ seq: 2, moreTurns: 5 });
  });

  test('is refused with a reason', async () => {
    const world = newWorld({ milestones: [milestone('m', { tasks: [task('one'), task('two')], breakpoints: {}, budgetLevels: ['milestone'] })] });
    const handle = await startMilestone(worker, world);
    await opened(handle, 'milestone_completion');
    for (const [payload, type, message] of [
      [{}, 'bad_input', 'nothing to extend'], [{ task: 'three', turns: 1 }, 'unknown_target', 'there is no task three; the milestone has one, two'],
      [{ task: 'one', turns: 1 }, 'not_open', 'task one is completed'], [{ budgetUsd: 1, task: 'two' }, 'not_open', 'completed'],
    ] as const) expect(await refusalOf(extend(handle, payload))).toMatchObject({ type, message: expect.stringContaining(message) });
    await extend(handle, { budgetUsd: 1 });
    await answer(handle, `${world.project}/m/milestone_completion.1`, 'approve');
    await handle.result();
    expect(raisedIn(world)).toEqual([{ what: 'usd', level: 'milestone', task: null, amount: 1, by: null }]);
  });

  test('of money that nothing limits is refused', async () => {
    const world = newWorld({ milestones: [milestone('m', { breakpoints: {}, budgetLevels: [] })] });
    const handle = await startMilestone(worker, world);
    await opened(handle, 'milestone_completion');
    expect(await refusalOf(extend(handle, { budgetUsd: 1 }))).toMatchObject({ type: 'policy', message: expect.stringContaining('sets no budget for the milestone') });
    await answer(handle, `${world.project}/m/milestone_completion.1`, 'approve');
    await handle.result();
  });

  test('is kept through continue-as-new', async () => {
    const world = newWorld({ milestones: [milestone('m', { tasks: [task('one')], breakpoints: {} })], on: { judgeTurn: judgements(turnsAsked, {}), runTurn: runs({ outcome: 'maxTurns' }, {}) } });
    const first = await startMilestone(worker, world, { historyLimit: 20 });
    const handle = worker.temporal.client.workflow.getHandle(first.workflowId) as Handle;
    const { id } = await opened(handle, 'budget_exceeded');
    await extend(handle, { turns: 3, minutes: 1 });
    await eventually(() => callsOf(world, 'beginTurn').length === 2, { what: 'the next run' });
    expect(callsOf(world, 'beginTurn')[1]).toMatchObject({ turn: 1, seq: 2, moreTurns: 3, moreMs: 60_000 });
    await answer(handle, (await opened(handle, 'milestone_completion')).id, 'approve');
    await first.result();
    expect((await handle.describe()).runId).not.toBe(first.firstExecutionRunId);
    expect(answersOf(world)[0]).toMatchObject({ id, action: 'extend' });
  });
});
