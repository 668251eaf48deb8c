import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Change } from '../../src/domain/host-api.ts';
import { Bench, type HostProgram } from './support/host-program.ts';
import { leftAlone } from './support/left-alone.ts';

let bench: Bench;
let host: HostProgram;
beforeAll(async () => {
  bench = await Bench.open();
  host = await bench.program();
});
afterAll(() => bench.close());

const at = (path: string): string => join(bench.workspace, path);
const put = (path: string, content: string | Buffer): void => writeFileSync(at(path), content);
const checkpoint = (more = {}) => host.call('takeCheckpoint', { ...bench.lease, exclude: [], maxFileBytes: 1_000_000, ...more });

/** Git on the shadow repository, as an independent reader. */
function shadowGit(...args: string[]): string {
  const [hash = ''] = readdirSync(join(bench.state, 'shadow'));
  return execFileSync('git', ['-C', join(bench.state, 'shadow', hash, 'repository'), ...args]).toString();
}

async function changes(from: string, to: string): Promise<Record<string, Change>> {
  const diff = await host.call('diffTrees', { workspace: bench.workspace, from, to });
  return Object.fromEntries(diff.changes.map((change) => [change.path, change]));
}

test('an empty workspace has the empty tree', async () => {
  expect(await checkpoint()).toMatchObject({ tree: '4b825dc642cb6eb9a060e54bf8d69288fbee4904', files: 0, bytes: 0, notCovered: [] });
});

test('everything git alone would lose is kept byte for byte', async () => {
  execFileSync('git', ['init', '-q', at('nested')]);
  mkdirSync(at('empty/below'), { recursive: true });
  put('.gitattributes', '* text=auto eol=lf\n');
  put('.gitignore', 'ignored\n');
  put('ignored', 'still here');
  put('windows.txt', 'one\r\ntwo\r\n');
  put('nested/inside.txt', 'in');
  put('with\nnewline "quoted".txt', 'n');
  put('tool.sh', '#!/bin/sh\n');
  chmodSync(at('tool.sh'), 0o700);
  symlinkSync('/etc/passwd', at('link'));
  writeFileSync(Buffer.concat([Buffer.from(at('bad-')), Buffer.from([0xff])]), 'bytes');
  const { tree, sidecar, files, notCovered } = await checkpoint();
  expect({ files, notCovered }).toEqual({ files: 9, notCovered: ['nested/.git: repository data'] });
  const listed = shadowGit('-c', 'core.quotePath=true', 'ls-tree', '-r', tree).trim().split('\n').map((line) => line.replace(/ blob [0-9a-f]+\t/, ' '));
  expect(listed).toEqual([
    '100644 .gitattributes', '100644 .gitignore', '100644 "bad-\\377"', '100644 ignored', '120000 link', '100644 nested/inside.txt',
    '100755 tool.sh', '100644 windows.txt', '100644 "with\\nnewline \\"quoted\\".txt"',
  ]);
  expect(shadowGit('cat-file', 'blob', `${tree}:windows.txt`)).toBe('one\r\ntwo\r\n');
  expect(shadowGit('cat-file', 'blob', `${tree}:link`)).toBe('/etc/passwd');
  expect(JSON.parse(shadowGit('cat-file', 'blob', sidecar))).toMatchObject({
    modes: [{ path: 'tool.sh', mode: 0o700 }], emptyDirectories: [{ path: 'empty' }, { path: 'empty/below' }],
  });
  expect(shadowGit('fsck', '--strict', '--no-dangling', '--no-progress')).toBe('');
});

test('what is left out is said', async () => {
  mkdirSync(at('node_modules/x'), { recursive: true });
  put('node_modules/x/y', 'z');
  put('large', Buffer.alloc(2000));
  execFileSync('mkfifo', [at('pipe')]);
  const { notCovered } = await checkpoint({ exclude: ['node_modules/', '*.txt'], maxFileBytes: 1000 });
  expect(notCovered).toEqual([
    'large: 2000 bytes, more than 1000', 'nested/.git: repository data', 'node_modules: excluded', 'pipe: neither file, folder nor link',
    'windows.txt: excluded', 'with\nnewline "quoted".txt: excluded',
  ]);
  ['node_modules', 'large', 'pipe'].forEach((name) => rmSync(at(name), { recursive: true }));
});

test('each kind of change is told with sizes and lines', async () => {
  put('modify', 'a\nb\n');
  put('delete', 'gone\n');
  put('rename', 'the same content in another place\n'.repeat(5));
  put('mode', '#!/bin/sh\n');
  put('type', 'text');
  put('binary', Buffer.from([0, 1, 2]));
  const before = await checkpoint();
  put('modify', 'a\nc\nd\n');
  rmSync(at('delete'));
  renameSync(at('rename'), at('renamed ü'));
  chmodSync(at('mode'), 0o755);
  rmSync(at('type'));
  symlinkSync('modify', at('type'));
  put('binary', Buffer.from([0, 9]));
  put('add', 'new\n');
  const after = await checkpoint();
  const told = await changes(before.tree, after.tree);
  const short = Object.values(told).map(({ path, op, mode, sizeBefore, sizeAfter, added, removed }) => [path, op, mode, sizeBefore, sizeAfter, added, removed]);
  expect(short).toEqual([
    ['add', 'add', '100644', 0, 4, 1, 0], ['binary', 'modify', '100644', 3, 2, null, null], ['delete', 'delete', '100644', 5, 0, 0, 1],
    ['mode', 'mode', '100755', 10, 10, 0, 0], ['modify', 'modify', '100644', 4, 6, 2, 1], ['renamed ü', 'rename', '100644', 170, 170, 0, 0],
    ['type', 'type', '120000', 4, 6, 1, 1],
  ]);
  expect(told['renamed ü']).toMatchObject({ from: 'rename' });
  const shas = Object.values(told).flatMap(({ shaBefore, shaAfter }) => [shaBefore, shaAfter]);
  expect(shas.filter((sha) => sha === null)).toHaveLength(2);
  expect((await host.call('diffTrees', { workspace: bench.workspace, from: after.tree, to: after.tree })).changes).toEqual([]);
});

