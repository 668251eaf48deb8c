import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { BlamedFile } from '../../src/domain/host-api.ts';
import { Bench, type HostProgram } from './support/host-program.ts';

let bench: Bench;
let host: HostProgram;
beforeAll(async () => {
  bench = await Bench.open();
  host = await bench.program();
});
afterAll(() => bench.close());

const at = (path: string): string => join(bench.workspace, path);
const put = (path: string, content: string | Buffer): void => writeFileSync(at(path), content);
const tree = async (): Promise<string> => (await host.call('takeCheckpoint', { ...bench.lease, exclude: [], maxFileBytes: 1_000_000 })).tree;
const blame = (trees: string[], path: string, maxBytes = 100_000): Promise<BlamedFile> =>
  host.call('blameFile', { workspace: bench.workspace, trees, path, maxBytes });
const told = ({ lines }: BlamedFile): string[] => lines.map(({ tree: n, path, text }) => `${n} ${path}: ${text}`);

test('each line is told of the tree that brought it, through renames and odd names', async () => {
  const trees: string[] = [];
  const next = async (): Promise<void> => void trees.push(await tree());
  put('a', 'one\ntwo\nthree\n');
  await next();
  put('a', 'one\nTWO ü\nthree\n');
  await next();
  mkdirSync(at('new\tdir'));
  renameSync(at('a'), at('new\tdir/"b"\\x41'));
  await next();
  put('new\tdir/"b"\\x41', 'one\nTWO ü\nthree\nfour, without an end');
  await next();
  const shown = 'new\tdir/"b"\\x5cx41';
  const file = await blame(trees, 'new\tdir/"b"\\x5cx41');
  expect(file).toMatchObject({ tree: trees[3], exists: true, isText: true, missing: 0 });
  expect(told(file)).toEqual(['0 a: one', '1 a: TWO ü', '0 a: three', `3 ${shown}: four, without an end`]);
  expect(told(await blame(trees.slice(0, 2), 'a'))).toEqual(['0 a: one', '1 a: TWO ü', '0 a: three']);
  expect(readdirSync(join(bench.state, 'shadow', readdirSync(join(bench.state, 'shadow'))[0] ?? '')).filter((name) => name.startsWith('blame'))).toEqual([]);
});

test('a tree that is gone counts for the next one; a file that is none, binary or too large has no lines', async () => {
  put('c', 'x\n');
  const before = await tree();
  put('c', 'x\ny\n');
  put('binary', Buffer.from([0, 1, 2]));
  const after = await tree();
  const gone = '1'.repeat(40);
  expect(await blame([before, gone, after, gone], 'c')).toMatchObject({ tree: after, missing: 2, lines: [{ tree: 0, text: 'x' }, { tree: 2, text: 'y' }] });
  expect(await blame([after], 'nothing')).toMatchObject({ exists: false, isText: false, lines: [] });
  expect(await blame([after], 'binary')).toMatchObject({ exists: true, isText: false, lines: [] });
  expect(await blame([after], 'c', 2)).toMatchObject({ exists: true, isText: false, lines: [] });
  expect(await host.failure('blameFile', { workspace: bench.workspace, trees: [gone], path: 'c', maxBytes: 9 })).toMatchObject({ kind: 'unknown_tree' });
  expect(await host.failure('blameFile', { workspace: bench.workspace, trees: ['--all'], path: 'c', maxBytes: 9 })).toMatchObject({ kind: 'bad_input' });
});
