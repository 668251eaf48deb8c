/** Worktrees and forks of a repository with submodules and others inside: their files take part, what git keeps of them is nobody's to touch. */
import { existsSync, mkdirSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { insertFork } from '../../src/db/forks.ts';
import { forkBranch, forkId, forkPath, forkPlan } from '../../src/domain/fork.ts';
import { openBench, type Bench } from './bench.ts';
import { callOf, isolated, put, read } from './isolated.ts';
import { inContext, type Play } from './play.ts';
import { addRepositories, kept, quietly, statuses } from './submodules.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const { repository, take } = isolated(() => bench);

/** One test, one workspace: the library and what tells of itself lie beside it. */
async function begin(name: string): Promise<{ play: Play; ran: string; before: Record<string, string> }> {
  for (const beside of ['library', 'ran', 'loud.sh']) rmSync(join(bench.dir, 'workspaces', beside), { recursive: true, force: true });
  const play = await repository(name, { checks: [{ name: 'look', run: 'cat sub/lib.txt inner/in.txt' }] });
  const ran = addRepositories(play.workspace);
  return { play, ran, before: kept(play.workspace) };
}

const USERS = { '.': [' M sub', '?? inner/', '?? new.txt', '?? node_modules/'], sub: [' M lib.txt', '?? own.txt'], inner: [' M in.txt'] };

const OF_WORKTREES = /^\.git\/(worktrees|refs\/heads\/holdpoint|logs\/refs\/heads\/holdpoint)/;

/** The files of both are there. `ofGit`: what git keeps there too. */
function expectFiles(path: string, ofGit: string[] = []): void {
  expect(readdirSync(join(path, 'sub')).sort()).toEqual([...ofGit, '.gitattributes', 'lib.txt', 'own.txt']);
  expect(readdirSync(join(path, 'inner')).sort()).toEqual([...ofGit, '.gitattributes', 'in.txt']);
  expect([read(path, 'sub/lib.txt'), read(path, 'sub/own.txt'), read(path, 'inner/in.txt')]).toEqual(['one\ntwo\nTHREE\n', 'of the user', 'one\ntwo\nTHREE\n']);
}

test('a task finds their files, changes come back by the merge, and what git keeps of all of them stays as it was to the byte', async () => {
  const { play, ran, before } = await begin('sub-task');
  expect(statuses(play.workspace)).toEqual(USERS);
  const call = callOf(play, 'work');
  const { path } = await take('openWorktree', call);
  expectFiles(path);
  put(path, 'sub/lib.txt', 'ONE\ntwo\nTHREE\n');
  put(path, 'sub/made.txt', 'made by the task');
  put(path, 'inner/in.txt', 'ONE\ntwo\nTHREE\n');
  // Meanwhile the user goes on in the same file.
  put(play.workspace, 'sub/lib.txt', 'one\ntwo\nTHREE\nfour\n');
  expect(await take('mergeWorktree', call)).toEqual({ kind: 'merged' });
  expect(await take('checkMerged', call)).toMatchObject({ met: true });
  await take('finishMerge', call);
  expect(await take('closeWorktree', call)).toEqual({ kept: null, branch: null });
  expect([read(play.workspace, 'sub/lib.txt'), read(play.workspace, 'inner/in.txt')]).toEqual(['ONE\ntwo\nTHREE\nfour\n', 'ONE\ntwo\nTHREE\n']);
  expect(existsSync(path)).toBe(false);
  expect(existsSync(ran)).toBe(false);
  expect(kept(play.workspace)).toEqual(before);
  expect(statuses(play.workspace)).toEqual({ ...USERS, sub: [' M lib.txt', '?? made.txt', '?? own.txt'] });
});

test('a task that takes folders away takes their files; what no checkpoint holds stays in them, and all of it comes back together', async () => {
  const { play, ran, before } = await begin('sub-gone');
  mkdirSync(join(play.workspace, 'package/node_modules'), { recursive: true });
  put(play.workspace, 'package/index.js', 'its own');
  put(play.workspace, 'package/node_modules/other.js', 'of another');
  const call = callOf(play, 'work');
  const { path } = await take('openWorktree', call);
  const folders = ['sub', 'inner', 'package'];
  for (const folder of folders) rmSync(join(path, folder), { recursive: true });
  expect(await take('mergeWorktree', call)).toEqual({ kind: 'merged' });
  expect(folders.map((folder) => readdirSync(join(play.workspace, folder)))).toEqual([['.git'], ['.git'], ['node_modules']]);
  const { met, merged, tree } = await take('checkMerged', call);
  expect([met, merged]).toEqual([false, tree]); // nothing to look at: the check says so
  await take('undoMerge', call);
  expectFiles(play.workspace, ['.git']);
  expect(read(play.workspace, 'package/index.js')).toBe('its own');
  expect(kept(play.workspace, OF_WORKTREES)).toEqual(before);
  expect(existsSync(ran)).toBe(false);
});

test('a worktree in which the task has made a submodule real is kept: no checkpoint holds what git keeps there', async () => {
  const { play } = await begin('sub-real');
  const call = callOf(play, 'work');
  const { path, branch } = await take('openWorktree', call);
  rmSync(join(path, 'sub'), { recursive: true });
  quietly(path, 'submodule', '--quiet', 'update', '--init');
  expect(await take('closeWorktree', call)).toMatchObject({ kept: expect.stringContaining('sub/.git'), branch });
  expect(existsSync(join(path, 'sub/.git'))).toBe(true);
  // As a person takes it away who wants nothing of it.
  const { api } = await bench.deps.hosts.link('local');
  await api.removeWorktree({ workspace: play.workspace, holder: 'a person', fence: play.epoch, path, branch, commit: quietly(play.workspace, 'rev-parse', 'HEAD') });
  expect([existsSync(path), existsSync(join(play.workspace, '.git/worktrees'))]).toEqual([false, false]);
});

/** As `holdpoint fork` would store it, from a checkpoint of the workspace. */
async function forked(play: Play): Promise<{ path: string; ref: { project: string; milestone: string; planSha256: string } }> {
  const { api } = await bench.deps.hosts.link('local');
  const { tree, sidecar } = await api.takeCheckpoint({ workspace: play.workspace, holder: 'a', fence: play.epoch, ...play.plan.policy.snapshot });
  const [origin] = play.plan.milestones;
  if (!origin) throw new Error('no milestone');
  const [project, id] = [play.plan.project, forkId(origin.id, 1)];
  const path = forkPath(play.plan, id);
  const point = { milestone: origin.id, epoch: play.epoch, task: 'work', turn: 1, turnId: 1, tree, sidecar, firstTree: tree, sessionId: 's', over: [], note: null };
  const sha256 = 'c'.repeat(64);
  await insertFork(bench.deps.db, { plan: forkPlan(play.plan, origin, id, { ...point, path, branch: forkBranch(project, id) }), sha256, source: '' });
  return { path, ref: { project, milestone: id, planSha256: sha256 } };
}

test('a fork finds their files, and its files are restored into the workspace without touching what git keeps', async () => {
  const { play, ran, before } = await begin('sub-fork');
  const { path, ref } = await forked(play);
  const { epoch } = await inContext(bench.activities, 'claimWorkspace', { ...ref, workflowRunId: 'fork-run' });
  expectFiles(path);
  expect(readlinkSync(join(path, 'node_modules'))).toBe(join(play.workspace, 'node_modules'));
  put(path, 'sub/lib.txt', 'of the fork\n');
  const report = await inContext(bench.activities, 'keepCheckpoint', { ...ref, epoch });
  const restored = await inContext(bench.activities, 'restoreFiles', { ...play.ref, epoch: play.epoch, id: 'back', checkpoint: report.id, paths: null, dryRun: false, seen: 0 });
  expect(restored).toMatchObject({ exact: true, files: 1 });
  expect(read(play.workspace, 'sub/lib.txt')).toBe('of the fork\n');
  expect(statuses(play.workspace)).toEqual({ ...USERS, sub: [' M lib.txt', '?? own.txt'] });
  expect(kept(play.workspace, OF_WORKTREES)).toEqual(before);
  expect(existsSync(ran)).toBe(false);
});
