/** What plain `git add` loses or changes, and what somebody does to the files while they are read. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { scaled } from '../support/scale.ts';
import { Bench, type HostProgram } from './support/host-program.ts';
import { leftAlone } from './support/left-alone.ts';
import { shadowGit, treeByGit } from './support/shadow-git.ts';

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
const bytesAt = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat([Buffer.from(`${bench.workspace}/`), ...parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part)))]);
const checkpoint = (more = {}, by = host) => by.call('takeCheckpoint', { ...bench.lease, exclude: [], maxFileBytes: 1_000_000, ...more });
const paths = (tree: string): string[] => shadowGit(bench, 'ls-tree', '-r', '-z', '--name-only', tree).toString('latin1').split('\0').slice(0, -1);
const content = (tree: string, path: string): string => shadowGit(bench, 'cat-file', 'blob', `${tree}:${path}`).toString('latin1');
const sidecar = (id: string): { modes: { path: string; mode: number }[]; emptyDirectories: { path?: string; path64?: string }[]; notCovered: string[] } =>
  JSON.parse(shadowGit(bench, 'cat-file', 'blob', id).toString()) as never;
const settled = (path: string): Promise<boolean> => leftAlone(at(path));

test('names are bytes: line breaks, invalid UTF-8, both forms of a letter, a leading dash', async () => {
  const names = ['-rf', '--', ' lead', 'trail ', 'line\nbreak', '"quoted"\\', 'tab\t', 'caf\u00e9', 'cafe\u0301', ':(glob)*', '*', 'ü'.repeat(120)];
  for (const name of names) put(name, name);
  writeFileSync(bytesAt('bad-', [0xff, 0xfe]), 'bad');
  mkdirSync(bytesAt('folder-', [0xc3]));
  writeFileSync(bytesAt('folder-', [0xc3], '/in'), 'in');
  mkdirSync(bytesAt('empty-', [0xe9]));
  const { tree, sidecar: blob, notCovered } = await checkpoint();
  const latin1 = [...names.map((name) => Buffer.from(name).toString('latin1')), 'bad-\xff\xfe', 'folder-\xc3/in'];
  expect(paths(tree).sort()).toEqual(latin1.sort());
  expect(tree).toBe(treeByGit(bench));
  expect(content(tree, '-rf')).toBe('-rf');
  const empty = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
  const diff = (paths: string[]) => host.call('diffText', { workspace: bench.workspace, from: empty, to: tree, path: null, paths, maxBytes: 1_000_000 });
  const [some, none] = [await diff(['-rf', 'bad-\\xff\\xfe']), await diff(['bad-\\xff\\xfe'])];
  expect([some.leftOut, some.text.match(/^diff --git .*$/gm), none]).toEqual([['bad-\\xff\\xfe'], ['diff --git a/-rf b/-rf'], { text: '', truncated: false, leftOut: ['bad-\\xff\\xfe'], damaged: [] }]);
  expect(await host.failure('blameFile', { workspace: bench.workspace, trees: [tree], path: 'bad-\\xff\\xfe', maxBytes: 1_000 })).toMatchObject({ kind: 'bad_input' });
  expect(notCovered).toEqual([]);
  expect(sidecar(blob).emptyDirectories).toEqual([{ path64: Buffer.from('empty-\xe9', 'latin1').toString('base64') }]);
});

test('every mode is kept: of files, of folders, set-user-id and sticky', async () => {
  const modes = [0o600, 0o400, 0o644, 0o755, 0o700, 0o777, 0o666, 0o4755, 0o2750, 0o040, 0o100];
  for (const mode of modes) {
    put(`file-${mode.toString(8)}`, 'x');
    chmodSync(at(`file-${mode.toString(8)}`), mode);
    mkdirSync(at(`folder-${mode.toString(8)}`));
    put(`folder-${mode.toString(8)}/x`, 'x');
    chmodSync(at(`folder-${mode.toString(8)}`), mode | 0o1500);
  }
  const { tree, sidecar: blob } = await checkpoint();
  const kept = Object.fromEntries(sidecar(blob).modes.map(({ path, mode }) => [path, mode]));
  const expected = modes.flatMap((mode): [string, number][] => [[`file-${mode.toString(8)}`, mode], [`folder-${mode.toString(8)}`, mode | 0o1500]]);
  expect(kept).toEqual(Object.fromEntries(expected.filter(([path, mode]) => !(path.startsWith('file') && [0o644, 0o755].includes(mode)))));
  const listed = shadowGit(bench, 'ls-tree', tree).toString().split('\n').filter((line) => line.includes('file-'));
  expect(listed.filter((line) => line.startsWith('100755')).map((line) => line.split('\t')[1])).toEqual(['file-100', 'file-2750', 'file-4755', 'file-700', 'file-755', 'file-777']);
  chmodSync(at('file-644'), 0o600);
  const { tree: same, sidecar: changed } = await checkpoint();
  expect(same).toBe(tree);
  expect(sidecar(changed).modes).toContainEqual({ path: 'file-644', mode: 0o600 });
});

test('repositories within: with commits, without any, with a worktree file; their files are kept, their data is named', async () => {
  execFileSync('git', ['init', '-q', at('fresh')]);
  execFileSync('git', ['init', '-q', at('a/old')]);
  put('a/old/committed', 'c');
  put('fresh/file', 'f');
  execFileSync('git', ['-C', at('a/old'), 'add', '-A']);
  execFileSync('git', ['-C', at('a/old'), '-c', 'user.name=x', '-c', 'user.email=x@localhost', 'commit', '-qm', 'x']);
  put('a/old/later', 'l');
  mkdirSync(at('linked'));
  put('linked/.git', 'gitdir: ../elsewhere\n');
  put('linked/file', 'l');
  const { tree, notCovered } = await checkpoint();
  expect(paths(tree)).toEqual(['a/old/committed', 'a/old/later', 'fresh/file', 'linked/file']);
  expect(notCovered).toEqual(['a/old/.git: repository data', 'fresh/.git: repository data', 'linked/.git: repository data']);
});

test('links are kept as links: to nothing, to themselves, to the outside, to folders', async () => {
  mkdirSync(at('folder'));
  put('folder/file', 'f');
  for (const [name, target] of [['nothing', 'no such'], ['self', 'self'], ['out', '/etc'], ['up', '..'], ['to-folder', 'folder'], ['odd', 'line\nbreak']] as const) symlinkSync(target, at(name));
  const { tree, files } = await checkpoint();
  expect(paths(tree)).toEqual(['folder/file', 'nothing', 'odd', 'out', 'self', 'to-folder', 'up']);
  expect(files).toBe(7);
  expect(['out', 'up', 'odd'].map((name) => content(tree, name))).toEqual(['/etc', '..', 'line\nbreak']);
  expect(tree).toBe(treeByGit(bench));
  rmSync(at('to-folder'));
  mkdirSync(at('to-folder'));
  put('to-folder/file', 'g');
  const { tree: after } = await checkpoint();
  expect(content(after, 'to-folder/file')).toBe('g');
});

test('attributes and line ends change nothing', async () => {
  put('.gitattributes', '* text=auto eol=lf ident\n*.x filter=lfs working-tree-encoding=UTF-16\n');
  put('dos', 'one\r\ntwo\r\n$Id$\r\n');
  put('mixed.x', 'one\r\ntwo\n\r');
  const { tree } = await checkpoint();
  expect([content(tree, 'dos'), content(tree, 'mixed.x')]).toEqual(['one\r\ntwo\r\n$Id$\r\n', 'one\r\ntwo\n\r']);
});

test('hard links are two files with one content, and each change of one shows in both', async () => {
  put('one', 'before');
  linkSync(at('one'), at('two'));
  linkSync(at('one'), join(bench.dir, 'outside'));
  await settled('one');
  await checkpoint();
  writeFileSync(join(bench.dir, 'outside'), 'after!');
  const { tree } = await checkpoint();
  expect([content(tree, 'one'), content(tree, 'two')]).toEqual(['after!', 'after!']);
});

test('pipes, sockets and devices are named, and never opened', async () => {
  execFileSync('mkfifo', [at('pipe')]);
  const server: Server = createServer().listen(at('socket'));
  await eventually(() => statSync(at('socket')).isSocket(), { what: 'the socket' });
  const devices = process.getuid?.() === 0 ? ['device'] : [];
  for (const name of devices) execFileSync('mknod', [at(name), 'c', '1', '3']);
  const { notCovered, files } = await checkpoint();
  expect({ notCovered, files }).toEqual({ files: 0, notCovered: [...devices, 'pipe', 'socket'].map((name) => `${name}: neither file, folder nor link`) });
  server.close();
});

test('what is too large or excluded is named, and comes back when the request allows it', async () => {
  mkdirSync(at('out/deep'), { recursive: true });
  put('out/deep/file', 'x');
  put('large', 'x'.repeat(2000));
  put('kept', 'k');
  await settled('large');
  const narrow = { exclude: ['out'], maxFileBytes: 1000 };
  const first = await checkpoint(narrow);
  expect(first).toMatchObject({ files: 1, notCovered: ['large: 2000 bytes, more than 1000', 'out: excluded'] });
  expect(await checkpoint(narrow)).toEqual(first);
  expect((await checkpoint({ maxFileBytes: 2000 })).files).toBe(3);
  expect(await checkpoint(narrow)).toEqual(first);
  const { tree } = await checkpoint({ exclude: ['**/file'] });
  expect(paths(tree)).toEqual(['kept', 'large']);
});

