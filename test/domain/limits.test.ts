/** Numbers of limits: turns by kind and size, money with its lines and its floor, time, and what a person grants. */
import { describe, expect, test } from '@jest/globals';
import { allowance, describeAccount, FLOOR_USD, limitsOf, nearLine, overLine, tightest, type Account } from '../../src/domain/limits/budget.ts';
import { amountsIn, describeExtension, readExtension } from '../../src/domain/limits/extension.ts';
import { turnLimits } from '../../src/domain/limits/run-limits.ts';
import { nextTimeLimit } from '../../src/domain/limits/time.ts';
import { enlargedTurns, turnsFor, type TaskKind, type TaskSize } from '../../src/domain/limits/turns.ts';
import { goodPlan, GOOD_PLAN } from '../support/plans.ts';

describe('turns', () => {
  test.each<[TaskKind, number]>([
    ['validation', 5], ['code', 12], ['refactor', 15], ['debug', 20], ['error-analysis', 8], ['planning', 5], ['docs', 3], ['testing', 8],
  ])('of %s: %d', (kind, turns) => expect(turnsFor(30, { kind })).toBe(turns));

  test.each<[TaskSize, number]>([['small', 3], ['medium', 6], ['large', 12], ['huge', 20]])('of %s: %d', (size, turns) => expect(turnsFor(30, { size })).toBe(turns));

  test.each<[{ kind?: TaskKind; size?: TaskSize }, number]>([
    [{}, 30], [{ kind: 'docs', size: 'huge' }, 20], [{ kind: 'debug', size: 'small' }, 20], [{ kind: 'code', size: 'large' }, 12],
  ])('of %j: %d', (task, turns) => expect(turnsFor(30, task)).toBe(turns));

  test.each([[1, 3], [2, 4], [12, 24], [74, 148], [75, 150], [76, 150], [149, 150], [150, null], [151, null], [500, null]])('%p are enlarged to %p', (turns, to) => {
    expect(enlargedTurns(turns)).toBe(to);
  });

  const { plan } = goodPlan(GOOD_PLAN);
  test.each([
    ['at first', {}, { maxTurns: 12, enlargeTo: 24 }],
    ['enlarged, once', { enlarged: true }, { maxTurns: 24, enlargeTo: null }],
    ['granted', { moreTurns: 5 }, { maxTurns: 17, enlargeTo: 29 }],
    ['enlarged and granted', { enlarged: true, moreTurns: 5 }, { maxTurns: 29, enlargeTo: null }],
    ['granted without measure', { enlarged: true, moreTurns: 499 }, { maxTurns: 500, enlargeTo: null }],
  ])('of a run: %s', (_, granted, expected) => expect(turnLimits(plan, { kind: 'code' }, granted)).toEqual(expected));

  test('of a run, where the plan wants nothing enlarged', () => {
    expect(turnLimits({ ...plan, policy: { ...plan.policy, enlargedRetry: false } }, {}, {})).toEqual({ maxTurns: 30, enlargeTo: null });
  });
});

const account = (level: Account['level'], spentUsd: number, limitUsd: number): Account => ({ level, spentUsd, limitUsd, planUsd: limitUsd });

describe('money', () => {
  const agent = { budgetUsd: 2 };
  test('the limit of a turn has two names', () => {
    expect(limitsOf({ agent })).toEqual({ turn: 2 });
    expect(limitsOf({ agent: { budgetUsd: null }, budget: { turn: 3, project: 9, warnAt: 0.8 } })).toEqual({ turn: 3, project: 9 });
    expect(limitsOf({ agent: { budgetUsd: null } })).toEqual({});
  });

  test.each([[4.999999, 0], [5, 1], [5.000001, 1], [0.1 + 0.2, 0]])('%d of 5 spent: %d limits reached', (spent, reached) => {
    expect(overLine([account('task', spent, 5)])).toHaveLength(reached);
  });
  test('a limit is reached exactly, also where binary fractions miss it', () => expect(overLine([account('task', 0.1 + 0.2, 0.3)])).toHaveLength(1));

  test.each([[3.999999, 0], [4, 1], [6, 1]])('%d of 5 spent: %d near the line of 0.8', (spent, near) => {
    expect(nearLine([account('task', spent, 5)], 0.8)).toHaveLength(near);
  });

  test.each<[string, Account[], number | null]>([
    ['no limit', [], null],
    ['the least of what is left', [account('turn', 0, 3), account('task', 4, 5), account('project', 1, 50)], 1],
    ['exactly the floor', [account('task', 4.75, 5)], FLOOR_USD],
    ['less than the floor', [account('task', 4.9, 5)], FLOOR_USD],
    ['a limit below the floor', [account('turn', 0, 0.1), account('task', 4.9, 5)], 0.1],
    ['a limit below the floor, and part of it spent', [account('turn', 0.05, 0.1)], 0.1],
  ])('a run may cost: %s', (_, accounts, usd) => expect(allowance(accounts)).toBe(usd));

  test('what stopped a run: all limits that are used up, or the one with least left', () => {
    const [turn, task, project] = [account('turn', 1, 5), account('task', 5, 5), account('project', 60, 50)];
    expect(tightest([turn, task, project])).toEqual([task, project]);
    expect(tightest([turn, account('task', 4, 5)])).toEqual([account('task', 4, 5)]);
    expect(tightest([])).toEqual([]);
  });

  test.each([[account('task', 4.1, 5), '$4.10 of $5.00 for the task'], [account('project', 0, 0.005), '$0.00 of $0.005 for the project']])('%j', (given, text) => {
    expect(describeAccount(given)).toBe(text);
  });
});

