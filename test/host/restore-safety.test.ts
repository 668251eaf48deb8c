/** What a restore cannot do, whatever is done to it meanwhile: write outside, run the workspace's git, leave half a file. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { CheckpointResult, RestoreRequest } from '../../src/domain/host-api.ts';
import { eventually } from '../support/eventually.ts';
import { seededRandom } from '../support/random.ts';
import { scaled, SEED } from '../support/scale.ts';
import { exactly } from '../support/tree-walk.ts';
import { Bench, type HostProgram } from './support/host-program.ts';

jest.setTimeout(240_000);

const benches: Bench[] = [];
let bench: Bench;
let host: HostProgram;
beforeEach(async () => {
  bench = await Bench.open();
  benches.push(bench);
  host = await bench.program();
});
afterAll(async () => {
  for (const one of benches) await one.close();
});

const at = (path: string): string => join(bench.workspace, path);
const outside = (path = ''): string => join(bench.dir, 'outside', path);
const put = (path: string, content: string): void => writeFileSync(at(path), content);
const settings = { exclude: [] as string[], maxFileBytes: 100_000_000 };
const checkpoint = (program = host): Promise<CheckpointResult> => program.call('takeCheckpoint', { ...bench.lease, ...settings });
const asked = ({ tree, sidecar }: CheckpointResult): RestoreRequest => ({ ...bench.lease, ...settings, tree, sidecar, paths: null, dryRun: false });
const temporaries = (): string[] => (readdirSync(bench.workspace, { recursive: true }) as string[]).filter((name) => name.includes('.holdpoint-restore-'));

/** A folder that nobody may touch, with the names that the workspace has. */
function plantCanaries(names: readonly string[]): () => unknown {
  mkdirSync(outside('deep'), { recursive: true });
  for (const name of [...names, ...names.map((one) => `deep/${one}`)]) writeFileSync(outside(name), 'canary');
  const files = (readdirSync(outside(), { recursive: true }) as string[]).sort();
  const seen = (): unknown => ['', ...files].map((name) => [name, statSync(outside(name)).mode, statSync(outside(name)).ctimeMs, statSync(outside(name)).ino]);
  const before = [seen(), exactly(outside())];
  return () => expect([seen(), exactly(outside())]).toEqual(before);
}

test('a level that was replaced by a link is put right, and nothing behind the link changes', async () => {
  mkdirSync(at('d/deep'), { recursive: true });
  ['d/a', 'd/b', 'd/deep/a', 'd/deep/b'].forEach((name) => put(name, 'wanted'));
  const before = await checkpoint();
  const files = exactly(bench.workspace);
  const expectUnchanged = plantCanaries(['a', 'b', 'c']);
  rmSync(at('d'), { recursive: true });
  symlinkSync(outside(), at('d'));
  expect(await host.call('restoreTree', asked(before))).toMatchObject({ exact: true });
  expect(exactly(bench.workspace)).toEqual(files);
  rmSync(at('d/deep'), { recursive: true });
  symlinkSync(outside('deep'), at('d/deep'));
  expect(await host.call('restoreTree', { ...asked(before), paths: ['d/deep/a'] })).toMatchObject({ exact: false, notRestored: [{ path: 'd/deep/a' }] });
  expect(await host.call('restoreTree', { ...asked(before), paths: ['d'] })).toMatchObject({ exact: true });
  expect(exactly(bench.workspace)).toEqual(files);
  expectUnchanged();
});

/** Replaces `d` and `d/deep` by links and back, as fast as it can. */
const SWAP = `
const { renameSync, symlinkSync, unlinkSync, rmSync } = require('node:fs');
const [, workspace, outside] = process.argv;
const attempt = (work) => { try { work(); } catch {} };
process.stdout.write('ready\\n');
for (;;) for (const [level, to] of [['d', ''], ['d/deep', '/deep']]) {
  attempt(() => renameSync(workspace + '/' + level, workspace + '/away'));
  attempt(() => symlinkSync(outside + to, workspace + '/' + level));
  attempt(() => unlinkSync(workspace + '/' + level));
  attempt(() => renameSync(workspace + '/away', workspace + '/' + level));
  attempt(() => rmSync(workspace + '/away', { recursive: true, force: true }));
}`;

