import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Bench, type HostProgram } from './support/host-program.ts';

let bench: Bench;
let host: HostProgram;
beforeEach(async () => {
  bench = await Bench.open();
  host = await bench.program();
});
afterEach(() => bench.close());

const at = (path: string): string => join(bench.workspace, path);
const beside = (name = 'tree'): string => join(bench.dir, name);

const OWN = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', '-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false', '-c', 'filter.loud.smudge=cat', '-c', 'filter.loud.clean=cat'];
const git = (folder: string, ...args: string[]): string => execFileSync('git', ['-C', folder, ...OWN, ...args], { encoding: 'utf8' }).trim();

/** A repository whose every hook, filter and monitor writes a line into `ran`. */
function hostile(): string {
  const ran = join(bench.dir, 'ran');
  git(bench.dir, 'init', '-q', '-b', 'main', bench.workspace);
  writeFileSync(at('a.txt'), 'one\ntwo\nthree\n');
  writeFileSync(at('.gitattributes'), '* filter=loud\n');
  git(bench.workspace, 'add', '-A');
  git(bench.workspace, 'commit', '-qm', 'first');
  const loud = join(bench.dir, 'loud.sh');
  writeFileSync(loud, `#!/bin/sh\necho "$0 $*" >> ${ran}\ncat\n`, { mode: 0o755 });
  for (const hook of ['post-checkout', 'pre-commit', 'reference-transaction', 'post-index-change', 'post-merge']) {
    writeFileSync(at(`.git/hooks/${hook}`), readFileSync(loud), { mode: 0o755 });
  }
  appendFileSync(at('.git/config'), `[core]\n\tfsmonitor = ${loud}\n[filter "loud"]\n\tsmudge = ${loud}\n\tclean = ${loud}\n\trequired = true\n`);
  return ran;
}

const request = (path = beside(), more = {}) => ({ ...bench.lease, path, branch: 'holdpoint/p/m.1', link: [], exclude: ['**/node_modules/**'], ...more });

/** All of the user's repository but its registered worktrees, their branches and what the files of those are made of. */
function untouched(): string {
  const list = (dir: string): string[] => readdirSync(join(bench.workspace, '.git', dir), { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (/^(worktrees|refs\/heads\/holdpoint|logs\/refs\/heads\/holdpoint)/.test(path)) return [];
    return entry.isDirectory() ? list(path) : [`${path} ${readFileSync(join(bench.workspace, '.git', path)).toString('base64')}`];
  });
  return list('').sort().join('\n');
}

test('a worktree is registered on a branch of its own, with nothing of the user run and nothing else touched', async () => {
  const ran = hostile();
  const before = untouched();
  const head = git(bench.workspace, 'rev-parse', 'HEAD');
  expect(await host.call('addWorktree', request())).toEqual({ path: beside(), commit: head, linked: [] });
  expect(existsSync(ran)).toBe(false);
  expect(untouched()).toBe(before);
  expect(readdirSync(beside())).toEqual(['.git']);
  expect(git(beside(), 'symbolic-ref', 'HEAD')).toBe('refs/heads/holdpoint/p/m.1');
  expect(git(beside(), 'ls-files')).toBe('.gitattributes\na.txt');
  expect(git(beside(), 'diff', '--cached')).toBe('');
  expect(await host.call('addWorktree', request())).toMatchObject({ commit: head });
  expect(await host.call('removeWorktree', { ...bench.lease, path: beside(), branch: 'holdpoint/p/m.1', commit: head })).toEqual({ branch: null });
  expect(existsSync(beside())).toBe(false);
  expect(git(bench.workspace, 'worktree', 'list').split('\n')).toHaveLength(1);
  expect(git(bench.workspace, 'branch', '--format=%(refname:short)')).toBe('main');
  expect(existsSync(ran)).toBe(false);
  expect(untouched()).toBe(before);
  execFileSync('git', ['-C', bench.workspace, 'worktree', 'add', '-q', beside('plain')]);
  expect(readFileSync(ran, 'utf8')).toContain('post-checkout'); // as git does by itself
});

