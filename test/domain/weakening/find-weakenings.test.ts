/** What counts as weaker evidence, and what does not. */
import { describe, expect, test } from '@jest/globals';
import type { CheckEvidence, TestCounts } from '../../../src/domain/evidence.ts';
import { fewerTestsRan } from '../../../src/domain/weakening/fewer-ran.ts';
import { contentsNeeded, findWeakenings, type ChangedFile, type EvidenceRules } from '../../../src/domain/weakening/find-weakenings.ts';
import { check } from '../judge/sample-facts.ts';

const PACKAGE = JSON.stringify({ scripts: { test: 'npm run lint && node scripts/all.mjs && node --check src/slug.js && env A=1 ./ci/run.sh x.js', lint: 'eslint .', start: 'node .' } });
const RULES: EvidenceRules = { checks: ['npm test'], packageText: PACKAGE, locked: [], mayChange: [], allow: [] };

const changed = (path: string, before: string | null, after: string | null, more: Partial<ChangedFile> = {}): ChangedFile =>
  ({ path, op: before === null ? 'add' : after === null ? 'delete' : 'modify', before, after, ...more });

const found = (files: ChangedFile[], rules: Partial<EvidenceRules> = {}) =>
  findWeakenings(files, { ...RULES, ...rules }).map(({ kind, path, before, after, accepted }) => [kind, path, before, after, ...(accepted ? [accepted] : [])]);

const tests = (...names: string[]): string => names.map((name) => `test('${name}', () => { expect(slug('${name}')).toBe('${name}'); });\n`).join('');

describe('tests', () => {
  test('a deleted test file, and what it is called', () => {
    const [finding] = findWeakenings([changed('a.test.js', tests('a', 'b'), null)], RULES);
    expect(finding).toEqual({
      kind: 'testsRemoved', path: 'a.test.js', before: 2, after: 0, accepted: null, text: 'a.test.js is deleted, and 2 of its 2 tests are gone: "a", "b".',
    });
  });

  test('a renamed file, tests that moved to another, a test with another name: nothing', () => {
    expect(found([changed('b.test.js', tests('a'), tests('a'), { op: 'rename', from: 'a.test.js' })])).toEqual([]);
    expect(found([changed('a.test.js', tests('a', 'b'), tests('a')), changed('c.test.js', null, tests('b', 'c'))])).toEqual([]);
    expect(found([changed('a.test.js', tests('a'), tests('a').replace("test('a'", "test('a in words'"))])).toEqual([]);
  });

  test('one removed is told although more were added, in the same file or in another', () => {
    expect(found([changed('a.test.js', tests('a', 'b'), tests('a', 'c', 'd', 'e'))])).toEqual([['testsRemoved', 'a.test.js', 2, 4]]);
    expect(found([changed('a.test.js', tests('a', 'b'), tests('a')), changed('c.test.js', null, tests('c', 'd'))])).toEqual([['testsRemoved', 'a.test.js', 2, 1]]);
  });

  test('out of the way of the runner, emptied, commented out, too large to be read', () => {
    expect(found([changed('old/a.txt', tests('a'), tests('a'), { op: 'rename', from: 'test/a.js' })])).toEqual([['testsRemoved', 'test/a.js', 1, 0]]);
    expect(found([changed('a.test.js', tests('a'), '')])).toEqual([['testsRemoved', 'a.test.js', 1, 0]]);
    expect(found([changed('a.test.js', tests('a'), `/*${tests('a')}*/`)])).toEqual([['testsRemoved', 'a.test.js', 1, 0]]);
    expect(found([changed('a.test.js', tests('a'), null, { op: 'modify', unreadable: true })])).toEqual([['testsRemoved', 'a.test.js', 1, 0]]);
  });

  test('fewer assertions, new skips, only', () => {
    expect(found([changed('a.test.js', tests('a'), "test('a', () => {});")])).toEqual([['fewerAssertions', 'a.test.js', 1, 0]]);
    expect(found([changed('a.test.js', tests('a'), tests('a').replace('test(', 'test.skip('))])).toEqual([['testsSkipped', 'a.test.js', 0, 1]]);
    expect(found([changed('a.test.js', tests('a'), tests('a').replace('test(', 'test.only('))])).toEqual([['testsFocused', 'a.test.js', 0, 1]]);
    expect(found([changed('a.test.js', tests('a').replace('test(', 'test.skip('), tests('a'))])).toEqual([]);
  });

  test('assertions that went along with their tests are not missed, those that were dropped on the way are', () => {
    const both = tests('a', 'b');
    expect(found([changed('a.test.js', both, tests('a')), changed('b.test.js', null, tests('b'))])).toEqual([]);
    expect(found([changed('a.test.js', both, tests('a')), changed('b.test.js', null, "test('b', () => {});")])).toEqual([['fewerAssertions', 'a.test.js', 2, 1]]);
  });
});