test('text of a diff is cut where it was asked to be', async () => {
  const { tree: from } = await checkpoint();
  put('modify', 'a\nü\n');
  const { tree: to } = await checkpoint();
  const ask = { workspace: bench.workspace, from, to, path: 'modify', maxBytes: 10_000 };
  const { text, truncated } = await host.call('diffText', ask);
  expect(text).toMatch(/^diff --git a\/modify b\/modify\n[^]*\n-c\n-d\n\+ü\n$/);
  expect(truncated).toBe(false);
  const inTheMiddle = Buffer.from(text).indexOf('ü') + 1;
  expect(await host.call('diffText', { ...ask, maxBytes: inTheMiddle })).toEqual({ text: text.slice(0, text.indexOf('ü')), truncated: true, leftOut: [], damaged: [] });
  expect(await host.failure('diffText', { ...ask, to: '1'.repeat(40) })).toMatchObject({ kind: 'unknown_tree' });
});

test('files of a tree are read as they were, and what cannot be read as text is said', async () => {
  put('text ü', 'ü\n');
  put('zeros', Buffer.from([97, 0, 98]));
  put('large', 'x'.repeat(2_000));
  symlinkSync('text ü', at('points'));
  mkdirSync(at('folder'));
  put('folder/in', 'it');
  const { tree } = await checkpoint();
  put('text ü', 'later');
  const ask = { workspace: bench.workspace, tree, paths: ['large', 'points', 'folder', 'no such', 'text ü', 'line\nbreak', 'zeros', 'text ü'], maxBytes: 1_000 };
  const { files } = await host.call('readFiles', ask);
  expect(files.map(({ path, exists, text }) => [path, exists, text])).toEqual([
    ['large', true, null], ['points', true, 'text ü'], ['folder', false, null], ['no such', false, null], ['text ü', true, 'ü\n'], ['line\nbreak', false, null], ['zeros', true, null], ['text ü', true, 'ü\n'],
  ]);
  expect(await host.call('readFiles', { ...ask, paths: [] })).toEqual({ files: [] });
  expect(await host.failure('readFiles', { ...ask, tree: '1'.repeat(40) })).toMatchObject({ kind: 'unknown_tree' });
  rmSync(at('points'));
});

test('a change of the same size with the old time put back is seen', async () => {
  put('sneaky', 'before');
  utimesSync(at('sneaky'), 1e9, 1e9); // whole, so that it can be put back exactly
  const { mtime, atime } = statSync(at('sneaky'));
  await leftAlone(at('sneaky'));
  const { tree: from } = await checkpoint();
  put('sneaky', 'after!');
  utimesSync(at('sneaky'), atime, mtime);
  expect(Object.keys(await changes(from, (await checkpoint()).tree))).toEqual(['sneaky']);
});

test('another program takes the same checkpoint, and it is kept by a ref', async () => {
  const here = await checkpoint();
  const other = await bench.program();
  expect(await other.call('takeCheckpoint', { ...bench.lease, exclude: [], maxFileBytes: 1_000_000 })).toEqual(here);
  shadowGit('prune', '--expire=now');
  expect(shadowGit('cat-file', '-t', here.tree).trim()).toBe('tree');
  expect(shadowGit('cat-file', '-t', here.sidecar).trim()).toBe('blob');
});

test('the workspace\'s own repository is neither run nor touched', async () => {
  execFileSync('git', ['init', '-q', bench.workspace]);
  const trap = join(bench.dir, 'trapped');
  const hostile = ['core.fsmonitor', 'core.hooksPath', 'filter.x.clean', 'core.attributesFile'];
  hostile.forEach((name) => execFileSync('git', ['-C', bench.workspace, 'config', name, `touch ${trap}; false`]));
  put('.gitattributes', '* filter=x\n');
  const own = (): string[] => readdirSync(at('.git'), { recursive: true }).map((name) => `${String(name)} ${statSync(at(join('.git', String(name)))).mtimeMs}`);
  const before = own();
  put('watched', 'x');
  const { tree } = await checkpoint();
  expect(shadowGit('cat-file', 'blob', `${tree}:watched`)).toBe('x');
  expect(own()).toEqual(before);
  expect(existsSync(trap)).toBe(false);
  expect(readFileSync(at('.git/HEAD'), 'utf8')).toMatch(/^ref: /);
});
