/** Tests by name beside the baseline: what is new, what is old, what nobody can tell. */
import { describe, expect, test } from '@jest/globals';
import { compareCheck, hasPassed, isWorthRepeating, skippedCheck } from '../../../src/domain/evidence-compare.ts';
import type { CheckRun, ReportResult } from '../../../src/domain/evidence.ts';
import { pick, seededRandom } from '../../support/random.ts';

const report = (failing: string[], more = 0): ReportResult => {
  const failed = failing.length + more;
  return { kind: 'read', format: 'tap', counts: { passed: 3, failed, skipped: 0, total: 3 + failed }, failing, complete: more === 0 };
};
const unreadable: ReportResult = { kind: 'unreadable', format: 'tap', reason: 'gone' };
const run = (exitCode: number | null, result?: ReportResult): CheckRun =>
  ({ name: 'test', exitCode, durationMs: 1, timedOut: exitCode === null, tail: '', tree: 't', treeAfter: 't', ...(result && { report: result }) });
const red = (...failing: string[]): CheckRun => run(1, report(failing));
const green = run(0, report([]));

describe('beside the baseline', () => {
  type Row = [what: string, baseline: CheckRun | null, now: CheckRun, again: CheckRun | null, outcome: string, noNewFailures: boolean];
  const ROWS: Row[] = [
    ['the same test fails', red('a'), red('a'), null, 'stillFailing', true],
    ['another fails', red('a'), red('b'), red('b'), 'newlyFailing', false],
    ['one more fails', red('a'), red('a', 'b'), red('a', 'b'), 'newlyFailing', false],
    ['one fewer fails', red('a', 'b'), red('a'), null, 'stillFailing', true],
    ['another, once', red('a'), red('a', 'b'), red('a'), 'stillFailing', true],
    ['another each time', red('a'), red('a', 'b'), red('a', 'c'), 'newlyFailing', false],
    ['none fails, yet the exit code', red('a'), red(), red(), 'newlyFailing', false],
    ['exit code 0 hides a failure', green, run(0, report(['a'])), run(0, report(['a'])), 'newlyFailing', false],
    ['exit code 0 hid it before too', run(0, report(['a'])), run(0, report(['a'])), null, 'stillFailing', true],
    ['it hid it before, and does not now', run(0, report(['a'])), red('a'), red('a'), 'newlyFailing', false],
    ['the report is gone, exit code 0', green, run(0, unreadable), run(0, unreadable), 'noReport', false],
    ['the report is gone, exit code 1', red('a'), run(1, unreadable), null, 'noReport', false],
    ['there never was one, exit code 0', run(0, unreadable), run(0, unreadable), null, 'noReport', false],
    ['there never was one, exit code 1', run(1, unreadable), run(1, unreadable), null, 'stillFailing', true],
    ['there was none, exit code 0, and now 1', run(0, unreadable), red('a'), red('a'), 'newlyFailing', false],
    ['the baseline is of a plan without report', run(1), red('a'), null, 'stillFailing', true],
    ['more fail than have names', run(1, report(['a'], 9)), run(1, report(['b'], 9)), null, 'stillFailing', true],
    ['still more of those', run(1, report(['a'], 9)), run(1, report(['a'], 10)), run(1, report(['a'], 10)), 'newlyFailing', false],
    ['too slow, whatever it reported', red('a'), run(null), null, 'timeout', false],
    ['repaired', red('a'), green, null, 'fixed', true],
    ['no baseline', null, red('a'), red('a'), 'newlyFailing', false],
  ];
  test.each(ROWS)('%s', (_, baseline, now, again, outcome, noNewFailures) => {
    const compare = (expectation: 'pass' | 'noNewFailures') => compareCheck({ required: true, expect: expectation, measures: 'tests' }, now, again, baseline);
    expect(compare('noNewFailures')).toMatchObject({ outcome, met: noNewFailures });
    expect(compare('pass')).toMatchObject({ outcome, met: outcome === 'fixed' });
    if (again) expect(isWorthRepeating(now, baseline)).toBe(true);
  });

  test('names are sorted into new, old, fixed and flaky', () => {
    const compared = compareCheck({ required: true, expect: 'pass', measures: 'tests' }, red('a', 'b', 'c'), red('a', 'b'), red('b', 'd'));
    expect(compared.tests).toEqual({ newlyFailing: ['a'], stillFailing: ['b'], fixed: ['d'], flaky: ['c'] });
    expect(compared.baselineCounts).toEqual({ passed: 3, failed: 2, skipped: 0, total: 5 });
  });
});

test('a test that failed before the milestone and passed the last time is looked at again, and flaky where it passes then', () => {
  const last = { ...red('a'), outcome: 'stillFailing' as const };
  expect([isWorthRepeating(red('a', 'b'), red('a', 'b'), last), isWorthRepeating(red('a'), red('a', 'b'), last)]).toEqual([true, false]);
  const compared = compareCheck({ required: true, expect: 'pass', measures: 'tests' }, red('a', 'b'), red('a'), red('a', 'b'));
  expect(compared.tests).toEqual({ newlyFailing: [], stillFailing: ['a'], fixed: [], flaky: ['b'] });
});

test('laws: what is met has no newly failing test; nothing that failed or is unknown passes', () => {
  const random = seededRandom(11);
  const some = (): CheckRun => run(pick(random, [0, 1]), pick(random, [undefined, unreadable, report(pick(random, [[], ['a'], ['b'], ['a', 'b']]), pick(random, [0, 0, 2]))]));
  for (let round = 0; round < 5_000; round += 1) {
    const [baseline, now] = [pick(random, [null, some()]), some()];
    const compared = compareCheck({ required: true, expect: pick(random, ['pass', 'noNewFailures']), measures: 'tests' }, now, null, baseline);
    const isFine = !compared.met || ((compared.tests?.newlyFailing.length ?? 0) === 0 && !(now.exitCode === 0 && now.report?.kind === 'unreadable'));
    const isPass = compared.outcome === 'pass' || compared.outcome === 'fixed';
    if (!isFine || isPass !== hasPassed(now)) expect({ baseline, now, compared }).toBe('lawful');
  }
});

test('a check that was skipped says so and is bound to the tree it was not run on', () => {
  expect(skippedCheck({ name: 'test', required: true, expect: 'pass', measures: 'tests' }, green, 'now', 'why')).toMatchObject({
    outcome: 'skipped', met: true, exitCode: null, durationMs: 0, tree: 'now', treeAfter: 'now', tail: 'why', baselineExitCode: 0,
  });
});