test('what this user may not read is named, and read once it may be', async () => {
  put('secret', 's');
  mkdirSync(at('closed'));
  put('closed/file', 'c');
  mkdirSync(at('no-entry'));
  put('no-entry/file', 'n');
  const root = process.getuid?.() === 0;
  for (const [path, mode] of [['secret', 0o000], ['closed', 0o000], ['no-entry', 0o444]] as const) chmodSync(at(path), mode);
  execFileSync('chmod', ['a+rwx', bench.workspace, bench.dir]);
  const state = join(bench.dir, 'state-of-nobody');
  mkdirSync(state, { mode: 0o777 });
  chmodSync(state, 0o777);
  const other = root ? await bench.programAt(state, ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']) : host;
  const names = ['closed', 'no-entry', 'secret'];
  expect((await checkpoint({}, other)).notCovered).toEqual(names.map((name) => `${name}: cannot be read by this user`));
  for (const name of names) chmodSync(at(name), 0o755);
  expect(await checkpoint({}, other)).toMatchObject({ notCovered: [], files: 3 });
});

test('folders too deep to open are named; all above them is kept', async () => {
  const name = 'd'.repeat(200);
  const levels = 25;
  execFileSync('sh', ['-c', `cd "$1" && for n in $(seq ${levels}); do mkdir ${name} && cd -P ${name} && echo x > file; done`, 'sh', bench.workspace]);
  const { files, notCovered } = await checkpoint();
  expect(notCovered).toHaveLength(1);
  expect(notCovered[0]).toMatch(/^[d/]+: the path is longer than \d+ bytes$/);
  expect(files).toBeGreaterThan(15);
  expect(files).toBeLessThan(levels);
});

test('a file that grows, shrinks, vanishes or becomes a folder while it is read leaves a checkpoint that git can read', async () => {
  const large = 12 * 1024 * 1024;
  const script = `
    const { writeFileSync, truncateSync, appendFileSync, rmSync, mkdirSync } = require('fs');
    const file = process.argv[1];
    for (let n = 0; ; n += 1) {
      rmSync(file, { recursive: true, force: true });
      if (n % 4 === 3) { mkdirSync(file); continue; }
      writeFileSync(file, Buffer.alloc(${large}, n % 251));
      if (n % 4 === 1) truncateSync(file, 5);
      if (n % 4 === 2) appendFileSync(file, 'more');
    }`;
  const mutator = spawn(process.execPath, ['-e', script, at('moving')], { stdio: 'inherit' });
  try {
    for (let round = 0; round < 15; round += 1) {
      const { tree, notCovered } = await checkpoint({ maxFileBytes: 100_000_000 });
      expect(notCovered.filter((line) => !/^moving: became shorter while it was read$/.test(line))).toEqual([]);
      shadowGit(bench, 'ls-tree', '-r', '-l', tree);
    }
  } finally {
    mutator.kill('SIGKILL');
    await eventually(() => mutator.signalCode, { what: 'the mutator to end' });
  }
  const { tree } = await checkpoint({ maxFileBytes: 100_000_000 });
  expect(tree).toBe(treeByGit(bench));
  shadowGit(bench, 'fsck', '--full', '--strict', '--no-dangling');
});

test('a folder that becomes a link to the outside shows nothing of what is there', async () => {
  const outside = join(bench.dir, 'elsewhere');
  mkdirSync(join(outside, 'hollow'), { recursive: true });
  writeFileSync(join(outside, 'secret'), 'secret');
  mkdirSync(at('swapped'));
  put('swapped/own', 'own');
  const script = `
    const { renameSync, symlinkSync, rmSync } = require('fs');
    const [place, outside] = process.argv.slice(1);
    for (;;) { renameSync(place, place + '.away'); symlinkSync(outside, place); rmSync(place); renameSync(place + '.away', place); }`;
  const mutator = spawn(process.execPath, ['-e', script, at('swapped'), outside]);
  try {
    const seen = new Set<string>();
    for (let round = 0; round < scaled(100, 2000); round += 1) {
      const { tree, sidecar: blob } = await checkpoint();
      if (seen.has(`${tree} ${blob}`)) continue;
      seen.add(`${tree} ${blob}`);
      expect(paths(tree).filter((path) => /secret|hollow/.test(path))).toEqual([]);
      expect(sidecar(blob).emptyDirectories.filter(({ path }) => /hollow/.test(path ?? ''))).toEqual([]);
    }
  } finally {
    mutator.kill('SIGKILL');
    await eventually(() => mutator.signalCode, { what: 'the mutator to end' });
  }
});