test('levels that are replaced by links during a restore lead nowhere; once it is quiet, the next one is exact', async () => {
  const names = Array.from({ length: 60 }, (_, n) => `f${n}`);
  const fill = (content: string): void => {
    mkdirSync(at('d/deep'), { recursive: true });
    for (const name of names) ['d', 'd/deep'].forEach((folder) => put(`${folder}/${name}`, content));
  };
  fill('one');
  chmodSync(at('d/deep/f1'), 0o600);
  const one = await checkpoint();
  const files = exactly(bench.workspace);
  rmSync(at('d'), { recursive: true });
  fill('two');
  const two = await checkpoint();
  const expectUnchanged = plantCanaries(names);
  const swapper = spawn(process.execPath, ['-e', SWAP, bench.workspace, outside()], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(swapper.stdout, 'data');
    for (let n = 0; n < scaled(8, 200); n += 1) await host.call('restoreTree', asked(n % 2 === 0 ? one : two));
  } finally {
    swapper.kill('SIGKILL');
    await once(swapper, 'exit');
  }
  expectUnchanged();
  expect(await host.call('restoreTree', asked(one))).toMatchObject({ exact: true });
  expect(exactly(bench.workspace)).toEqual(files);
  expectUnchanged();
});

test('killed in the middle, a second restore ends exact and leaves no file of its own', async () => {
  const random = seededRandom(SEED);
  const build = (content: string): void => {
    for (let n = 0; n < 250; n += 1) {
      mkdirSync(at(`${content}/d${n % 9}`), { recursive: true });
      put(`${content}/d${n % 9}/f${n}`, content.repeat(n * 10));
      if (n % 3 === 0) put(`shared${n}`, content.repeat(n * 30));
    }
    chmodSync(at(`${content}/d1`), 0o500);
  };
  build('one');
  const one = await checkpoint();
  const files = exactly(bench.workspace);
  rmSync(at('one'), { recursive: true });
  build('two');
  const two = await checkpoint();
  for (let n = 0; n < scaled(4, 60); n += 1) {
    const program = await bench.program();
    const cut = program.call('restoreTree', asked(one)).catch(() => undefined);
    await eventually(() => !existsSync(at('two/d8/f8')) || existsSync(at('one')), { timeoutMs: 60_000, what: 'the restore to be at work', everyMs: 1 });
    await delay(random() * 40);
    await program.kill();
    await Promise.race([cut, delay(0)]);
    expect(await host.call('restoreTree', asked(one))).toMatchObject({ exact: true });
    expect(exactly(bench.workspace)).toEqual(files);
    expect(temporaries()).toEqual([]);
    expect(await host.call('restoreTree', asked(two))).toMatchObject({ exact: true });
  }
});

const fillAll = (content: string): void => {
  for (let n = 0; n < 3_000; n += 1) put(`f${n}`, content);
};

/** A restore whose program stands still after the first file and before most others: until SIGCONT. One that was too fast is no use. */
const stoppedHalfway = (to: CheckpointResult): Promise<{ result: ReturnType<typeof restoreAll> }> => eventually(async () => {
  fillAll('changed');
  const result = restoreAll(to);
  await eventually(() => readFileSync(at('f0'), 'utf8') === 'wanted', { timeoutMs: 60_000, what: 'the restore to be at work', everyMs: 1 });
  host.process.kill('SIGSTOP');
  if (readFileSync(at('f5'), 'utf8') === 'changed') return { result };
  host.process.kill('SIGCONT');
  await result;
  return null;
}, { timeoutMs: 90_000, what: 'a restore that is stopped halfway' });

/** Its result, or why it has failed. */
const restoreAll = (to: CheckpointResult): Promise<unknown> => host.call('restoreTree', asked(to)).catch((error: { data?: unknown }) => error.data);

test('a restore that was cut off stops when a later one has begun', async () => {
  fillAll('wanted');
  const before = await checkpoint();
  const other = await bench.program();
  const { result: first } = await stoppedHalfway(before);
  try {
    expect(await other.call('restoreTree', asked(before))).toMatchObject({ exact: true });
  } finally {
    host.process.kill('SIGCONT');
  }
  expect(await first).toMatchObject({ kind: 'stale_fence' });
  expect(temporaries()).toEqual([]);
});

