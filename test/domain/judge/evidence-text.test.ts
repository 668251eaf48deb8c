/** What the agent and a person are told about evidence beside its outcomes. */
import { expect, test } from '@jest/globals';
import { judge } from '../../../src/domain/judge.ts';
import { failedChecksText } from '../../../src/domain/judge/feedback.ts';
import { check, good, redCheck } from './sample-facts.ts';

const counts = { passed: 36, failed: 3, skipped: 1, total: 40 };
const report = { kind: 'read', format: 'tap', counts, failing: ['a', 'b', 'c'], complete: true } as const;
const tests = { newlyFailing: ['a'], stillFailing: ['b'], fixed: [], flaky: ['c'] };

test('the next attempt is told which tests fail, the new ones first', () => {
  const evidence = [redCheck({ outcome: 'newlyFailing', report: { ...report, failing: [...report.failing] }, tests })];
  expect(failedChecksText(good({ evidence }))).toBe([
    'The check test fails and did not fail before (exit code 1, 3 of 40 tests failed, 1 skipped).',
    'Tests that fail and did not fail before:', '- a', 'Tests that still fail, as before:', '- b', 'Tests that failed only once of two times:', '- c',
    'Its last output:', 'not ok 3 - umlauts',
  ].join('\n'));
  const many = redCheck({ tests: { ...tests, newlyFailing: Array.from({ length: 22 }, (_, n) => `t${n}`) } });
  expect(failedChecksText(good({ evidence: [many] }))).toContain('- t19\n- and 2 more\n');
  expect(failedChecksText(good({ evidence: [redCheck()] }))).toBe('The check test still fails, as it did before (exit code 1). Its last output:\nnot ok 3 - umlauts');
});

test.each([
  ['a check that changed files', check({ changed: { files: 2, paths: ['a', 'b'] } }), 'The check test changed 2 files while it ran: a, b.'],
  ['several side by side', check({ changed: { files: 1, paths: ['a'], beside: ['lint'] } }), 'The check test, or one that ran beside it (lint), changed a file while it ran: a.'],
  ['a report that is gone', redCheck({ outcome: 'noReport', report: { kind: 'unreadable', format: 'tap', reason: 'r.tap is not there' } }), 'The report of the check test could not be read: r.tap is not there.'],
  ['a check that was skipped', check({ outcome: 'skipped' }), 'The check test did not run: nothing in its paths has changed since it passed.'],
  ['files that moved under it', check({ tree: 'another' }), 'The files were changed after the turn had ended: the checks ran on tree another, the turn ended with t.'],
])('the reason of a decision names %s', (_, one, remark) => {
  expect(judge(good({ tree: 't', evidence: [one] })).reason.split('\n')).toContain(remark);
  expect(judge(good({ tree: 't' })).reason).not.toContain(remark);
});

test('a turn whose required checks were all skipped is doubted like one where none ran', () => {
  const { scores } = judge(good({ evidence: [check({ outcome: 'skipped' })] }));
  expect(scores.confidenceParts.find(({ name }) => name === 'heuristic')?.score).toBe(0.5);
  expect(scores.parts.map(({ name }) => name)).toEqual(['requirements', 'review']);
});
