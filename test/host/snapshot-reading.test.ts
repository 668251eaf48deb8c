/** What is read at all, and how: large files in pieces, unchanged ones not again. */
import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Bench, type HostProgram } from './support/host-program.ts';
import { leftAlone } from './support/left-alone.ts';
import { shadowGit } from './support/shadow-git.ts';

let bench: Bench;
let host: HostProgram;
beforeAll(async () => {
  bench = await Bench.open();
  host = await bench.program();
});
afterEach(() => {
  execFileSync('find', [bench.workspace, '-mindepth', '1', '-delete']);
});
afterAll(() => bench.close());

const at = (path: string): string => join(bench.workspace, path);
const put = (path: string, content: string | Buffer): void => writeFileSync(at(path), content);
const checkpoint = (more = {}, by = host) => by.call('takeCheckpoint', { ...bench.lease, exclude: [], maxFileBytes: 1_000_000, ...more });
const content = (tree: string, path: string): string => shadowGit(bench, 'cat-file', 'blob', `${tree}:${path}`).toString('latin1');
const settled = (path: string): Promise<boolean> => leftAlone(at(path));

test('a file of over 100 MB is kept without being held in memory', async () => {
  const fd = openSync(at('huge'), 'w');
  const size = 160 * 1024 * 1024;
  ftruncateSync(fd, size);
  writeSync(fd, 'end', size - 3);
  closeSync(fd);
  const program = await bench.program();
  const peak = (): number => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${program.process.pid}/status`, 'utf8'))?.[1]) / 1024;
  await program.call('hello', {});
  const before = peak();
  const { tree, bytes } = await checkpoint({ maxFileBytes: 1_000_000_000 }, program);
  expect(bytes).toBe(size);
  expect(peak() - before).toBeLessThan(60);
  const id = execFileSync('git', ['hash-object', '--no-filters', '--', at('huge')]).toString().trim();
  expect(shadowGit(bench, 'ls-tree', tree).toString()).toContain(id);
});

test('unchanged files are not read again, by another program either; a changed one is the only one that is', async () => {
  for (let n = 0; n < 30; n += 1) {
    mkdirSync(at(`f${n % 3}`), { recursive: true });
    put(`f${n % 3}/${n}`, `content ${n}`);
  }
  await settled('f2/29');
  const { tree } = await checkpoint();
  const bytesRead = (program: HostProgram): number => Number(/rchar: (\d+)/.exec(readFileSync(`/proc/${program.process.pid}/io`, 'utf8'))?.[1]);
  put('f0/bulk', Buffer.alloc(900_000, 'x'));
  await settled('f0/bulk');
  await checkpoint();
  const other = await bench.program();
  await other.call('hello', {});
  const atStart = bytesRead(other);
  await checkpoint({}, other);
  expect(bytesRead(other) - atStart).toBeLessThan(300_000);
  for (const program of [host, other]) {
    const before = bytesRead(program);
    await checkpoint({}, program);
    expect(bytesRead(program) - before).toBeLessThan(100_000);
    put('f1/1', `changed ${program === host}`);
    await checkpoint({}, program);
    expect(bytesRead(program) - before).toBeLessThan(200_000);
  }
  rmSync(at('f0/bulk'));
  put('f1/1', 'content 1');
  expect((await checkpoint()).tree).toBe(tree);
});

test('files in a folder that was moved away and back, or moved over another, are what they are', async () => {
  for (const [folder, text] of [['a', 'in a'], ['b', 'in b']] as const) {
    mkdirSync(at(`${folder}/deep`), { recursive: true });
    put(`${folder}/deep/file`, text);
  }
  await settled('b/deep/file');
  const { tree } = await checkpoint();
  renameSync(at('a'), at('c'));
  renameSync(at('b'), at('a'));
  renameSync(at('c'), at('b'));
  const { tree: swapped } = await checkpoint();
  expect([content(swapped, 'a/deep/file'), content(swapped, 'b/deep/file')]).toEqual(['in b', 'in a']);
  renameSync(at('a'), at('c'));
  renameSync(at('b'), at('a'));
  renameSync(at('c'), at('b'));
  expect((await checkpoint()).tree).toBe(tree);
});

test('what comes, goes or changes its name in a folder that nothing was done to for long is seen, by a program that has just begun too', async () => {
  mkdirSync(at('old/deep'), { recursive: true });
  for (const name of ['one', 'two', 'three']) put(`old/deep/${name}`, name);
  const listed = (tree: string): string[] => shadowGit(bench, 'ls-tree', '-r', '--name-only', tree).toString('utf8').trim().split('\n');
  const seen = async (by: HostProgram): Promise<string[]> => {
    await settled('old/deep');
    // The first looks at names that have rested, the second goes by that.
    const first = await checkpoint({}, by);
    expect((await checkpoint({}, by)).tree).toBe(first.tree);
    return listed(first.tree);
  };
  expect(await seen(host)).toEqual(['old/deep/one', 'old/deep/three', 'old/deep/two']);
  put('old/deep/four', 'four');
  expect(await seen(host)).toContain('old/deep/four');
  rmSync(at('old/deep/two'));
  expect(await seen(await bench.program())).toEqual(['old/deep/four', 'old/deep/one', 'old/deep/three']);
  renameSync(at('old/deep/one'), at('old/deep/three'));
  expect(await seen(host)).toEqual(['old/deep/four', 'old/deep/three']);
  expect(content((await checkpoint()).tree, 'old/deep/three')).toBe('one');
  renameSync(at('old'), at('new'));
  mkdirSync(at('old'));
  renameSync(at('new/deep'), at('old/deep'));
  rmSync(at('old/deep/four'));
  expect(await seen(await bench.program())).toEqual(['old/deep/three']);
});