describe('what the checks depend on', () => {
  const script = (test: string, more = {}): string => JSON.stringify({ scripts: { test, lint: 'eslint .', start: 'node .', ...more } });

  test('scripts that the checks run, through others too; not the rest of package.json', () => {
    expect(found([changed('package.json', PACKAGE, script('true'))])).toEqual([['testConfig', 'package.json', null, null]]);
    expect(found([changed('package.json', PACKAGE, PACKAGE.replace('eslint .', 'true'))])).toHaveLength(1);
    expect(found([changed('package.json', PACKAGE, PACKAGE.replace('"scripts":{', '"scripts":{"pretest":"rm -r test",'))])).toHaveLength(1);
    expect(found([changed('package.json', PACKAGE, PACKAGE.replace('{', '{"jest":{"testMatch":[]},'))])).toHaveLength(1);
    expect(found([changed('package.json', PACKAGE, PACKAGE.replace('node .', 'node dist').replace('{', '{"version":"2",'))])).toEqual([]);
    expect(found([changed('package.json', PACKAGE, null)])).toHaveLength(1);
    expect(found([changed('package.json', PACKAGE, 'not json')])).toHaveLength(1);
  });

  test('targets of a makefile, with what they need and the variables', () => {
    const make = 'FLAGS = -v\n\ntest: build\n\tgo test $(FLAGS) ./...\n\nbuild:\n\tgo build\n\nclean:\n\trm -r out\n';
    const rules = { checks: ['make -j2 test'] };
    for (const [from, to] of [['go test', 'true'], ['go build', 'true'], ['= -v', '= -run XXX']] as const) {
      expect([from, found([changed('Makefile', make, make.replace(from, to))], rules)]).toEqual([from, [['testConfig', 'Makefile', null, null]]]);
    }
    expect(found([changed('Makefile', make, make.replace('rm -r', 'rm -fr'))], rules)).toEqual([]);
    expect(found([changed('Makefile', make, make.replace('go test', 'true'))], { checks: ['npm test'] })).toEqual([]);
  });

  test('configuration of runners, whole or in part; scripts that a check names; CI', () => {
    const paths = ['jest.config.ts', 'vitest.config.mts', 'pytest.ini', 'tsconfig.build.json', 'eslint.config.mjs', '.eslintrc', 'tests/conftest.py', '.github/workflows/ci.yml', '.mocharc.cjs', 'Rakefile'];
    for (const path of paths) expect(found([changed(path, 'a', 'b')])).toEqual([['testConfig', path, null, null]]);
    expect(found([changed('pyproject.toml', '[tool.pytest.ini_options]\nx=1\n[project]\n', '[tool.pytest.ini_options]\nx=2\n[project]\n')])).toHaveLength(1);
    expect(found([changed('pyproject.toml', '[tool.ruff]\nx=1\n[project]\nv=1\n', '[tool.ruff]\nx=1\n[project]\nv=2\n')])).toEqual([]);
    expect(found([changed('scripts/all.mjs', 'run()', '')])).toEqual([['checkScript', 'scripts/all.mjs', null, null]]);
    expect(found([changed('ci/run.sh', 'run()', '')])).toEqual([['checkScript', 'ci/run.sh', null, null]]);
    expect(found([changed('src/slug.js', 'a', 'b'), changed('x.js', 'a', 'b')])).toEqual([]);
    expect(found([changed('checks/slug.js', tests('a'), '')], { checks: ['node --test checks/slug.js'] })).toEqual([['testsRemoved', 'checks/slug.js', 1, 0]]);
    expect(found([changed('.github/workflows/new.yml', null, 'a'), changed('jest.config.js', null, 'a'), changed('src/app.ts', 'a', 'b')])).toEqual([['testConfig', 'jest.config.js', null, null]]);
  });

  test('snapshots that are gone', () => {
    expect(found([changed('test/__snapshots__/a.png', 'x', null)])).toEqual([['snapshotsRemoved', 'test/__snapshots__/a.png', 1, 0]]);
    expect(found([changed('a.snap', 'exports[`a`] = 1;\nexports[`b`] = 1;\n', 'exports[`a`] = 2;\n')])).toEqual([['snapshotsRemoved', 'a.snap', 2, 1]]);
    expect(found([changed('a.snap', 'exports[`a`] = 1;\n', 'exports[`a`] = 2;\n')])).toEqual([]);
  });

  test('contents are asked for only where they matter', () => {
    const needed = ['a.test.js', 'src/lib.rs', 'package.json', 'scripts/all.mjs', 'src/app.ts', 'x.snap', 'img.png'].filter((path) => contentsNeeded(path, RULES));
    expect(needed).toEqual(['a.test.js', 'src/lib.rs', 'package.json', 'scripts/all.mjs', 'x.snap']);
  });
});