test("the user's repository is as it was, and none of its programs ran", async () => {
  const ran = join(bench.dir, 'ran');
  const git = (...args: string[]): void => void execFileSync('git', ['-C', bench.workspace, ...args], { stdio: 'ignore', env: { PATH: process.env.PATH, HOME: bench.dir } });
  git('init', '-q');
  put('.gitattributes', '* filter=evil text eol=crlf\n');
  put('file', 'one\n');
  git('add', 'file');
  git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'one');
  for (const name of ['post-checkout', 'post-index-change', 'reference-transaction']) writeFileSync(at(`.git/hooks/${name}`), `#!/bin/sh\necho ${name} >>'${ran}'\n`, { mode: 0o755 });
  for (const [key, value] of [['core.fsmonitor', `echo fsmonitor >>'${ran}'`], ['filter.evil.smudge', `echo smudge >>'${ran}'; cat`], ['filter.evil.clean', `echo clean >>'${ran}'; cat`]]) git('config', key ?? '', value ?? '');
  const repository = exactly(at('.git'));
  const before = await checkpoint();
  put('file', 'two\n');
  rmSync(at('.gitattributes'));
  expect(await host.call('restoreTree', asked(before))).toMatchObject({ exact: true });
  expect([readFileSync(at('file'), 'utf8'), existsSync(ran)]).toEqual(['one\n', false]);
  expect(exactly(at('.git'))).toEqual(repository);
});

/** As somebody who is not root, for whom permissions hold. */
const asUser = (): string[] => (process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'] : []);

test('what its owner has locked is saved and put right, with the permissions it had', async () => {
  mkdirSync(at('locked/below'), { recursive: true });
  mkdirSync(at('closed'));
  ['locked/file', 'locked/below/file', 'closed/file', 'secret', 'plain'].forEach((name) => put(name, `${name} before`));
  chmodSync(at('closed'), 0o500);
  chmodSync(at('plain'), 0o400);
  mkdirSync(bench.state, { recursive: true });
  if (process.getuid?.() === 0) execFileSync('chown', ['-R', '65534:65534', bench.dir]);
  const user = await bench.program({}, asUser());
  const taken = (): Promise<CheckpointResult> => user.call('takeCheckpoint', { ...bench.lease, ...settings, borrow: true });
  const before = await taken();
  const files = exactly(bench.workspace);
  put('secret', 'changed');
  chmodSync(at('closed'), 0o700);
  put('closed/file', 'changed');
  chmodSync(at('closed'), 0o500);
  rmSync(at('locked/below'), { recursive: true });
  chmodSync(at('secret'), 0o000);
  chmodSync(at('locked/file'), 0o000);
  chmodSync(at('locked'), 0o000);
  const changed = exactly(bench.workspace);
  const present = await taken();
  expect(present.notCovered).toEqual([]);
  if (process.getuid?.() === 0) expect(exactly(bench.workspace)).toEqual(changed);
  expect(await user.call('restoreTree', asked(before))).toMatchObject({ exact: true });
  expect(exactly(bench.workspace)).toEqual(files);
  expect(await user.call('restoreTree', asked(present))).toMatchObject({ exact: true });
  if (process.getuid?.() === 0) expect(exactly(bench.workspace)).toEqual(changed);
  else ['locked', 'closed'].forEach((name) => chmodSync(at(name), 0o700)); // so that it can be cleaned up
});

test('a folder that was moved away while a restore waits is not followed by name', async () => {
  mkdirSync(at('d'));
  put('d/file', 'wanted');
  const before = await checkpoint();
  put('d/file', 'changed');
  renameSync(at('d'), outside());
  symlinkSync(outside(), at('d'));
  expect(await host.call('restoreTree', asked(before))).toMatchObject({ exact: true });
  expect([readFileSync(at('d/file'), 'utf8'), readFileSync(outside('file'), 'utf8')]).toEqual(['wanted', 'changed']);
});

test.each([
  ['before its turn comes', 'f999'],
  ['after it was put back', 'f0'],
])('a file that somebody writes while a restore is at work stays theirs, %s', async (_, path) => {
  fillAll('wanted');
  const before = await checkpoint();
  const { result } = await stoppedHalfway(before);
  put(path, 'by a person');
  put('a-new-one', 'by a person');
  host.process.kill('SIGCONT');
  expect(await result).toMatchObject({
    exact: false, notRestored: ['a-new-one', path].map((one) => ({ path: one, reason: 'was changed while it was being restored' })),
  });
  expect([path, 'a-new-one', 'f500'].map((one) => readFileSync(at(one), 'utf8'))).toEqual(['by a person', 'by a person', 'wanted']);
  // Asked once more, there is nobody else's work: it is saved by the caller's checkpoint and goes.
  expect(await host.call('restoreTree', asked(before))).toMatchObject({ exact: true, notRestored: [] });
});
