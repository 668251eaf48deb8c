/** The demo as a user runs it: a wrong fix is caught, sent back, corrected and accepted; then nothing is left running. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DecisionsDocument } from '../../src/domain/documents/turns.ts';
import { demoDocument, type DemoDocument } from '../../src/domain/documents/service.ts';
import { runCli, startCli } from '../support/cli.ts';
import { linesOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { CLEAN_PATH } from '../support/service.ts';

let dir: string;
let env: Record<string, string>;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'holdpoint-demo-'));
  env = { PATH: CLEAN_PATH, HOME: dir, LANG: 'C.UTF-8', TMPDIR: tmpdir(), TEMPORAL_BIN: process.env.HOLDPOINT_TEST_TEMPORAL_BIN ?? '' };
});

afterAll(async () => {
  await runCli(['down'], { env, cwd: dir });
  rmSync(dir, { recursive: true, force: true });
});

const linkOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1') + readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
};

/** Processes whose environment or command line names the demo's folder. */
const running = (): string[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name) && linkOf(name).includes(dir));

/** What runs on the host ends when its connection does, which nobody waits for. */
const nothingRuns = (): Promise<unknown> => eventually(() => running().length === 0, { timeoutMs: 120_000, what: 'the end of all its processes' });

async function demo(...options: string[]): Promise<DemoDocument> {
  const { code, stdout, stderr } = await runCli(['demo', '--json', ...options], { env, cwd: dir });
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  expect(stderr.split('\n')[0]).toMatch(/scripted/);
  return demoDocument.parse(JSON.parse(stdout));
}

test('carries the plan out and leaves nothing running', async () => {
  const report = await demo();
  const [ascii, unicode] = report.status.projects[0]?.milestones[0]?.tasks ?? [];

  expect(report).toMatchObject({ outcome: 'completed', scripted: true, kept: false, processesLeft: 0, checks: [{ name: 'npm test', exitCode: 0 }] });
  expect(ascii?.turns.map(({ decision, rule }) => [decision, rule])).toEqual([['retry', 'check_failed_retry'], ['proceed', 'quality_reached']]);
  expect(ascii?.turns.map(({ checks }) => checks.find(({ name }) => name === 'test-ascii')?.exitCode)).toEqual([1, 0]);
  expect(unicode?.turns).toHaveLength(1);
  expect(report.answered.map(({ breakpoint, action, by }) => [breakpoint, action, by])).toEqual([
    ['tinyslug/slugs/milestone_completion.1', 'approve', 'demo'],
    ['tinyslug/names/milestone_completion.1', 'approve', 'demo'],
  ]);
  expect(report.parts.every(({ pid }) => pid !== null && pid > 0)).toBe(true);
  execFileSync('npm', ['test'], { cwd: report.workspace, env: { PATH: CLEAN_PATH, HOME: dir }, stdio: 'ignore' });
  expect(running()).toEqual([]);
}, 600_000);

test('with --keep, other commands find it without any setting, and down ends it all', async () => {
  const kept = await demo('--keep');
  const { stdout } = await runCli(['decisions', 'tinyslug/slugs/ascii', '--json'], { env, cwd: dir });
  const { decisions } = JSON.parse(stdout) as DecisionsDocument;
  const diff = await runCli(['diff', 'tinyslug/slugs/ascii.1'], { env, cwd: dir });
  const logs = await runCli(['logs', 'tinyslug/slugs/ascii.1', '--json'], { env, cwd: dir });

  const down = await runCli(['down'], { env, cwd: dir });

  expect(kept.kept).toBe(true);
  // What it failed with, should it ever.
  expect(decisions.filter(({ rule }) => rule === 'agent_failed').map(({ facts }) => (facts as { outcome: unknown }).outcome)).toEqual([]);
  expect(decisions.map(({ decision, rule }) => [decision, rule])).toEqual([['retry', 'check_failed_retry'], ['proceed', 'quality_reached']]);
  expect(diff.stdout).toContain("+  return title.trim().toLowerCase().replace(/\\s+/g, '-');");
  // Of two demos of one user none ends the other's agents: no other demo has its runs' keys.
  expect(linesOf('logs', logs)[0]?.run).toMatch(/^main-[0-9a-f]{12}\.tinyslug\.slugs\.1\.ascii\.1\.1$/);
  expect(down.code).toBe(0);
  await nothingRuns();
}, 600_000);

test('Ctrl-C in the middle of a turn leaves nothing running', async () => {
  const started = startCli(['demo'], { env, cwd: dir });
  await eventually(() => started.stderr().includes('ascii #1: the agent works'), { timeoutMs: 120_000, what: 'the first turn' });
  expect(await started.end('SIGINT')).toBe(130);
  await nothingRuns();
}, 600_000);
