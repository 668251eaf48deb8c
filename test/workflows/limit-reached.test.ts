/** Limits that are reached: the session goes on with more, what is there is judged, or it ends. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JudgeResult } from '../../src/activities/contract.ts';
import type { Account } from '../../src/domain/limits/budget.ts';
import type { AnswerAction } from '../../src/domain/breakpoints.ts';
import type { AnsweredBreakpoint } from '../../src/domain/questions.ts';
import type { RaisedLimit } from '../../src/domain/limits/extension.ts';
import { answerUpdate } from '../../src/workflows/messages.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { events, failureOf, opened, startMilestone, taskStates, type Handle } from './driver.ts';
import { callsOf, fakeActivities, judgements, milestone, newWorld, records, runs, task, turnCalls, type World } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

const account: Account = { level: 'task', spentUsd: 5, limitUsd: 5, planUsd: 5 };
const turnsAsked: Partial<JudgeResult> =
  { decision: 'breakpoint', rule: 'limit_reached', breakpoint: 'budget_exceeded', failed: true, reason: 'It reached its limit of 12 turns.', detail: { limit: 'turns', turns: 12 } };
const moneyAsked: Partial<JudgeResult> = { ...turnsAsked, rule: 'budget_spent', reason: 'No money is left.', detail: { limit: 'money', accounts: [account] } };

const answer = (handle: Handle, breakpoint: string, action: AnswerAction, note?: string) =>
  handle.executeUpdate(answerUpdate, { args: [{ breakpoint, action, by: 'ann', ...(note && { note }) }] });
const answersOf = (of: World): AnsweredBreakpoint[] => records(of).flatMap((r) => r.answered ?? []);
const raisedIn = (of: World): RaisedLimit[] => records(of).flatMap((r) => r.raised ?? []);

/** Its first run ends at its limit of turns, of which a person is asked. */
const atTurns = (...judged: Partial<JudgeResult>[]): World =>
  newWorld({ on: { runTurn: runs({ outcome: 'maxTurns' }, {}), judgeTurn: judgements(turnsAsked, ...judged), beginTurn: async () => ({ runKey: 'r', maxTurns: 12, enlargeTo: null }) } });

describe('at the limit of turns', () => {
  test('the run goes on once with more, in the same turn: nothing is measured, nobody asked', async () => {
    let begun = 0;
    const world = newWorld({
      on: {
        beginTurn: async () => ({ runKey: 'r', ...(begun++ === 0 ? { maxTurns: 12, enlargeTo: 24 } : { maxTurns: 24, enlargeTo: null }) }),
        runTurn: runs({ outcome: 'maxTurns' }, {}), judgeTurn: judgements({ decision: 'rerun', rule: 'turns_enlarged' }, {}),
      },
    });
    const handle = await startMilestone(worker, world);
    expect(await handle.result()).toMatchObject({ tasks: [{ id: 'one', state: 'completed', turns: 1 }] });
    expect(turnCalls(world, 1)).toEqual(['beginTurn', 'runTurn', 'judgeTurn', 'beginTurn', 'runTurn', 'endTurn', 'runChecks', 'reviewTurn', 'judgeTurn']);
    expect(callsOf(world, 'beginTurn')[1]).toMatchObject({ turn: 1, seq: 2, enlarged: true, goesOn: expect.stringContaining('limit of turns') });
    expect(callsOf(world, 'judgeTurn')).toMatchObject([{ enlargeTo: 24 }, { attemptsLeft: 2 }]);
    expect(callsOf(world, 'judgeTurn')[1]).not.toHaveProperty('enlargeTo');
  });

  test('what a run left that may not go on by itself is measured, checked and reviewed', async () => {
    const world = atTurns({});
    const handle = await startMilestone(worker, world);
    const question = await opened(handle, 'budget_exceeded');
    expect(turnCalls(world, 1)).toEqual(['beginTurn', 'runTurn', 'endTurn', 'runChecks', 'reviewTurn', 'judgeTurn']);
    expect(question).toMatchObject({ priority: 'high', actions: ['extend', 'finish', 'abort'], detail: { limit: 'turns', turns: 12 }, tree: 'tree-one-1' });
    await answer(handle, question.id, 'extend', '20 turns, and keep the tests');
    await handle.result();
    expect(callsOf(world, 'beginTurn')[1]).toMatchObject({ turn: 1, seq: 2, moreTurns: 20, said: '20 turns, and keep the tests', goesOn: expect.any(String) });
    expect(raisedIn(world)).toEqual([{ what: 'turns', level: null, task: 'one', amount: 20, by: 'ann' }]);
    expect(events(world)).toContainEqual({ kind: 'extended', message: '20 turns more for one, by ann' });
    expect(answersOf(world)).toMatchObject([{ action: 'extend', by: 'ann', via: 'update' }]);
  });

  test('extend without an amount: the same again', async () => {
    const world = atTurns({});
    const handle = await startMilestone(worker, world);
    await answer(handle, (await opened(handle, 'budget_exceeded')).id, 'extend');
    await handle.result();
    expect(callsOf(world, 'beginTurn')[1]).toMatchObject({ turn: 1, seq: 2 });
    expect(callsOf(world, 'beginTurn')[1]).not.toHaveProperty('moreTurns');
  });

  test('finish: the same turn is judged as it is, with no attempt after it; the next attempt is judged as ever', async () => {
    const world = atTurns({ decision: 'breakpoint', rule: 'check_failed_final', breakpoint: 'breaking_test_failure', failed: true }, {});
    const handle = await startMilestone(worker, world);
    await answer(handle, (await opened(handle, 'budget_exceeded')).id, 'finish');
    await answer(handle, (await opened(handle, 'breaking_test_failure')).id, 'retry');
    await handle.result();
    expect(callsOf(world, 'runTurn').map(({ turn, seq }) => [turn, seq])).toEqual([[1, 1], [2, 1]]);
    expect(callsOf(world, 'judgeTurn')).toMatchObject([{ attemptsLeft: 2 }, { turn: 1, finish: true, attemptsLeft: 0 }, { turn: 2, attemptsLeft: 2 }]);
    expect(callsOf(world, 'judgeTurn')[2]).not.toHaveProperty('finish');
  });

  test('abort ends the milestone', async () => {
    const handle = await startMilestone(worker, atTurns());
    await answer(handle, (await opened(handle, 'budget_exceeded')).id, 'abort');
    expect(await failureOf(handle)).toMatchObject({ type: 'aborted' });
  });

  test('switched off, what is there is judged as it is', async () => {
    const world = atTurns({});
    world.milestones.set('m', milestone('m', { breakpoints: { milestone_completion: { enabled: false, priority: null }, budget_exceeded: { enabled: false, priority: null } } }));
    await (await startMilestone(worker, world)).result();
    expect(callsOf(world, 'judgeTurn')).toMatchObject([{}, { finish: true, attemptsLeft: 0 }]);
  });
});