describe('time', () => {
  const worked = { turnMs: 60_000, taskMs: 100_000 };
  test.each([
    ['no limit', {}, 0, null],
    ['of a turn', { turnMs: 90_000 }, 0, { of: 'turn', limitMs: 90_000, leftMs: 30_000 }],
    ['exactly over', { turnMs: 60_000, taskMs: 200_000 }, 0, { of: 'turn', limitMs: 60_000, leftMs: 0 }],
    ['the one that ends first', { turnMs: 90_000, taskMs: 110_000 }, 0, { of: 'task', limitMs: 110_000, leftMs: 10_000 }],
    ['granted', { taskMs: 100_000 }, 5_000, { of: 'task', limitMs: 105_000, leftMs: 5_000 }],
  ])('%s', (_, policy, moreMs, expected) => expect(nextTimeLimit(policy, worked, moreMs)).toEqual(expected));
});

describe('what a person grants', () => {
  test.each([
    [{ turns: 20 }, { turns: 20 }], [{ task: 'a', budgetUsd: 0.5, by: 'ann' }, { task: 'a', budgetUsd: 0.5, by: 'ann' }],
    [{ minutes: 30, turns: null, task: null, by: null }, { minutes: 30 }], [{ turns: 500, minutes: 10_080, budgetUsd: 100_000 }, { turns: 500, minutes: 10_080, budgetUsd: 100_000 }],
  ])('%j', (payload, extension) => expect(readExtension(payload)).toEqual({ extension }));

  test.each<[unknown, RegExp]>([
    [undefined, /not an object/], [[], /not an object/], ['5', /not an object/], [{}, /nothing to extend/], [{ by: 'ann' }, /nothing to extend/],
    [{ turns: 0 }, /"turns"/], [{ turns: 1.5 }, /"turns"/], [{ turns: 501 }, /"turns"/], [{ turns: '5' }, /"turns"/], [{ budgetUsd: -1 }, /"budgetUsd"/],
    [{ budgetUsd: 100_001 }, /"budgetUsd"/], [{ budgetUsd: Number.NaN }, /"budgetUsd"/], [{ minutes: 10_081 }, /"minutes"/], [{ turns: 1, task: 5 }, /"task"/],
    [{ turns: 1, by: '' }, /"by"/], [{ turns: 1, by: 'x'.repeat(201) }, /"by"/],
  ])('%j is refused', (payload, problem) => expect(readExtension(payload)).toEqual({ problem: expect.stringMatching(problem) }));

  test.each([
    [null, {}], ['', {}], ['go on', {}], ['20 turns', { turns: 20 }], ['take 1 turn and $5', { turns: 1, budgetUsd: 5 }], ['$ 2.50', { budgetUsd: 2.5 }],
    ['12 USD please', { budgetUsd: 12 }], ['30 minutes', { minutes: 30 }], ['45m', { minutes: 45 }], ['2 hours', { minutes: 120 }], ['fix issue 30', {}],
    ['9999 turns', {}], ['0 turns', {}],
  ])('the note %j names %j', (note, amounts) => expect(amountsIn(note)).toEqual(amounts));

  test('is said the way it is read', () => {
    const extension = { turns: 20, budgetUsd: 2.5, minutes: 30 };
    expect(amountsIn(describeExtension(extension))).toEqual(extension);
  });
});