test('what was left half made is made anew, and what is in the way is left alone', async () => {
  hostile();
  mkdirSync(beside());
  writeFileSync(join(beside(), '.git'), 'gitdir: /nowhere\n');
  await host.call('addWorktree', request());
  rmSync(beside(), { recursive: true });
  await host.call('addWorktree', request());
  writeFileSync(join(git(beside(), 'rev-parse', '--absolute-git-dir'), 'index.lock'), '');
  await host.call('addWorktree', request());
  expect(git(beside(), 'ls-files')).toBe('.gitattributes\na.txt');
  // Git locks what it is adding until it is added; a person's lock looks the same.
  git(bench.workspace, 'worktree', 'lock', '--reason', 'initializing', beside());
  rmSync(beside(), { recursive: true });
  const { commit } = await host.call('addWorktree', request());
  git(bench.workspace, 'worktree', 'lock', beside());
  expect(await host.call('removeWorktree', { ...bench.lease, path: beside(), branch: 'holdpoint/p/m.1', commit })).toEqual({ branch: null });
  expect(git(bench.workspace, 'worktree', 'list').split('\n')).toHaveLength(1);
  mkdirSync(beside('full'));
  writeFileSync(join(beside('full'), 'mine'), 'mine');
  expect(await host.failure('addWorktree', request(beside('full')))).toMatchObject({ kind: 'bad_input', message: expect.stringContaining('in the way') });
  expect(readFileSync(join(beside('full'), 'mine'), 'utf8')).toBe('mine');
});

test.each([
  ['no repository', () => undefined, 'is no git repository'],
  ['no commit', () => void git(bench.dir, 'init', '-q', bench.workspace), 'has no commit yet'],
  ['a folder inside', () => {
    git(bench.dir, 'init', '-q', bench.dir);
    git(bench.dir, 'commit', '-qm', 'c', '--allow-empty');
  }, 'lies inside the git repository'],
])('a workspace that is %s is refused with the way out', async (_, make, message) => {
  make();
  expect(await host.failure('addWorktree', request())).toMatchObject({ kind: 'bad_input', message: expect.stringContaining(message) });
});

test('a worktree inside the workspace is refused, and one whose folder is missing', async () => {
  hostile();
  expect(await host.failure('addWorktree', request(at('inside')))).toMatchObject({ kind: 'bad_input' });
  expect(await host.failure('addWorktree', request(beside('none/tree')))).toMatchObject({ kind: 'workspace_missing', message: expect.stringContaining('isolation.folder') });
});

test('commits of the worktree outlive it: on its branch, or on one made for them', async () => {
  hostile();
  const { commit } = await host.call('addWorktree', request());
  git(beside(), 'commit', '-qm', 'theirs', '--allow-empty');
  git(beside(), 'checkout', '-q', '--detach', '-f');
  git(beside(), 'commit', '-qm', 'nowhere', '--allow-empty');
  mkdirSync(join(beside(), 'shut'));
  writeFileSync(join(beside(), 'shut/file'), 'x');
  chmodSync(join(beside(), 'shut'), 0o500);
  const removal = { ...bench.lease, path: beside(), branch: 'holdpoint/p/m.1', commit };
  expect(await host.call('removeWorktree', removal)).toEqual({ branch: 'holdpoint/p/m.1' });
  expect(await host.call('removeWorktree', removal)).toEqual({ branch: 'holdpoint/p/m.1' });
  expect(existsSync(beside())).toBe(false);
  expect(git(bench.workspace, 'log', '-1', '--format=%s', 'holdpoint/p/m.1')).toBe('theirs');
  expect(git(bench.workspace, 'log', '-1', '--format=%s', 'holdpoint/p/m.1.detached')).toBe('nowhere');
});

test('what checkpoints leave out is linked where the plan names it, and nothing else', async () => {
  hostile();
  for (const folder of ['node_modules', 'packages/a/node_modules', 'packages/a/src']) mkdirSync(at(folder), { recursive: true });
  const { linked } = await host.call('addWorktree', request(beside(), { link: ['**/node_modules', 'packages/a/src'] }));
  expect(linked.sort()).toEqual(['node_modules', 'packages/a/node_modules']);
  expect(readlinkSync(join(beside(), 'packages/a/node_modules'))).toBe(at('packages/a/node_modules'));
  expect(lstatSync(join(beside(), 'packages/a')).isDirectory()).toBe(true);
  expect(await host.call('addWorktree', request(beside(), { link: ['**/node_modules'] }))).toMatchObject({ linked: expect.arrayContaining(['node_modules']) });
  // An agent may put its own in the place.
  rmSync(join(beside(), 'node_modules'));
  mkdirSync(join(beside(), 'node_modules'));
  await host.call('addWorktree', request(beside(), { link: ['**/node_modules'] }));
  expect(lstatSync(join(beside(), 'node_modules')).isDirectory()).toBe(true);
});