describe('without money', () => {
  test('the next attempt begins after extend, in the same session and without losing the note', async () => {
    const world = newWorld({ on: { judgeTurn: judgements(moneyAsked, {}) } });
    const handle = await startMilestone(worker, world);
    await answer(handle, (await opened(handle, 'budget_exceeded')).id, 'extend', '$2.50: mind the cache');
    await handle.result();
    expect(callsOf(world, 'beginTurn')[1]).toMatchObject({ turn: 2, seq: 1, said: '$2.50: mind the cache' });
    expect(callsOf(world, 'judgeTurn')[1]).toMatchObject({ attemptsLeft: 1 });
    expect(raisedIn(world)).toEqual([{ what: 'usd', level: 'task', task: 'one', amount: 2.5, by: 'ann' }]);
  });

  /** The first `begins` times there is no money to begin with. */
  const broke = (accounts: Account[], begins = 1): World => {
    let n = 0;
    return newWorld({
      milestones: [milestone('m', { tasks: [task('one'), task('two')], budgetLevels: ['task', 'project'] })],
      on: { beginTurn: async () => (n++ < begins ? { runKey: '', broke: accounts } : { runKey: 'r' }) },
    });
  };

  test('a turn is not begun; extend raises each limit by what the plan gave it, and it begins', async () => {
    const world = broke([account, { level: 'project', spentUsd: 60, limitUsd: 55, planUsd: 50 }]);
    const handle = await startMilestone(worker, world);
    const question = await opened(handle, 'budget_exceeded');
    expect(question).toMatchObject({ id: `${world.project}/m/one.1/budget_exceeded.1`, reason: expect.stringContaining('$60.00 of $55.00 for the project') });
    expect(callsOf(world, 'runTurn')).toEqual([]);
    await answer(handle, question.id, 'extend');
    await handle.result();
    expect(raisedIn(world)).toEqual([
      { what: 'usd', level: 'task', task: 'one', amount: 5, by: 'ann' }, { what: 'usd', level: 'project', task: null, amount: 50, by: 'ann' },
    ]);
    const names = world.calls.map(({ name, input }) => (name === 'recordState' && input.raised ? 'raised' : name));
    expect(names.indexOf('raised')).toBeLessThan(names.lastIndexOf('beginTurn'));
    expect(callsOf(world, 'beginTurn').slice(0, 2)).toMatchObject([{ turn: 1, seq: 1 }, { turn: 1, seq: 1 }]);
  });

  test('finish, where nothing was begun: the task is skipped and said so', async () => {
    const world = broke([account]);
    const handle = await startMilestone(worker, world);
    await answer(handle, (await opened(handle, 'budget_exceeded')).id, 'finish');
    expect((await handle.result()).tasks).toMatchObject([{ id: 'one', state: 'skipped' }, { id: 'two', state: 'completed' }]);
    expect(taskStates(world)).toContain('one:skipped');
  });

  test('finish before a later attempt: what the one before left is measured and judged; its questions keep their numbers', async () => {
    let n = 0;
    const red: Partial<JudgeResult> = { decision: 'breakpoint', rule: 'check_failed_final', breakpoint: 'breaking_test_failure', failed: true };
    const world = newWorld({
      on: {
        beginTurn: async () => ([1, 2].includes(n++) ? { runKey: '', broke: [account] } : { runKey: 'r' }),
        judgeTurn: judgements({ decision: 'retry', reason: 'red', failed: true }, red, {}),
      },
    });
    const handle = await startMilestone(worker, world);
    const before = await opened(handle, 'budget_exceeded');
    expect(before.id).toBe(`${world.project}/m/one.2/budget_exceeded.1`);
    await answer(handle, before.id, 'finish');
    const question = await opened(handle, 'breaking_test_failure');
    expect(question.id).toBe(`${world.project}/m/one.1/breaking_test_failure.1`);
    expect(turnCalls(world, 1)).toEqual(['beginTurn', 'runTurn', 'endTurn', 'runChecks', 'reviewTurn', 'judgeTurn', 'endTurn', 'runChecks', 'reviewTurn', 'judgeTurn']);
    expect([callsOf(world, 'endTurn')[1], callsOf(world, 'runChecks')[1]]).toMatchObject([{ turn: 1, again: 1 }, { turn: 1, again: 1 }]);
    expect(callsOf(world, 'judgeTurn')[1]).toMatchObject({ turn: 1, finish: true, attemptsLeft: 0, failuresBefore: 0 });
    await answer(handle, question.id, 'retry');
    await answer(handle, (await opened(handle, 'budget_exceeded', 2)).id, 'extend');
    expect((await handle.result()).tasks).toMatchObject([{ state: 'completed', turns: 2 }]);
    expect(callsOf(world, 'judgeTurn')[2]).toMatchObject({ turn: 2, attemptsLeft: 2, failuresBefore: 0 });
  });

  test('finish of an attempt whose agent failed: its files are checked first', async () => {
    const world = newWorld({ on: { runTurn: runs({ outcome: 'failed', failure: 'api_error' }), judgeTurn: judgements(moneyAsked, {}) } });
    const handle = await startMilestone(worker, world);
    await answer(handle, (await opened(handle, 'budget_exceeded')).id, 'finish');
    await handle.result();
    expect(turnCalls(world, 1)).toEqual(['beginTurn', 'runTurn', 'endTurn', 'judgeTurn', 'lookAtTree', 'endTurn', 'runChecks', 'reviewTurn', 'judgeTurn']);
  });

  test('finish, where a run was lost before: what it left is measured and judged', async () => {
    let n = 0;
    const world = newWorld({
      on: {
        beginTurn: async () => (n++ === 1 ? { runKey: '', broke: [account] } : { runKey: 'r' }),
        runTurn: runs({ outcome: 'lost' }), judgeTurn: judgements({ decision: 'rerun' }, {}),
      },
    });
    const handle = await startMilestone(worker, world);
    await answer(handle, (await opened(handle, 'budget_exceeded')).id, 'finish');
    await handle.result();
    expect(turnCalls(world, 1)).toEqual(['beginTurn', 'runTurn', 'judgeTurn', 'beginTurn', 'endTurn', 'runChecks', 'reviewTurn', 'judgeTurn']);
    expect(callsOf(world, 'judgeTurn')[1]).toMatchObject({ finish: true, attemptsLeft: 0 });
  });
});

test('attempts of a task stand for those of the plan', async () => {
  const world = newWorld({ milestones: [milestone('m', { attempts: 3, tasks: [task('one', { attempts: 1 }), task('two')] })] });
  await (await startMilestone(worker, world)).result();
  expect(callsOf(world, 'judgeTurn').map(({ attemptsLeft }) => attemptsLeft)).toEqual([0, 2]);
});
