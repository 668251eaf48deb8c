import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Bench, type HostProgram } from './support/host-program.ts';
import { leftAlone } from './support/left-alone.ts';

let bench: Bench;
let host: HostProgram;
let fork: string;
beforeAll(async () => {
  bench = await Bench.open();
  host = await bench.program();
  fork = join(bench.dir, 'fork');
  mkdirSync(fork);
  writeFileSync(join(bench.workspace, 'same'), 'same\n');
  writeFileSync(join(bench.workspace, 'origin'), 'origin\n');
  writeFileSync(join(fork, 'same'), 'same\n');
  writeFileSync(join(fork, 'own'), 'own\n');
});
afterAll(() => bench.close());

const options = { exclude: [], maxFileBytes: 1_000_000 };
const ofOrigin = () => host.call('takeCheckpoint', { ...bench.lease, ...options });
const ofFork = (root?: string) => host.call('takeCheckpoint', { ...bench.lease, workspace: fork, ...options, ...(root !== undefined && { root }) });
const repositories = (): string[] => readdirSync(join(bench.state, 'shadow')).map((name) => join(bench.state, 'shadow', name, 'repository')).filter(existsSync);

test('a workspace keeps its objects in another\'s store, and the trees of both are compared there', async () => {
  const origin = await ofOrigin();
  const other = await ofFork(bench.workspace);
  expect(repositories()).toHaveLength(1);
  const across = { workspace: fork, root: bench.workspace, from: origin.tree, to: other.tree };
  expect((await host.call('diffTrees', across)).changes.map(({ path, op }) => [op, path])).toEqual([['delete', 'origin'], ['add', 'own']]);
  expect((await host.call('diffText', { ...across, path: 'own', maxBytes: 1000 })).text).toContain('+own');
  const { files } = await host.call('readFiles', { workspace: bench.workspace, tree: other.tree, paths: ['own'], maxBytes: 1000 });
  expect(files).toEqual([{ path: 'own', exists: true, text: 'own\n' }]);
});

test('what a file looked like is remembered for each store: none is told to hold what only the other does', async () => {
  await leftAlone(join(fork, 'own'));
  await ofFork(bench.workspace);
  const own = await ofFork();
  expect(repositories()).toHaveLength(2);
  for (const repository of repositories()) execFileSync('git', ['-C', repository, 'fsck', '--full', '--strict', '--no-dangling'], { stdio: 'pipe' });
  const { files } = await host.call('readFiles', { workspace: fork, tree: own.tree, paths: ['own'], maxBytes: 1000 });
  expect(files).toEqual([{ path: 'own', exists: true, text: 'own\n' }]);
});

test('changes are watched in the store that the call names', async () => {
  const call = { ...bench.lease, workspace: fork, root: bench.workspace, ...options, cursor: 0, waitMs: 10_000 };
  const { tree: base } = await ofFork(bench.workspace);
  writeFileSync(join(fork, 'watched'), 'x');
  const batch = await host.call('watchChanges', { ...call, base });
  expect(batch.changes.map(({ path }) => path)).toEqual(['watched']);
  expect((await host.call('readFiles', { workspace: bench.workspace, tree: batch.tree, paths: ['watched'], maxBytes: 10 })).files[0]?.text).toBe('x');
  await host.call('unwatch', { workspace: fork });
});

test('a root may be reached through a link, or be gone and have left its store; else it is refused', async () => {
  symlinkSync(bench.workspace, join(bench.dir, 'link'));
  const { tree } = await ofFork(join(bench.dir, 'link'));
  expect(repositories()).toHaveLength(2);
  renameSync(bench.workspace, join(bench.dir, 'away'));
  expect((await host.call('readFiles', { workspace: fork, root: bench.workspace, tree, paths: ['own'], maxBytes: 10 })).files[0]?.exists).toBe(true);
  renameSync(join(bench.dir, 'away'), bench.workspace);
  expect(await host.failure('takeCheckpoint', { ...bench.lease, ...options, root: join(bench.dir, 'nowhere') })).toMatchObject({ kind: 'workspace_missing' });
  expect(await host.failure('takeCheckpoint', { ...bench.lease, ...options, root: 'relative' })).toMatchObject({ kind: 'bad_input' });
  rmSync(join(bench.dir, 'link'));
});
