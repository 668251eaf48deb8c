/** What `npm test` says last: where only the end of a long output was kept, it must be enough to know what failed. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const SUMMARY = join(import.meta.dirname, '../../scripts/test/summary.mjs');
const GOOD = { passed: 3, failed: 0, failures: [], skipped: [], files: [], exits: [], died: false };

function finished(jest: object, checks: object[] = [], inCi = false): { code: number | null; lines: string[] } {
  const script = `import { finish } from ${JSON.stringify(SUMMARY)}; finish(${JSON.stringify({ checks, jest: { ...GOOD, ...jest }, inCi, startedAt: Date.now() })})`;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
  return { code: status, lines: stdout.trimEnd().split('\n') };
}

test('a run without a failure is a sum, counted with its checks', () => {
  const { code, lines } = finished({}, [{ name: 'types', ok: true }]);
  expect({ code, last: lines.at(-1), length: lines.length }).toEqual({ code: 0, last: '4 passed, 0 failed', length: 2 });
});

test('each failure is told once more at the end, without colours and not longer than is read', () => {
  const message = `\u001B[31mError: no\u001B[39m\n\n${'x'.repeat(1000)}\n${'more\n'.repeat(100)}`;
  const { code, lines } = finished({ failed: 1, failures: [{ file: 'test/a.test.ts', name: 'all is well', message }] }, [{ name: 'lint', ok: false }]);
  const at = lines.indexOf('FAILED  test/a.test.ts: all is well');
  expect(lines.slice(at + 1, at + 3)).toEqual(['    Error: no', `    ${'x'.repeat(400)}`]);
  expect(lines.slice(at + 31, at + 33)).toEqual(['    (72 more lines)', 'FAILED  lint, as is said above']);
  expect({ code, last: lines.at(-1) }).toEqual({ code: 1, last: '3 passed, 2 failed' });
});

test('what was skipped is a failure in CI, and nowhere else', () => {
  const skipped = ['over SSH [needs sshd]'];
  expect(finished({ skipped }).lines).toContain('NOT RUN: 1 tests, because this machine has no sshd');
  expect(finished({ skipped }).code).toBe(0);
  expect(finished({ skipped }, [], true)).toMatchObject({ code: 1 });
});

test('nothing that ran, a jest that died and one that does not end are failures', () => {
  expect(finished({ passed: 0 }).code).toBe(1);
  expect(finished({ failed: 1, died: true }).lines).toContain('FAILED  jest ended without a report');
  expect(finished({ exits: ['Jest did not exit'] }).lines.at(-1)).toBe('3 passed, 1 failed');
});
