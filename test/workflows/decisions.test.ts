/** One case per decision the judge can make, and the order of a turn for each way a run can end. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TurnOutcomeKind } from '../../src/domain/turn-outcome.ts';
import { eventually } from '../support/eventually.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { events, milestoneStates, scheduled, startMilestone, taskStates, timersOf } from './driver.ts';
import { callsOf, fakeActivities, judgements, milestone, newWorld, records, runs, task, turnCalls } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

describe('a turn', () => {
  test('goes from checkpoint to decision, in eight activities or fewer', async () => {
    const world = newWorld();
    const handle = await startMilestone(worker, world);
    expect(await handle.result()).toEqual({ milestone: 'm', state: 'completed', costUsd: 0.25, tasks: [{ id: 'one', state: 'completed', turns: 1 }] });
    expect(turnCalls(world, 1)).toEqual(['beginTurn', 'runTurn', 'endTurn', 'runChecks', 'reviewTurn', 'judgeTurn']);
    expect(taskStates(world)).toEqual(['one:running', 'one:completed']);
    expect(milestoneStates(world)).toEqual(['running', 'completed']);
    expect(callsOf(world, 'releaseWorkspace')).toEqual([{ project: world.project, planSha256: 'abc', milestone: 'm', epoch: 7 }]);
  });

  test('adds at most eight activities to the history when another one is needed', async () => {
    const once = newWorld();
    const twice = newWorld({ on: { judgeTurn: judgements({ decision: 'retry', failed: true }, {}) } });
    const [first, second] = [await startMilestone(worker, once), await startMilestone(worker, twice)];
    await Promise.all([first.result(), second.result()]);
    const added = (await scheduled(second)).length - (await scheduled(first)).length;
    expect(added).toBeGreaterThan(5);
    expect(added).toBeLessThanOrEqual(8);
  });

  test.each<[TurnOutcomeKind, string[]]>([
    ['maxTurns', ['endTurn', 'runChecks', 'reviewTurn', 'judgeTurn']],
    ['overBudget', ['endTurn', 'runChecks', 'reviewTurn', 'judgeTurn']],
    ['failed', ['endTurn', 'judgeTurn']],
    ['refused', ['endTurn', 'judgeTurn']],
    ['lost', ['judgeTurn']],
  ])('whose run ended as %s is measured as far as that makes sense', async (outcome, after) => {
    const world = newWorld({ on: { runTurn: runs({ outcome, message: 'why it ended' }) } });
    await (await startMilestone(worker, world)).result();
    expect(turnCalls(world, 1)).toEqual(['beginTurn', 'runTurn', ...after]);
    expect(events(world)).toContainEqual({ kind: outcome, message: 'one #1: why it ended' });
  });
});

describe('decision', () => {
  test.each(['retry', 'clarify'] as const)('%s begins another attempt with the reason as its note', async (decision) => {
    const world = newWorld({ on: { judgeTurn: judgements({ decision, reason: 'tests fail', failed: true }, {}) } });
    const result = await (await startMilestone(worker, world)).result();
    expect(result.tasks).toEqual([{ id: 'one', state: 'completed', turns: 2 }]);
    expect(callsOf(world, 'beginTurn')).toMatchObject([{ turn: 1, seq: 1, note: null }, { turn: 2, seq: 1, note: 'tests fail' }]);
    expect(callsOf(world, 'judgeTurn')).toMatchObject([{ attemptsLeft: 2, failuresBefore: 0 }, { attemptsLeft: 1, failuresBefore: 1 }]);
    expect(taskStates(world)).toEqual(['one:running', 'one:retrying', 'one:completed']);
  });

  test('rerun is the next run of the same attempt', async () => {
    const world = newWorld({ on: { runTurn: runs({ outcome: 'lost' }, {}), judgeTurn: judgements({ decision: 'rerun', rule: 'lost', reason: 'host restarted' }, {}) } });
    await (await startMilestone(worker, world)).result();
    expect(callsOf(world, 'runTurn')).toMatchObject([{ turn: 1, seq: 1 }, { turn: 1, seq: 2 }]);
    expect(callsOf(world, 'beginTurn')[1]).toMatchObject({ turn: 1, seq: 2, note: 'host restarted' });
    expect(callsOf(world, 'judgeTurn')[1]).toMatchObject({ attemptsLeft: 2, failuresBefore: 0 });
  });

  test('wait sleeps until the limit is over, visibly, and is no attempt', async () => {
    let until = '';
    const world = newWorld({
      on: {
        runTurn: runs({ outcome: 'limited' }, {}),
        judgeTurn: async (p) => {
          if (until) return judgements({})(p);
          until = new Date(Date.now() + 1_500).toISOString();
          return judgements({ decision: 'wait', rule: 'limited', until, reason: 'usage limit' })(p);
        },
      },
    });
    const handle = await startMilestone(worker, world);
    await handle.result();
    expect(callsOf(world, 'runTurn')).toMatchObject([{ turn: 1, seq: 1 }, { turn: 1, seq: 2 }]);
    expect(milestoneStates(world)).toEqual(['running', 'waiting', 'running', 'completed']);
    expect(events(world)).toContainEqual({ kind: 'sleeping', message: expect.stringMatching(/^one sleeping until \d\d:\d\d UTC: usage limit$/) as unknown });
  });

  test('wait names its timer for people', async () => {
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const world = newWorld({ on: { runTurn: runs({ outcome: 'limited' }), judgeTurn: judgements({ decision: 'wait', rule: 'limited', until, reason: 'usage limit' }) } });
    const handle = await startMilestone(worker, world);
    const timer = await eventually(async () => (await timersOf(handle))[0], { what: 'the timer' });
    expect(timer.label).toMatch(/^"one sleeping until \d\d:\d\d UTC"$/);
    expect(timer.dueAt).toBeGreaterThanOrEqual(Date.parse(until) - 1);
    await handle.terminate();
  });
});

describe('the order of tasks', () => {
  test('follows dependencies first, then priority', async () => {
    const tasks = [task('a'), task('b', { dependsOn: ['c'], priority: 10 }), task('c'), task('d', { priority: 9 })];
    const world = newWorld({ milestones: [milestone('m', { tasks })] });
    await (await startMilestone(worker, world)).result();
    expect(callsOf(world, 'beginTurn').map((c) => c.task)).toEqual(['d', 'c', 'b', 'a']);
  });

  test('that leads nowhere fails with the names of the tasks', async () => {
    const tasks = [task('a', { dependsOn: ['b'] }), task('b', { dependsOn: ['a'] })];
    const world = newWorld({ milestones: [milestone('m', { tasks })] });
    await expect((await startMilestone(worker, world)).result()).rejects.toMatchObject({ cause: { type: 'bad_input' } });
    expect(milestoneStates(world).at(-1)).toBe('failed');
    expect(records(world).at(-1)?.tasks).toEqual([{ id: 'a', state: 'cancelled' }, { id: 'b', state: 'cancelled' }]);
  });
});
