/** What differs between two checkpoints is told although stored contents are damaged or gone, without what only they could say. */
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Change } from '../../src/domain/host-api.ts';
import { Bench, type HostProgram } from './support/host-program.ts';
import { shadowGit, shadowRepository } from './support/shadow-git.ts';
import { damage } from './support/stored-files.ts';

let bench: Bench;
let host: HostProgram;
beforeEach(async () => {
  bench = await Bench.open();
  host = await bench.program();
});
afterEach(() => bench.close());

const OLD = 'what nobody else holds\nold\n';
/** Enough of them for a pack. */
const MANY = 60;
const MOVED = 'one\ntwo\nthree\nfour\nfive\nsix\n';

const at = (path: string | Buffer): string | Buffer => (typeof path === 'string' ? join(bench.workspace, path) : Buffer.concat([Buffer.from(`${bench.workspace}/`), path]));
const put = (path: string | Buffer, content: string): void => writeFileSync(at(path), content);
const request = () => ({ ...bench.lease, exclude: [], maxFileBytes: 1_000_000 });
const checkpoint = async (): Promise<string> => (await host.call('takeCheckpoint', request())).tree;
const diff = async (from: string, to: string): Promise<Change[]> => (await host.call('diffTrees', { workspace: bench.workspace, from, to })).changes;
const text = (from: string, to: string, paths: string[] = []) => host.call('diffText', { workspace: bench.workspace, from, to, path: null, paths, maxBytes: 100_000 });
const idOf = (tree: string, path: string): string => shadowGit(bench, 'rev-parse', `${tree}:${path}`).toString().trim();
const fileOf = (id: string): string => join(shadowRepository(bench), 'objects', id.slice(0, 2), id.slice(2));
const short = (changes: Change[]): unknown[] => changes.map(({ path, op, sizeBefore, sizeAfter, added, removed }) => [path, op, sizeBefore, sizeAfter, added, removed]).sort();

const breakIt = (): void => damage(shadowRepository(bench), OLD);

test.each<[string, number, (id: string) => void, number]>([
  ['loose and altered', 0, breakIt, OLD.length], ['loose and gone', 0, (id) => rmSync(fileOf(id)), 0], ['in a pack and altered', MANY, breakIt, OLD.length],
])('a content that is %s: its path is told without lines, all others as ever', async (_how, more, spoil, size) => {
  for (let n = 0; n < more; n += 1) put(`more-${n}`, `content ${n}\n`);
  put('precious', OLD);
  put('other', 'a\nb\n');
  put('moves', MOVED);
  const from = await checkpoint();
  put('precious', 'new\n');
  put('other', 'a\n');
  put('added', 'x\n');
  renameSync(join(bench.workspace, 'moves'), join(bench.workspace, 'moved'));
  put('moved', `${MOVED}seven\n`);
  const to = await checkpoint();
  const id = idOf(from, 'precious');
  spoil(id);

  const changes = await diff(from, to);
  expect(short(changes)).toEqual([
    ['added', 'add', 0, 2, 1, 0], ['moved', 'rename', MOVED.length, MOVED.length + 6, 1, 0], ['other', 'modify', 4, 2, 0, 1], ['precious', 'modify', size, 4, null, null],
  ]);
  expect(changes.find(({ path }) => path === 'precious')).toMatchObject({ mode: '100644', shaBefore: id, shaAfter: idOf(to, 'precious'), damaged: [id] });
  expect(changes.filter(({ damaged }) => damaged)).toHaveLength(1);
  const read = await text(from, to);
  expect(read).toMatchObject({ damaged: ['precious'], truncated: false });
  expect(read.text.match(/^diff --git .*$/gm)).toEqual(['diff --git a/added b/added', 'diff --git a/moves b/moved', 'diff --git a/other b/other']);
  expect(await text(from, to, ['precious'])).toMatchObject({ text: '', damaged: ['precious'] });
  expect(await text(from, to, ['other', 'precious'])).toMatchObject({ text: expect.stringMatching(/^diff --git a\/other b\/other\n[^]*-b\n$/), damaged: ['precious'] });
  const { files } = await host.call('readFiles', { workspace: bench.workspace, tree: from, paths: ['other', 'precious', 'nowhere', 'other'], maxBytes: 100 });
  const other = { path: 'other', exists: true, text: 'a\nb\n' };
  expect(files).toEqual([other, { path: 'precious', exists: true, text: null, damaged: true }, { path: 'nowhere', exists: false, text: null }, other]);
  expect(await host.failure('blameFile', { workspace: bench.workspace, trees: [from], path: 'precious', maxBytes: 1000 })).toMatchObject({ message: expect.stringContaining('holdpoint checkpoints verify') });
});

test('a turn is watched on', async () => {
  put('precious', OLD);
  const from = await checkpoint();
  put('precious', 'new\n');
  breakIt();
  const { changes } = await host.call('watchChanges', { ...request(), base: from, cursor: 0, waitMs: 20_000 });
  expect(short(changes)).toEqual([['precious', 'modify', OLD.length, 4, null, null]]);
});

test('a damaged file that moved, or became a folder: both ends, and what is in the folder', async () => {
  put('precious', OLD);
  put('becomes', `${OLD}too\n`);
  const from = await checkpoint();
  renameSync(join(bench.workspace, 'precious'), join(bench.workspace, 'moved'));
  rmSync(join(bench.workspace, 'becomes'));
  mkdirSync(join(bench.workspace, 'becomes'));
  put('becomes/file', 'x\n');
  const to = await checkpoint();
  breakIt();
  expect((await diff(from, to)).map(({ op, path, damaged = [] }) => [op, path, damaged.length]).sort()).toEqual([
    ['add', 'becomes/file', 0], ['add', 'moved', 1], ['delete', 'becomes', 1], ['delete', 'precious', 1],
  ]);
  expect((await text(from, to)).damaged.sort()).toEqual(['becomes', 'becomes/file', 'moved', 'precious']);
});

test('a damaged path that no command line can hold: nothing is counted, and all is told', async () => {
  const odd = Buffer.from([0x6f, 0xff]);
  put(odd, OLD);
  put('other', 'a\n');
  const from = await checkpoint();
  put(odd, 'new\n');
  put('other', 'b\n');
  const to = await checkpoint();
  breakIt();
  expect(short(await diff(from, to))).toEqual([['o\\xff', 'modify', OLD.length, 4, null, null], ['other', 'modify', 2, 2, null, null]]);
  expect(await host.failure('diffText', { workspace: bench.workspace, from, to, path: null, maxBytes: 1000 })).toMatchObject({ kind: 'internal', message: expect.stringContaining('holdpoint checkpoints verify') });
});

test.each(['', 'folder'])('a damaged tree "%s" cannot be gone around: the error names the way out', async (path) => {
  mkdirSync(join(bench.workspace, 'folder'));
  put('folder/file', 'a\n');
  const from = await checkpoint();
  put('folder/file', 'b\n');
  const to = await checkpoint();
  const file = fileOf(idOf(from, path));
  chmodSync(file, 0o600);
  writeFileSync(file, 'no object');
  const failed = (): Promise<unknown> => host.failure('diffTrees', { workspace: bench.workspace, from, to });
  expect(await failed()).toMatchObject({ kind: 'internal', message: expect.stringContaining('holdpoint checkpoints verify') });
  rmSync(file);
  expect(await failed()).toMatchObject({ kind: path === '' ? 'unknown_tree' : 'internal', message: expect.stringContaining('holdpoint checkpoints verify') });
});
