/** The decisions of the bootstrap's steps, each on its own. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const scripts = join(import.meta.dirname, '../../scripts/bootstrap');
const load = async <T>(file: string): Promise<T> => (await import(join(scripts, file))) as T;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdpoint-steps-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface PlatformStep {
  checkPlatform: (machine: { platform?: string; arch?: string; node?: string; path?: string; glibc?: boolean }) => void;
}

describe('platform', () => {
  const good = { platform: 'linux', arch: 'x64', node: '20.0.0', path: process.env.PATH ?? '', glibc: true };
  test.each([
    ['Windows', { platform: 'win32' }, 'not on win32-x64'],
    ['a 32-bit machine', { arch: 'ia32' }, 'not on linux-ia32'],
    ['musl', { glibc: false }, 'glibc'],
    ['an old Node', { node: '18.19.0' }, 'this is 18.19.0'],
    ['no git', { path: '/nonexistent' }, 'needs git'],
  ])('%s gets one sentence', async (_what, machine, sentence) => {
    const { checkPlatform } = await load<PlatformStep>('platform.mjs');
    expect(() => checkPlatform(good)).not.toThrow();
    expect(() => checkPlatform({ ...good, ...machine })).toThrow(sentence);
  });
});

test.each([['20.20.2', false], ['22.21.9', false], ['22.22.0', true], ['23.11.0', false], ['24.0.0', true], ['26.1.0', true]])('Node %s is new enough: %s', async (version, enough) => {
  const { isNewEnough } = await load<{ isNewEnough: (version: string) => boolean }>('node.mjs');
  expect(isNewEnough(version)).toBe(enough);
});

test.each([['1.4.9', false], ['1.5.0', true], ['1.10.0', true], ['2.0.0', true]])('a temporal %s on PATH is usable: %s', async (version, usable) => {
  const { isUsable } = await load<{ isUsable: (program: string) => boolean }>('temporal.mjs');
  const program = join(folder, `temporal-${version}`);
  writeFileSync(program, `#!/bin/sh\necho "temporal version ${version} (Server 1.30.0, UI 2.0.0)"\n`, { mode: 0o755 });
  expect(isUsable(program)).toBe(usable);
});

describe('dependencies', () => {
  const lock = { '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.0', optional: true } };
  test.each([
    ['all there', { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.0' } }, true],
    ['one for another platform is absent', { 'node_modules/a': { version: '1.0.0' } }, true],
    ['another version', { 'node_modules/a': { version: '1.0.1' } }, false],
    ['one is missing', { 'node_modules/b': { version: '2.0.0' } }, false],
    ['no record, as after a killed install', undefined, false],
  ])('%s', async (_what, record, installed) => {
    const { isInstalled } = await load<{ isInstalled: (root: string) => boolean }>('dependencies.mjs');
    const root = mkdtempSync(join(folder, 'root-'));
    mkdirSync(join(root, 'node_modules'));
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: lock }));
    if (record) writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: record }));
    expect(isInstalled(root)).toBe(installed);
  });
});

describe('lock', () => {
  interface LockStep {
    locked: <T>(folder: string, action: () => Promise<T>) => Promise<T>;
  }

  test('one at a time, and it is gone afterwards, also after a failure', async () => {
    const { locked } = await load<LockStep>('lock.mjs');
    const lock = join(folder, 'lock');
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await new Promise(setImmediate);
      inside--;
    };
    await Promise.all([locked(lock, work), locked(lock, work), locked(lock, work)]);
    expect(most).toBe(1);
    await expect(locked(lock, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(existsSync(lock)).toBe(false);
  });
});
