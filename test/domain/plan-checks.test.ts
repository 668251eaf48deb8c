/** What a plan may say about a check beside its command: its report, its paths, and whether others may run beside it; and what follows. */
import { expect, test } from '@jest/globals';
import { isTouched, orderChecks } from '../../src/domain/check-order.ts';
import type { CheckRun } from '../../src/domain/evidence.ts';
import type { CheckSpec } from '../../src/domain/plan.ts';
import { GOOD_PLAN, goodPlan, mistakes } from '../support/plans.ts';

const withCheck = (check: string): string => GOOD_PLAN.replace('{name: test, run: npm test}', check);

test('report, paths and parallel become part of the plan; a check that says nothing of them is as before', () => {
  const text = withCheck('{name: test, run: npm test, report: {format: junit, path: "out/**/*.xml"}, paths: ["src/**"], parallel: true}\n  - {name: tap, run: x, report: {format: tap}}\n  - {name: lint, run: x}');
  const { checks } = goodPlan(text).plan;
  expect(checks[0]).toMatchObject({ report: { format: 'junit', path: 'out/**/*.xml' }, paths: ['src/**'], parallel: true });
  expect(checks[1]).toMatchObject({ report: { format: 'tap', path: null } });
  expect(checks[2]).toEqual({ name: 'lint', run: 'x', required: true, expect: 'pass', measures: 'tests', timeoutMs: 600_000, tasks: null });
});

test.each([
  ['report: {format: junit}', '4:41 checks[0].report: a junit report needs a path (name the file that the tests write, such as path: "reports/**/*.xml")'],
  ['report: {format: tapp}', '4:50 checks[0].report.format: must be junit, tap, jest, vitest, pytest or go (did you mean "tap"?)'],
  ['report: {format: tap, path: ../x}', '4:61 checks[0].report.path: must be a path or a glob relative to the workspace, without ..'],
  ['report: {format: tap, path: /tmp/x}', '4:61 checks[0].report.path: must be a path or a glob relative to the workspace, without ..'],
  ['report: {path: x}', '4:41 checks[0].report.format: is missing'],
  ['report: tap', '4:41 checks[0].report: must be a mapping, found text'],
  ['paths: []', '4:40 checks[0].paths: must not be empty'],
  ['paths: ["!src/**"]', '4:41 checks[0].paths[0]: must be a path or a glob relative to the workspace, without ..'],
  ['parallel: yes', '4:43 checks[0].parallel: must be true or false, found text'],
])('%s', (said, mistake) => {
  expect(mistakes(withCheck(`{name: test, run: npm test, ${said}}`))).toEqual([mistake]);
});

test('two checks that write the same report', () => {
  const one = (name: string): string => `{name: ${name}, run: x, report: {format: tap, path: r.tap}}`;
  expect(mistakes(withCheck(`${one('a')}\n  - ${one('b')}`))).toEqual([
    '5:51 checks[1].report.path: is the report of check "a" too: each needs a file of its own',
  ]);
});

const spec = (name: string, parallel = false): CheckSpec => ({ name, run: '', timeoutMs: 1, required: true, expect: 'pass', measures: 'tests', tasks: null, parallel });
const took = (name: string, durationMs: number): CheckRun => ({ name, exitCode: 0, durationMs, timedOut: false, tail: '', tree: 't', treeAfter: 't' });

test('the quickest first, as the baseline measured; those that may run beside others come last', () => {
  const checks = [spec('slow'), spec('new'), spec('quick'), spec('b', true), spec('newer'), spec('a', true)];
  const names = (some: CheckSpec[]): string[] => some.map(({ name }) => name);
  const { alone, together } = orderChecks(checks, [took('slow', 900), took('quick', 5), took('b', 7), took('a', 6)]);
  expect([names(alone), names(together)]).toEqual([['quick', 'slow', 'new', 'newer'], ['a', 'b']]);
  expect(names(orderChecks(checks, []).alone)).toEqual(['slow', 'new', 'quick', 'newer']);
});

test.each([
  [['src/**'], [{ path: 'src/a/b.ts' }], true], [['src/**'], [{ path: 'docs/a.md' }], false], [['src/**'], [{ path: 'lib/a.ts', from: 'src/a.ts' }], true],
  [['**/*.md', 'x'], [{ path: 'docs/.hidden/a.md' }], true], [['src/**'], [], false], [['package.json'], [{ path: 'a/package.json' }], false],
])('%j and %j', (paths, changes, touched) => {
  expect(isTouched(paths, changes)).toBe(touched);
});
