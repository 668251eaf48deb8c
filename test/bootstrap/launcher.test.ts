/** bin/holdpoint in a fresh clone with a fresh HOME, as a user meets it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { finished, makeClone, TINY, type Finished } from './clone.ts';

let clone: string;
let home: string;
beforeAll(() => {
  clone = makeClone();
  home = mkdtempSync(join(tmpdir(), 'holdpoint-home-'));
});
afterAll(() => {
  for (const folder of [clone, home]) rmSync(folder, { recursive: true, force: true });
});

const env = (more: Record<string, string> = {}): Record<string, string> => ({ HOME: home, PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`, ...more });
const launch = (...args: string[]): Promise<Finished> => finished(process.execPath, [join(clone, 'bin/holdpoint'), ...args], { env: env() });

describe('bin/holdpoint', () => {
  test('installs the dependencies once, saying so on stderr, and hands over', async () => {
    const first = await launch('0', 'two words');
    expect(first).toMatchObject({ code: 0, stderr: expect.stringMatching(/^holdpoint: installing the dependencies .*\n$/) });
    expect(JSON.parse(first.stdout)).toEqual({ args: ['0', 'two words'], node: process.versions.node, tiny: true });
    const second = await launch('0');
    expect(second).toMatchObject({ code: 0, stderr: '' });
  });

  test('keeps the exit code', async () => {
    expect((await launch('42')).code).toBe(42);
  });

  test('passes a signal on to the program, whose exit code counts', async () => {
    const child = spawn(process.execPath, [join(clone, 'bin/holdpoint'), 'wait'], { env: env(), stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([43, null]);
  });

  test('an install that was killed half-way is done again', async () => {
    rmSync(join(clone, 'node_modules/tiny'), { recursive: true });
    rmSync(join(clone, 'node_modules/.package-lock.json'));
    expect(await launch('0')).toMatchObject({ code: 0, stderr: expect.stringContaining('installing') });
  });

  test('two at once install once, and both run', async () => {
    rmSync(join(clone, 'node_modules'), { recursive: true });
    const both = await Promise.all([launch('0'), launch('0')]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both.filter(({ stderr }) => stderr.includes('installing'))).toHaveLength(1);
    expect(readdirSync(join(clone, '.holdpoint/tools'))).toEqual([]);
  });

  test('takes over the lock of a start-up that was killed', async () => {
    rmSync(join(clone, 'node_modules'), { recursive: true });
    const lock = join(clone, '.holdpoint/tools/bootstrap.lock');
    mkdirSync(lock);
    writeFileSync(join(lock, 'holder'), `${process.pid} not-this-start`);
    expect((await launch('0')).code).toBe(0);
    expect(existsSync(lock)).toBe(false);
  });

  test('an install that fails gives a sentence and what npm said, no stack; the next one is whole', async () => {
    rmSync(join(clone, 'node_modules'), { recursive: true });
    renameSync(join(clone, TINY), join(clone, 'away'));
    const failed = await finished(process.execPath, [join(clone, 'bin/holdpoint')], { env: env({ npm_config_cache: join(home, 'empty') }) });
    expect(failed).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('the dependencies could not be installed') });
    expect(failed.stderr).not.toMatch(/^\s+at /m);
    renameSync(join(clone, 'away'), join(clone, TINY));
    expect((await launch('0')).code).toBe(0);
  });

  test('without git it says what to install', async () => {
    const failed = await finished(process.execPath, [join(clone, 'bin/holdpoint')], { env: { HOME: home, PATH: dirname(process.execPath) } });
    expect(failed).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^holdpoint: Holdpoint needs git .*\n$/) });
  });

  test('finds the Temporal server for commands that start it, and for no other', async () => {
    const temporal = join(home, 'bin/temporal');
    mkdirSync(dirname(temporal));
    writeFileSync(temporal, '#!/bin/sh\necho "temporal version 1.9.0 (Server 1.32.0, UI 2.54.1)"\n', { mode: 0o755 });
    const path = { PATH: `${env().PATH}:${dirname(temporal)}` };
    const found = async (command: string): Promise<unknown> =>
      (JSON.parse((await finished(process.execPath, [join(clone, 'bin/holdpoint'), command], { env: env(path) })).stdout) as { temporal?: string }).temporal;
    expect([await found('up'), await found('status')]).toEqual([temporal, undefined]);
  });
});
