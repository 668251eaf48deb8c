/** Every benchmark runs once, with tiny numbers, as `npm run bench -- --smoke` does: none of them rots unseen. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BENCHMARKS } from '../../bench/benchmarks.ts';
import { whatIsMissing } from '../../bench/b1/host.ts';
import { ownGroup } from '../../bench/b6/benchmark.ts';
import type { Row } from '../../bench/row.ts';
import { temporalBinary } from '../support/temporal-binary.ts';

const ROOT = join(import.meta.dirname, '../..');
const PATH = `${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;

const OVER_SSH = ['B1', 'B2', 'B3', 'B4', 'B5', 'B6', 'B9', 'B12'];

interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

let scratch: string;

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'holdpoint-smoke-'));
  // The database server may run as another user, who must pass through.
  chmodSync(scratch, 0o755);
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

async function bench(...args: string[]): Promise<Ran> {
  const env = {
    PATH, HOME: scratch, TMPDIR: scratch, LANG: 'C.UTF-8', TEMPORAL_BIN: temporalBinary(ROOT),
    ...(process.env.HOLDPOINT_CI ? { HOLDPOINT_CI: process.env.HOLDPOINT_CI } : {}),
  };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(ROOT, 'bench/main.ts'), ...args], { env, cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

test('all run and print one document with a row for each condition', async () => {
  const { code, stdout, stderr } = await bench('--smoke', '--json');
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  const rows = JSON.parse(stdout) as Row[];
  const declared = BENCHMARKS.flatMap(({ id, series }) => series.flatMap(({ key, conditions }) => conditions.map(({ metric }) => [id, key, metric])));
  expect(rows.map(({ id, key, metric }) => [id, key, metric])).toEqual(declared);
  const unmeasured = rows.filter(({ ours, anchor }) => ours.n === 0 || anchor.n === 0).map(({ id, reason }) => ({ id, reason }));
  const missing = whatIsMissing(PATH);
  // In CI everything they need is installed.
  const lacks = (ids: string[], reason: string | null): { id: string; reason: string }[] =>
    reason === null ? [] : rows.filter(({ id }) => ids.includes(id)).map(({ id }) => ({ id, reason }));
  const groups = ownGroup() ? null : 'this user may not make control groups (cgroup v2), which the anchor needs';
  const excused = missing !== null && !process.env.CI ? lacks(OVER_SSH, missing) : lacks(['B6'], groups);
  expect(unmeasured).toEqual(excused);
  // One round is no measurement, whatever it says.
  expect(rows.map(({ holds }) => holds)).toEqual(rows.map(() => null));
  expect(rows.filter(({ reason }) => !reason)).toEqual([]);
  expect(readdirSync(scratch).filter((name) => name.startsWith('holdpoint-bench-'))).toEqual([]);
}, 900_000);

test('an unknown name or option is refused with the ones there are', async () => {
  const { code, stdout, stderr } = await bench('B0', '--json');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(`there is no benchmark B0, only ${BENCHMARKS.map(({ id }) => id).join(', ')}`);
  expect((await bench('--smok')).code).toBe(2);
});
