/** Expressions of plans: what they can see, what is refused with which place, what they cannot do. */
import { describe, expect, test } from '@jest/globals';
import { judge } from '../../../src/domain/judge.ts';
import { LIMITS, MAX_ITEMS } from '../../../src/domain/judge/custom-facts.ts';
import { checkExpression, evaluate, MAX_EXPRESSION } from '../../../src/domain/judge/expression.ts';
import { contextOf } from '../../../src/domain/judge/custom-facts.ts';
import { check, good, redCheck, reviewed, unavailable } from './sample-facts.ts';

const facts = good({
  evidence: [check(), redCheck({ name: 'perf', required: false, exitCode: null, measures: 'syntax' })],
  changes: { files: 2, lines: 30, paths: ['migrations/1.sql', 'src/a.ts'] },
  review: reviewed({ quality: 0.8, issues: [{ severity: 'major', text: 'slow', path: 'src/a.ts' }], alternatives: ['b'], requirementsMet: [{ requirement: 'fast', met: false }] }),
  task: { id: 'ascii', design: false },
});
const says = (text: string, some = facts): unknown => evaluate(text, contextOf(some, judge(some).scores));

describe('what a rule sees', () => {
  test.each([
    ['changes.files == 2 && changes.lines > 20'],
    ['changes.paths.exists(p, p.startsWith("migrations/"))'],
    ['checks.exists(c, c.name == "perf" && !c.met && !c.required && c.exitCode == -1)'],
    ['checks[0].outcome == "pass" && checks[1].measures == "syntax" && checks.size() == 2'],
    ['reviewed && review.quality > 0.7 && review.quality <= 1'],
    ['review.issues.exists(i, i.severity == "major" && i.path.endsWith(".ts"))'],
    ['"b" in review.alternatives && "fast" in review.unmet'],
    ['task.id == "ascii" && !task.design'],
    ['turn.valid && turn.denials == 0 && turn.attemptsLeft == 2 && turn.failuresBefore == 0 && turn.findings.size() == 0'],
    ['quality < 0.99 && confidence > 0.5 && gate == 0.7'],
    ['has(review.quality)'],
  ])('%s', (text) => {
    expect(says(text)).toEqual({ value: true });
  });

  test('an absent review has no quality, and says so', () => {
    const without = good({ review: unavailable });
    expect(says('review.quality < 0.5', without)).toEqual({ error: 'no such key: quality' });
    expect(says('reviewed && review.quality < 0.5', without)).toEqual({ value: false });
  });
});

describe('what is refused', () => {
  test.each([
    ['changes.fils > 1', { message: 'no such key: fils', at: 8 }],
    ['change.files > 1', { message: 'unknown variable: change', at: 0, suggestion: 'did you mean "changes"?' }],
    ['true || nothing', { message: 'unknown variable: nothing', at: 8 }],
    ['quality < "high"', { message: 'no such overload: double < string', at: 0 }],
    ['quality <', { message: 'unexpected token: EOF', at: 9 }],
    ['quality', { message: 'is of type double, must be bool', at: 0 }],
    ['"a".matches("(a+)+$")', { message: 'matches() is not offered', at: 0, suggestion: 'use contains, startsWith or endsWith' }],
    ['true && cel.bind(a, "x", a == "x")', { message: 'bind() is not offered', at: 8 }],
    ['checks.all(a, checks.all(b, checks.all(c, a.met && b.met && c.met)))', { message: 'at most 2 loops may be nested' }],
    [`${'true && '.repeat(LIMITS.maxAstNodes)}true`, { message: `exceeded maxAstNodes (${LIMITS.maxAstNodes})` }],
    [`${'['.repeat(LIMITS.maxDepth + 1)}${']'.repeat(LIMITS.maxDepth + 1)} == []`, { message: expect.stringContaining('exceeded max') as unknown as string }],
    [`"${'x'.repeat(MAX_EXPRESSION)}" == ""`, { message: `is longer than ${MAX_EXPRESSION} characters` }],
    ['process.exit(1) == 1', { message: 'unknown variable: process' }],
    ['review.constructor == 1', { message: 'no such key: constructor' }],
  ])('%#: %.40s', (text, mistake) => {
    expect(checkExpression(text)).toMatchObject({ mistake });
  });

  test('two loops may be nested, over lists that are cut', () => {
    const many = good({ evidence: Array.from({ length: MAX_ITEMS * 2 }, (_, n) => check({ name: `c${n}` })) });
    expect(says(`checks.all(a, checks.exists(b, b.name == a.name)) && checks.size() == ${MAX_ITEMS}`, many)).toEqual({ value: true });
  });

  test('what a list does not have is an error of the rule, not of the judge', () => {
    expect(says('checks[7].met')).toMatchObject({ error: expect.stringContaining('index') as unknown as string });
    expect(says('changes.files / 0 == 1')).toEqual({ error: 'division by zero' });
  });
});