describe('what the plan says', () => {
  const lock = { locked: ['test/acceptance/**', '/golden'] };

  test('locked paths, however they changed', () => {
    expect(found([changed('test/acceptance/a.txt', 'a', 'b'), changed('golden/x', null, 'b'), changed('test/b.txt', 'a', 'b')], lock))
      .toEqual([['lockedPath', 'test/acceptance/a.txt', null, null], ['lockedPath', 'golden/x', null, null]]);
    expect(found([changed('away', 'a', 'a', { op: 'rename', from: 'golden/x' })], lock)).toEqual([['lockedPath', 'golden/x', null, null]]);
    expect(found([changed('golden/x', null, null, { op: 'mode' })], lock)).toEqual([['lockedPath', 'golden/x', null, null]]);
  });

  test('a task that may, and kinds that are accepted; a locked path is never accepted by kind', () => {
    expect(found([changed('golden/x', 'a', 'b')], { ...lock, mayChange: ['golden'] })).toEqual([['lockedPath', 'golden/x', null, null, 'task']]);
    expect(found([changed('a.test.js', tests('a', 'b'), tests('a'))], { allow: ['testsRemoved'] })).toEqual([['testsRemoved', 'a.test.js', 2, 1, 'policy']]);
    expect(found([changed('golden/x', 'a', 'b')], { ...lock, allow: ['lockedPath'] })).toEqual([['lockedPath', 'golden/x', null, null]]);
  });
});

test('fewer tests that ran, by the reports of a check that passes', () => {
  const counts = (passed: number, skipped = 0): TestCounts => ({ passed, failed: 0, skipped, total: passed + skipped });
  const measured = (passed: number, skipped = 0, more: Partial<CheckEvidence> = {}): CheckEvidence => check({
    baselineCounts: counts(10), report: { kind: 'read', format: 'junit', counts: counts(passed, skipped), failing: [], complete: true }, ...more,
  });
  expect(fewerTestsRan([measured(10), measured(12), check()], [])).toEqual([]);
  expect(fewerTestsRan([measured(1, 9)], [])).toEqual([
    { kind: 'fewerTestsRan', path: 'test', before: 10, after: 1, accepted: null, text: 'The check test ran 1 tests instead of 10 and skipped 9 instead of 0.' },
  ]);
  expect(fewerTestsRan([measured(1, 0, { met: false, outcome: 'newlyFailing' })], [])).toEqual([]);
  expect(fewerTestsRan([measured(9)], ['fewerTestsRan'])).toMatchObject([{ accepted: 'policy' }]);
});
