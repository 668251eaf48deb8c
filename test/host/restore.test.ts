/** A restore makes the files what they were: bytes, permissions, links, and nothing else is touched. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync, existsSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import type { CheckpointResult, RestoreRequest } from '../../src/domain/host-api.ts';
import { seededRandom } from '../support/random.ts';
import { scaled, SEED } from '../support/scale.ts';
import { TreeOperations } from '../support/tree-operations.ts';
import { exactly } from '../support/tree-walk.ts';
import { Bench, type HostProgram } from './support/host-program.ts';

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
const put = (path: string, content: string | Buffer): void => writeFileSync(at(path), content);
const text = (path: string): string => readFileSync(at(path), 'utf8');
const settings = { exclude: [] as string[], maxFileBytes: 1_000_000 };
const checkpoint = (more = {}): Promise<CheckpointResult> => host.call('takeCheckpoint', { ...bench.lease, ...settings, ...more });
const asked = ({ tree, sidecar }: CheckpointResult, more: Partial<RestoreRequest> = {}): RestoreRequest =>
  ({ ...bench.lease, ...settings, tree, sidecar, paths: null, dryRun: false, ...more });
const restore = (of: CheckpointResult, more: Partial<RestoreRequest> = {}) => host.call('restoreTree', asked(of, more));

const shadowRepository = (): string => join(bench.state, 'shadow', readdirSync(join(bench.state, 'shadow'))[0] ?? '', 'repository');

/** An object of git that is not what its name says. */
function plantObject(id: string, content: string): void {
  const folder = join(shadowRepository(), 'objects', id.slice(0, 2));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, id.slice(2)), deflateSync(Buffer.from(`blob ${content.length}\0${content}`)));
}

test.each(Array.from({ length: scaled(3, 40) }, (_, n) => SEED + n))('random trees, forth and back (seed %i)', async (seed) => {
  const operations = new TreeOperations(bench.workspace, seededRandom(seed));
  const marks: { checkpoint: CheckpointResult; files: Map<string, string> }[] = [];
  for (let n = 0; n < 5; n += 1) {
    for (let step = 0; step < 200; step += 1) operations.next();
    marks.push({ checkpoint: await checkpoint(), files: exactly(bench.workspace) });
  }
  for (const n of [0, 3, 1, 4, 2]) {
    const mark = marks[n];
    if (!mark) throw new Error('no such mark');
    const result = await restore(mark.checkpoint);
    const now = exactly(bench.workspace);
    // A repository of its own is never removed: the folders around it stay, and it is said.
    const stayed = [...now.keys()].filter((path) => !mark.files.has(path));
    for (const path of stayed) expect(now.get(path)).toMatch(/^folder /);
    expect(result.notRestored.map(({ reason }) => reason).filter((reason) => reason !== 'holds files that are in no checkpoint')).toEqual([]);
    expect(result.notRestored).toHaveLength(stayed.length);
    for (const path of stayed) now.delete(path);
    expect(now).toEqual(mark.files);
    expect(result.exact).toBe(stayed.length === 0);
  }
});

test('what changed is told, and undone by a restore of the present', async () => {
  put('same', 'same');
  put('content', 'before\n');
  put('gone', 'back');
  put('moved', 'one content in two places\n'.repeat(4));
  put('mode', 'm');
  mkdirSync(at('empty'));
  mkdirSync(at('folder/below'), { recursive: true });
  put('folder/below/file', 'f');
  symlinkSync('same', at('link'));
  const before = await checkpoint();
  const [files, untouched] = [exactly(bench.workspace), statSync(at('same'))];
  put('content', 'after\n');
  rmSync(at('gone'));
  renameSync(at('moved'), at('elsewhere'));
  chmodSync(at('mode'), 0o600);
  chmodSync(at('folder'), 0o700);
  rmSync(at('empty'), { recursive: true });
  rmSync(at('folder/below'), { recursive: true });
  put('folder/below', 'a file now');
  rmSync(at('link'));
  mkdirSync(at('link/in'), { recursive: true });
  put('link/in/file', 'x');
  mkdirSync(at('new/empty'), { recursive: true });
  const present = await checkpoint();
  const changed = exactly(bench.workspace);

  const dry = await restore(before, { dryRun: true });
  expect(exactly(bench.workspace)).toEqual(changed);
  expect(dry).toMatchObject({ exact: false, notRestored: [], after: { tree: present.tree } });
  const told = dry.changes.map(({ op, path, from, mode }) => [op, path, ...(from === undefined ? [] : [from]), mode]);
  expect(told).toEqual([
    ['modify', 'content', '100644'], ['add', 'empty', '40755'], ['mode', 'folder', '40755'], ['delete', 'folder/below', '100644'], ['add', 'folder/below/file', '100644'],
    ['add', 'gone', '100644'], ['add', 'link', '120000'], ['delete', 'link/in/file', '100644'], ['mode', 'mode', '100644'], ['rename', 'moved', 'elsewhere', '100644'],
    ['delete', 'new', '40755'], ['delete', 'new/empty', '40755'],
  ]);
  expect(await restore(before)).toMatchObject({ changes: dry.changes, exact: true, notRestored: [], after: { tree: before.tree, sidecar: before.sidecar } });
  expect(exactly(bench.workspace)).toEqual(files);
  expect(statSync(at('same'))).toMatchObject({ ino: untouched.ino, mtimeMs: untouched.mtimeMs, ctimeMs: untouched.ctimeMs });
  expect(await restore(before)).toMatchObject({ changes: [], exact: true });
  expect(await restore(present)).toMatchObject({ exact: true });
  expect(exactly(bench.workspace)).toEqual(changed);
});