test('an older lease makes and removes no worktree', async () => {
  hostile();
  await host.call('claimWorkspace', { ...bench.lease, fence: 5 });
  expect(await host.failure('addWorktree', request())).toMatchObject({ kind: 'stale_fence' });
  expect(await host.failure('removeWorktree', { ...request(), commit: '' })).toMatchObject({ kind: 'stale_fence' });
});

/** A checkpoint of the workspace as `files` say; a number is the mode of a file or an empty folder. */
async function state(files: Record<string, string>, modes: Record<string, number> = {}) {
  rmSync(bench.workspace, { recursive: true, force: true });
  mkdirSync(bench.workspace);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(at(path), '..'), { recursive: true });
    if (path.endsWith('/')) mkdirSync(at(path), { recursive: true });
    else writeFileSync(at(path), content, { mode: 0o644 });
  }
  for (const [path, mode] of Object.entries(modes)) chmodSync(at(path), mode);
  const { tree, sidecar } = await host.call('takeCheckpoint', { ...bench.lease, exclude: [], maxFileBytes: 1_000_000 });
  return { tree, sidecar };
}

const merge = (base: Awaited<ReturnType<typeof state>>, ours: typeof base, theirs: typeof base) => host.call('mergeTrees', { workspace: bench.workspace, base, ours, theirs });

const LONG = Array.from({ length: 40 }, (_, n) => `line ${n}`).join('\n');

test('changes of both sides come together: lines, renames, permissions and empty folders', async () => {
  const base = await state({ 'a.txt': 'one\ntwo\nthree\nfour\nfive\n', 'old.txt': LONG, 'key.txt': 'k', 'gone.txt': 'g', 'void/': '' });
  const ours = await state({ 'a.txt': 'ONE\ntwo\nthree\nfour\nfive\n', 'new.txt': LONG, 'key.txt': 'k', 'gone.txt': 'g', 'ours/': '' }, { 'key.txt': 0o600 });
  const theirs = await state({ 'a.txt': 'one\ntwo\nthree\nfour\nFIVE\n', 'old.txt': `${LONG}\nmore`, 'key.txt': 'k', 'void/': '', 'theirs/': '' });
  const merged = await merge(base, ours, theirs);
  expect(merged.conflicts).toEqual([]);
  const wanted = await state({ 'a.txt': 'ONE\ntwo\nthree\nfour\nFIVE\n', 'new.txt': `${LONG}\nmore`, 'key.txt': 'k', 'ours/': '', 'theirs/': '' }, { 'key.txt': 0o600 });
  expect(merged).toEqual({ ...wanted, conflicts: [] });
  expect(await merge(base, ours, theirs)).toEqual(merged);
  expect(await merge(base, base, theirs)).toEqual({ ...theirs, conflicts: [] });
});

test('a conflict names its files and holds both sides; no merge driver or attribute has a say', async () => {
  const attributes = '*.txt merge=union\n*.bin merge=ours\n';
  const base = await state({ '.gitattributes': attributes, 'a.txt': 'one\n', 'b.txt': 'b\n', 'c.bin': 'c\0' });
  const ours = await state({ '.gitattributes': attributes, 'a.txt': 'ours\n', 'c.bin': 'ours\0' });
  const theirs = await state({ '.gitattributes': attributes, 'a.txt': 'theirs\n', 'b.txt': 'changed\n', 'c.bin': 'theirs\0' });
  const { tree, conflicts } = await merge(base, ours, theirs);
  expect(conflicts.map(({ path }) => path).sort()).toEqual(['a.txt', 'b.txt', 'c.bin']);
  expect(conflicts.find(({ path }) => path === 'b.txt')?.why).toContain('deleted in in-the-workspace and modified in in-the-worktree');
  const { files } = await host.call('readFiles', { workspace: bench.workspace, tree, paths: ['a.txt', 'b.txt'], maxBytes: 1000 });
  expect(files.map(({ text }) => text)).toEqual(['<<<<<<< in-the-worktree\ntheirs\n=======\nours\n>>>>>>> in-the-workspace\n', 'changed\n']);
  expect(await host.failure('mergeTrees', { workspace: bench.workspace, base: { ...base, tree: 'f'.repeat(40) }, ours, theirs })).toMatchObject({ kind: 'unknown_tree' });
});
