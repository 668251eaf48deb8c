/** What tests say themselves: counts and names from real test programs, and that a report counts only when this very run has written it. */
import { execFileSync } from 'node:child_process';
import { readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { baselineOf, evidenceOf } from '../../src/db/evidence.ts';
import type { CheckEvidence } from '../../src/domain/evidence.ts';
import { openBench, type Bench, type ProjectOptions } from './bench.ts';
import type { Play } from './play.ts';

const JEST = join(import.meta.dirname, '../../node_modules/jest/bin/jest.js');

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

async function evidence(name: string, options: ProjectOptions, between: (play: Play) => void = () => undefined): Promise<CheckEvidence[]> {
  const play = await (await bench.project(name, options)).claim();
  await play.baseline();
  await play.begin();
  between(play);
  await play.end();
  await play.checks();
  return evidenceOf(bench.deps.db, play.turn());
}

const write = (file: string, text: string) => (play: Play): void => writeFileSync(join(play.workspace, file), text);

const suite = (results: Record<string, boolean>): string =>
  `<testsuite name="s">${Object.entries(results).map(([name, ok]) => `<testcase name="${name}">${ok ? '' : '<failure/>'}</testcase>`).join('')}</testsuite>`;
const before = suite({ a: true, b: false, c: true });
const noNew = { expect: 'noNewFailures', report: { format: 'junit', path: 'report.xml' } } as const;
const copies = { name: 'test', run: 'cp results.xml report.xml; exit 1', ...noNew };

test('node --test in TAP: the same exit code, and another test that fails', async () => {
  const code = (a: number, b: number): string =>
    `import test from 'node:test'; import assert from 'node:assert'; test('a', () => assert.equal(1, ${a})); test('b', () => assert.equal(1, ${b})); test.skip('c');`;
  const checks = [{ name: 'test', run: 'node --test --test-reporter tap', expect: 'noNewFailures', report: { format: 'tap', path: null } }] as const;
  const [one] = await evidence('node-tap', { checks: [...checks], files: { 'x.test.mjs': code(2, 1) } }, write('x.test.mjs', code(1, 2)));
  expect(one).toMatchObject({
    exitCode: 1, baselineExitCode: 1, outcome: 'newlyFailing', met: false, tests: { newlyFailing: ['b'], stillFailing: [], fixed: ['a'], flaky: [] },
    report: { kind: 'read', counts: { passed: 1, failed: 1, skipped: 1, total: 3 } }, baselineCounts: { passed: 1, failed: 1, skipped: 1, total: 3 },
  });
});

test('jest --json on standard output, beside what npm and the tests say', async () => {
  const code = (value: number): string => `test('a', () => { console.log('{'); expect(1).toBe(${value}); }); test('b', () => {});`;
  const files = { 'x.test.js': code(1), 'package.json': JSON.stringify({ scripts: { test: `node ${JEST} --json` }, jest: { transform: {} } }) };
  const checks = [{ name: 'test', run: 'npm test', report: { format: 'jest', path: null } }] as const;
  const [one] = await evidence('jest-json', { checks: [...checks], files }, write('x.test.js', code(2)));
  expect(one).toMatchObject({
    outcome: 'newlyFailing', tests: { newlyFailing: ['x.test.js › a'] }, report: { counts: { passed: 1, failed: 1, total: 2 } }, baselineCounts: { passed: 2, assertions: 1 },
  });
  // People are shown what jest says to them.
  expect(one?.tail).toContain('● a');
});

const installed = (command: string, ...args: string[]): boolean => {
  try {
    return execFileSync(command, args, { stdio: ['ignore', 'pipe', 'ignore'] }).length > 0;
  } catch {
    return false;
  }
};

// Their recorded output is read in test/domain/reports.test.ts everywhere.
const others: [string, string, 'pytest' | 'go', Record<string, string>, string][] = [];
if (installed('python3', '-m', 'pytest', '--version')) {
  others.push(['pytest', `${execFileSync('which', ['python3']).toString().trim()} -m pytest -p no:cacheprovider`, 'pytest', { 'test_x.py': 'def test_a():\n    assert 1 == 2\ndef test_b():\n    pass\n' }, 'test_x.py::test_a']);
}
if (installed('go', 'version')) {
  const files = { 'go.mod': 'module m\ngo 1.20\n', 'm_test.go': 'package m\nimport "testing"\nfunc TestA(t *testing.T) { t.Error("no") }\nfunc TestB(t *testing.T) {}\n' };
  const go = execFileSync('which', ['go']).toString().trim();
  others.push(['go', `GOFLAGS=-mod=mod GOTOOLCHAIN=local GOCACHE=${execFileSync('go', ['env', 'GOCACHE']).toString().trim()} ${go} test -json ./...`, 'go', files, 'm › TestA']);
}
if (others.length > 0) {
  test.each(others)('%s, as it is on this machine', async (name, run, format, files, failing) => {
    const [one] = await evidence(`real-${name}`, { checks: [{ name: 'test', run, report: { format, path: null }, timeoutMs: 120_000 }], files });
    expect(one).toMatchObject({ outcome: 'stillFailing', tests: { stillFailing: [failing] }, report: { counts: { passed: 1, failed: 1, total: 2 } } });
  }, 150_000);
}

test.each([
  ['the same tests', suite({ a: true, b: false, c: true }), { outcome: 'stillFailing', met: true }],
  ['another test', suite({ a: false, b: true, c: true }), { outcome: 'newlyFailing', met: false, tests: { newlyFailing: ['s › a'], fixed: ['s › b'] } }],
  ['one more', suite({ a: false, b: false, c: true }), { outcome: 'newlyFailing', met: false, tests: { newlyFailing: ['s › a'], stillFailing: ['s › b'] } }],
  ['none, but the exit code', suite({ a: true, b: true, c: true }), { outcome: 'newlyFailing', met: false }],
  ['what cannot be read', '<testsuite>', { outcome: 'noReport', met: false, report: { kind: 'unreadable', reason: expect.stringContaining('report.xml is no junit report: it is not whole XML') } }],
] as const)('noNewFailures, when what fails now is: %s', async (what, now, wanted) => {
  const [one] = await evidence(`junit-${what.replace(/\W+/g, '-').slice(0, 12)}`, { checks: [copies], files: { 'results.xml': before } }, write('results.xml', now));
  expect(one).toMatchObject({ exitCode: 1, baselineExitCode: 1, ...wanted });
});

test('exit code 0 does not hide a test that fails, nor a report that is not there', async () => {
  const quiet = { name: 'test', run: 'cp results.xml report.xml || true', report: noNew.report };
  expect(await evidence('swallowed', { checks: [quiet], files: { 'results.xml': suite({ a: true }) } }, write('results.xml', suite({ a: false }))))
    .toMatchObject([{ exitCode: 0, outcome: 'newlyFailing', met: false, tests: { newlyFailing: ['s › a'] } }]);
  // The script was changed to `true`: the report of the baseline is still there, and says that all is well.
  const script = { name: 'test', run: 'sh test.sh', report: noNew.report };
  const files = { 'results.xml': suite({ a: true }), 'test.sh': 'cp results.xml report.xml' };
  const forged = (play: Play): void => {
    write('test.sh', 'true')(play);
    utimesSync(join(play.workspace, 'report.xml'), new Date(), new Date(Date.now() + 3_600_000));
  };
  expect(await evidence('softened', { checks: [script], files }, forged))
    .toMatchObject([{ exitCode: 0, outcome: 'noReport', met: false, report: { reason: 'report.xml was not written by this run' }, baselineCounts: { passed: 1 } }]);
});

test('a report of many files leaves out those of earlier runs, and follows no link', async () => {
  const run = 'mkdir -p out/deep; test -e old && rm old || cp a.xml out/old.xml; cp a.xml out/deep/a.xml; ln -sfn ../.. out/deep/up; ln -sf /etc/hostname out/host.xml';
  const checks = [{ name: 'test', run, report: { format: 'junit', path: 'out/**/*.xml' } }] as const;
  const [one] = await evidence('many-files', { checks: [...checks], files: { 'a.xml': suite({ a: true }) } }, write('old', ''));
  expect(one).toMatchObject({ outcome: 'pass', report: { counts: { total: 1 } }, baselineCounts: { total: 2 } });
  const link = { name: 'test', run: 'ln -sf /etc/hostname report.xml', report: noNew.report };
  expect(await evidence('linked', { checks: [link] })).toMatchObject([{ outcome: 'noReport', report: { reason: 'report.xml is reached by a link' } }]);
  const folder = { name: 'test', run: 'cp a.xml in/report.xml', report: { format: 'junit', path: 'in/report.xml' } } as const;
  const outside = join(bench.dir, 'workspaces');
  expect(await evidence('linked-folder', { checks: [folder], files: { 'a.xml': suite({ a: true }) } }, (play) => symlinkSync(outside, join(play.workspace, 'in'))))
    .toMatchObject([{ outcome: 'noReport', report: { reason: 'in/report.xml is reached by a link' } }]);
  expect(readdirSync(outside)).toContain('report.xml');
});

test('a test that fails once of two is flaky by name, beside one that failed before', async () => {
  const run = `n=$(cat ${bench.dir}/flaky-n 2>/dev/null || echo 0); echo $((n + 1)) > ${bench.dir}/flaky-n; cp $n.xml report.xml; exit 1`;
  const files = { '0.xml': suite({ a: true, b: false }), '1.xml': suite({ a: false, b: false }), '2.xml': suite({ a: true, b: false }) };
  expect(await evidence('flaky-name', { checks: [{ name: 'test', run, ...noNew }], files }))
    .toMatchObject([{ outcome: 'stillFailing', met: true, tests: { newlyFailing: [], stillFailing: ['s › b'], fixed: [], flaky: ['s › a'] } }]);
});

test('secrets are hidden in names too; a worker that begins anew reads what the host has kept, not what lies there now', async () => {
  bench.secrets.push('hunter2-hunter2');
  const play = await (await bench.project('kept', { checks: [copies], files: { 'results.xml': suite({ 'hunter2-hunter2': false }) } })).claim();
  await play.baseline();
  expect(await baselineOf(bench.deps.db, play.turn())).toMatchObject([{ report: { failing: ['s › [redacted]'] } }]);
  await bench.deps.db.deleteFrom('evidence').where('project', '=', 'kept').execute();
  write('report.xml', 'overwritten')(play);
  await play.baseline();
  expect(await baselineOf(bench.deps.db, play.turn())).toMatchObject([{ report: { kind: 'read', counts: { failed: 1 } } }]);
});