test('only the paths that were asked for, with the folders they need', async () => {
  mkdirSync(at('a/b'), { recursive: true });
  put('a/b/one', '1');
  put('a/two', '2');
  put('three', '3');
  mkdirSync(at('hollow'));
  const before = await checkpoint();
  ['a', 'hollow'].forEach((path) => rmSync(at(path), { recursive: true }));
  put('three', 'changed');
  put('later', 'l');
  const leftByKill = `.holdpoint-restore-${'0'.repeat(24)}`;
  put(leftByKill, 'half');
  expect(await restore(before, { paths: ['./a/b/', 'hollow'], exclude: ['.holdpoint*'] })).toMatchObject({ exact: true, notRestored: [] });
  expect(existsSync(at(leftByKill))).toBe(false);
  expect([text('a/b/one'), existsSync(at('a/two')), existsSync(at('hollow')), text('three'), existsSync(at('later'))]).toEqual(['1', false, true, 'changed', true]);
  expect(await restore(before, { paths: ['later', 'three'] })).toMatchObject({ exact: true });
  expect([text('three'), existsSync(at('later')), existsSync(at('a/two'))]).toEqual(['3', false, false]);
  expect(await restore(before, { paths: ['no such', 'three'] })).toMatchObject({ exact: false, notRestored: [{ path: 'no such', reason: 'is neither in the checkpoint nor in the workspace' }] });
  rmSync(at('a'), { recursive: true });
  put('a', 'a file now');
  expect(await restore(before, { paths: ['a/b/one'] })).toMatchObject({ exact: false, notRestored: [{ path: 'a/b/one', reason: 'a is no folder now: restore that' }] });
  expect(text('a')).toBe('a file now');
  expect(await host.failure('restoreTree', asked(before, { paths: ['../out'] }))).toMatchObject({ kind: 'bad_input' });
});

test('what no checkpoint covers stays, and what stands in the way is said', async () => {
  const limits = { exclude: ['cache/'], maxFileBytes: 100 };
  put('grows', 'small');
  put('pipe', 'p');
  put('shrinks', 'x'.repeat(200));
  put('cache', 'a file that no glob names now');
  mkdirSync(at('work'));
  put('work/file', 'w');
  const before = await checkpoint({ ...limits, exclude: [] });
  put('grows', 'y'.repeat(200));
  put('shrinks', 'short');
  rmSync(at('pipe'));
  execFileSync('mkfifo', [at('pipe')]);
  rmSync(at('cache'));
  mkdirSync(at('cache'));
  put('cache/kept', 'k');
  mkdirSync(at('new/cache'), { recursive: true });
  execFileSync('git', ['init', '-q', at('new')]);
  rmSync(at('work'), { recursive: true });
  put('work', 'w');
  const head = readFileSync(at('new/.git/HEAD'));
  expect((await restore(before, limits)).notRestored).toEqual([
    { path: 'cache', reason: 'is excluded by the plan' },
    { path: 'grows', reason: 'what is there now is in no checkpoint (200 bytes, more than 100)' },
    { path: 'new', reason: 'holds files that are in no checkpoint' },
    { path: 'pipe', reason: 'what is there now is in no checkpoint (neither file, folder nor link)' },
    { path: 'shrinks', reason: 'the checkpoint does not hold it (200 bytes, more than 100)' },
  ]);
  expect([text('grows').length, text('shrinks'), lstatSync(at('pipe')).isFIFO(), text('cache/kept'), text('work/file')]).toEqual([200, 'short', true, 'k', 'w']);
  expect([existsSync(at('new/cache')), readFileSync(at('new/.git/HEAD'))]).toEqual([false, head]);
});

