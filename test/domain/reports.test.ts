/** Reports of test programs: what real ones are read as, and that no text whatsoever makes a reader throw or take for whole what is cut. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { REPORT_FORMATS, type ReportFormat, type ReportResult } from '../../src/domain/evidence.ts';
import { readReport } from '../../src/domain/reports/read-report.ts';
import { MOST_NAMES } from '../../src/domain/reports/tally.ts';
import { pick, seededRandom } from '../support/random.ts';
import { scaled, SEED } from '../support/scale.ts';

const recorded = (name: string): string => readFileSync(join(import.meta.dirname, '../fixtures/reports', name), 'utf8');
const read = (format: ReportFormat, ...texts: string[]): ReportResult =>
  readReport(format, texts.map((text, n) => ({ name: `part ${n + 1}`, text })), '/srv/code');
const reason = (format: ReportFormat, text: string): string => {
  const result = read(format, text);
  return result.kind === 'unreadable' ? result.reason : `read ${JSON.stringify(result.counts)}`;
};

const RECORDED = {
  jest: ['jest-npm-test.txt', { passed: 2, failed: 3, skipped: 2, total: 7, assertions: 1 }, ['a.test.js › slug › umlauts', 'b.test.js (file)', 'c.test.js (file)']],
  vitest: ['vitest.json', { passed: 1, failed: 2, skipped: 2, total: 5 }, ['a.test.js › slug › umlauts', 'b.test.js (file)']],
  tap: ['node.tap', { passed: 3, failed: 4, skipped: 2, total: 9 }, ['/srv/code/b.test.mjs', 'outer > bad', 'outer > inner > deep', 'top']],
  go: ['go-test.jsonl', { passed: 3, failed: 4, skipped: 1, total: 8 }, [
    'example.com/m › TestHook', 'example.com/m › TestSub/two', 'example.com/m/bad (package)', 'example.com/m/sub › TestPanic',
  ]],
  pytest: ['pytest.txt', { passed: 2, failed: 4, skipped: 2, total: 8 }, ['test_x.py::test_bad', 'test_x.py::test_e', 'test_x.py::test_p[c - d]', 'test_y.py']],
  junit: ['pytest-junit.xml', { passed: 2, failed: 4, skipped: 2, total: 8 }, ['pytest › test_y', 'test_x › test_bad', 'test_x › test_e', 'test_x › test_p[c - d]']],
} as const satisfies Record<ReportFormat, unknown>;

test.each(REPORT_FORMATS)('%s, as a real program wrote it', (format) => {
  const [file, counts, failing] = RECORDED[format];
  expect(read(format, recorded(file))).toEqual({ kind: 'read', format, counts, failing, complete: true });
});

describe('a report that is cut anywhere', () => {
  test.each(REPORT_FORMATS)('%s: no failure becomes a pass unseen', (format) => {
    const whole = recorded(RECORDED[format][0]);
    const random = seededRandom(SEED);
    for (let round = 0; round < scaled(150, 2_000); round += 1) {
      const cut = whole.slice(0, Math.floor(random() * (whole.length - 200)));
      const result = read(format, cut);
      if (result.kind === 'read' && result.counts.failed === 0) expect({ cut: cut.slice(-200), result }).toBe('unreadable, or failed');
    }
  });
});

describe('garbage', () => {
  const PIECES = [
    '{', '}', '[', '"', '\\', '\n', ' ', '    ', '<', '>', '<testsuite>', '</testsuite>', '<testcase name="', '"/>', '&amp;', '&x;', '<!DOCTYPE a [<!ENTITY x "y">]>', ']]>',
    '<![CDATA[', '<!--', 'ok 1 - a\n', 'not ok\n', '1..3\n', '# Subtest: x\n', '  ---\n', '  ...\n', 'Bail out!\n', '{"Action":"fail","Package":"p"}\n', '"testResults":[',
    '=== 1 failed in 0.1s ===\n', '=== short test summary info ===\n', 'FAILED a::b[', '\u0000', '\ud800', '\u001b[31m', '💥', '٣', '\r\n', '9'.repeat(400),
  ];
  test.each(REPORT_FORMATS)('%s: it is read or named, never thrown, and names stay small', (format) => {
    const random = seededRandom(SEED + 1);
    for (let round = 0; round < scaled(800, 20_000); round += 1) {
      const text = Array.from({ length: Math.floor(random() * 40) }, () => pick(random, PIECES)).join('');
      const result = read(format, text);
      const names = result.kind === 'read' ? result.failing : [result.reason];
       
      if (names.some((name) => name.length > 500 || /[\u0000-\u001f]/.test(name.replaceAll('\n', '')))) expect({ text, result }).toBe('clean and short');
    }
  });

  test.each(REPORT_FORMATS)('%s: recorded ones with pieces torn out and put elsewhere', (format) => {
    const whole = recorded(RECORDED[format][0]);
    const random = seededRandom(SEED + 2);
    for (let round = 0; round < scaled(150, 3_000); round += 1) {
      const [a = 0, b = 0] = [random(), random()].map((share) => Math.floor(share * whole.length)).sort((x, y) => x - y);
      const result = read(format, whole.slice(b) + pick(random, PIECES) + whole.slice(0, a));
      if (result.kind === 'read' && result.counts.passed + result.counts.failed + result.counts.skipped !== result.counts.total) expect(result).toBe('a sum');
    }
  });
});

describe('what somebody may try', () => {
  test('entities of the document are not expanded, outer ones not fetched', () => {
    const bomb = '<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]><testsuite name="s"><testcase name="&b;&f;"/></testsuite>';
    expect(reason('junit', bomb)).toMatch(/^part 1 is no junit report: it is not whole XML: .*undefined entity/s);
  });

  test.each([
    ['junit', `${'<testsuite>'.repeat(20_000)}`], ['tap', Array.from({ length: 3_000 }, (_, n) => `${'    '.repeat(n)}# Subtest: x`).join('\n')],
    ['jest', '['.repeat(100_000)], ['jest', '{"a":'.repeat(100_000)], ['go', '{"Action":'.repeat(100_000)],
  ] as const)('%s, nested without end', (format, text) => {
    expect(reason(format, text)).toMatch(/^part 1 is no /);
  });

  test('names are one line, of bounded length and number, and those that are the same are counted', () => {
    const line = (name: string): string => `not ok - ${name}\n`;
    expect(read('tap', `1..3\n${line('a\u001b[2Jb')}${line('same')}${line('same')}`)).toMatchObject({ failing: ['a [2Jb', 'same', 'same #2'], complete: true });
    const long = read('tap', `1..1\n${line('x'.repeat(10_000))}`);
    expect(long.kind === 'read' && long.failing[0]).toHaveLength(300);
    const many = Array.from({ length: MOST_NAMES + 1 }, (_, n) => line(`t${n}`)).join('');
    expect(read('tap', `${many}1..${MOST_NAMES + 1}\n`)).toMatchObject({ counts: { failed: MOST_NAMES + 1 }, complete: false });
  });

  test('a report that counts more failures than it lists is believed', () => {
    const suite = '<testsuites><testsuite name="s" tests="3" failures="2" errors="0"><testcase name="a"/><testcase name="b"><failure/></testcase><testcase name="c"/></testsuite></testsuites>';
    expect(read('junit', suite)).toMatchObject({ counts: { passed: 1, failed: 2, total: 3 }, failing: ['s › b'], complete: false });
  });

  test.each([
    ['tap', 'a plan that is not fulfilled', '1..3\nok 1\n', ['TAP: incorrect number of tests']],
    ['tap', 'no plan', 'ok 1\n', ['TAP: it ends without a plan']],
    ['tap', 'a bail-out', '1..2\nok 1\nBail out! no database\n', ['Bail out! no database']],
    ['go', 'a package that did not end', '{"Action":"start","Package":"p"}\n{"Action":"pass","Package":"p","Test":"T"}\n', ['p (package)']],
    ['go', 'a test that failed once of two', '{"Action":"fail","Package":"p","Test":"T"}\n{"Action":"pass","Package":"p","Test":"T"}\n{"Action":"pass","Package":"p"}', ['p › T']],
    ['pytest', 'a line that looks like the last one, printed by a test', '=== 9 passed in 0.1s ===\n=== short test summary info ===\nFAILED a::b - x\n=== 1 failed in 0.2s ===\n', ['a::b']],
  ] as const)('%s: %s', (format, _, text, failing) => {
    expect(read(format, text)).toMatchObject({ kind: 'read', failing });
  });

  test.each([
    ['junit', '<html><body>503</body></html>', 'its outermost element is <html>'], ['junit', '', 'it is not whole XML'],
    ['tap', 'hello\n', 'there is no TAP in it'], ['jest', '{"testResults":[{"name":"a"}]}', 'its JSON is not that of jest or vitest: testResults.0.status'],
    ['jest', 'no', 'there is no JSON of jest or vitest in it'], ['pytest', '1 failed', "it has no last line of pytest's"], ['go', 'ok  \tp\t0.1s', 'there is no event of go test -json'],
    ['jest', '{"testResults":[{"name":"a","status":"failed","assertionResults":[{"status":"exploded"}]}]}', 'testResults.0.assertionResults.0.status'],
  ] as const)('%s is not %j', (format, text, because) => {
    expect(reason(format, text)).toContain(because);
  });

  test('no tests at all is a report with nothing in it, not a missing one', () => {
    expect([read('tap', '1..0\n'), read('pytest', 'no tests ran in 0.01s'), read('jest', '{"testResults":[]}'), read('junit', '<testsuites/>')].map((one) => one.kind === 'read' && one.counts.total))
      .toEqual([0, 0, 0, 0]);
  });
});

test('several files are one report; one of them that is broken makes it unreadable, by name', () => {
  const suite = (name: string): string => `<testsuite name="${name}"><testcase name="t" assertions="2"><failure/></testcase><testcase name="u"/></testsuite>`;
  expect(read('junit', suite('b'), suite('a'))).toEqual({
    kind: 'read', format: 'junit', counts: { passed: 2, failed: 2, skipped: 0, total: 4, assertions: 4 }, failing: ['a › t', 'b › t'], complete: true,
  });
  expect(read('junit', suite('b'), '<testsuite>')).toMatchObject({ kind: 'unreadable', reason: expect.stringMatching(/^part 2 is no junit report/) });
});