test('another name of a file keeps its content and its permissions', async () => {
  const outside = join(bench.dir, 'outside');
  writeFileSync(outside, 'outside');
  put('linked', 'inside');
  put('mode', 'outside');
  const before = await checkpoint();
  rmSync(at('linked'));
  linkSync(outside, at('linked'));
  rmSync(at('mode'));
  linkSync(outside, at('mode'));
  chmodSync(outside, 0o600);
  expect(await restore(before)).toMatchObject({ exact: true });
  expect([text('linked'), readFileSync(outside, 'utf8'), statSync(outside).mode & 0o777, statSync(at('mode')).mode & 0o777]).toEqual(['inside', 'outside', 0o600, 0o644]);
});

test('names of any bytes, contents of any size, links to anywhere', async () => {
  const odd = Buffer.concat([Buffer.from(`${bench.workspace}/-\n`), Buffer.from([0xff])]);
  mkdirSync(odd);
  const inside = Buffer.concat([odd, Buffer.from([0x2f, 0xfe])]);
  writeFileSync(inside, 'bytes');
  chmodSync(inside, 0o640);
  put('large', Buffer.alloc(9_000_000, 'large'));
  put('none', '');
  put('.gitattributes', '* text=auto eol=lf\n');
  put('windows', 'a\r\nb\r\n');
  symlinkSync(Buffer.from([0xfd, 0x2f, 0x2e, 0x2e]), at('link'));
  const before = await checkpoint({ maxFileBytes: 10_000_000 });
  const files = exactly(bench.workspace);
  for (const name of readdirSync(bench.workspace, { encoding: 'buffer' })) rmSync(Buffer.concat([Buffer.from(`${bench.workspace}/`), name]), { recursive: true });
  expect(await restore(before, { maxFileBytes: 10_000_000 })).toMatchObject({ exact: true });
  expect(exactly(bench.workspace)).toEqual(files);
  expect(readlinkSync(at('link'), 'buffer')).toEqual(Buffer.from([0xfd, 0x2f, 0x2e, 0x2e]));
});

test('an object that is damaged or gone replaces nothing', async () => {
  put('damaged', 'wanted');
  put('gone', 'also wanted');
  const before = await checkpoint();
  for (const path of ['damaged', 'gone']) {
    const content = readFileSync(at(path));
    const id = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
    rmSync(join(shadowRepository(), 'objects', id.slice(0, 2), id.slice(2)));
    if (path === 'damaged') plantObject(id, 'wantec');
    put(path, 'present');
  }
  const { exact, notRestored } = await restore(before);
  expect({ exact, notRestored }).toEqual({
    exact: false, notRestored: [{ path: 'damaged', reason: 'its content is damaged in the store' }, { path: 'gone', reason: 'its content is missing in the store' }],
  });
  expect([text('damaged'), text('gone'), readdirSync(bench.workspace).length]).toEqual(['present', 'present', 2]);
});

test('it is refused with an older lease, for what the host does not know, and while a run lives', async () => {
  put('file', 'before');
  const before = await checkpoint();
  put('file', 'after');
  expect(await host.failure('restoreTree', asked(before, { tree: '1'.repeat(40) }))).toMatchObject({ kind: 'unknown_tree' });
  expect(await host.failure('restoreTree', asked(before, { sidecar: '1'.repeat(40) }))).toMatchObject({ kind: 'unknown_tree' });
  await host.call('startRun', bench.run('alive', 'forever.mjs', [join(bench.dir, 'alive')]));
  expect(await host.failure('restoreTree', asked(before))).toMatchObject({ kind: 'workspace_busy', message: expect.stringContaining('alive') });
  await host.call('cancelRun', { key: 'alive', graceMs: 0 });
  await host.call('claimWorkspace', { ...bench.lease, fence: 2 });
  expect(await host.failure('restoreTree', asked(before))).toMatchObject({ kind: 'stale_fence' });
  expect(text('file')).toBe('after');
  expect(await restore(before, { fence: 2 })).toMatchObject({ exact: true });
});
