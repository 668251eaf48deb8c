/** Work in worktrees on real parts: git, the host program, Postgres. Whatever step is cut off and repeated, nothing is lost or done twice. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { unfinishedRuns } from '../../src/db/runs.ts';
import { worktreeOf, worktreesOf } from '../../src/db/worktrees.ts';
import { openBench, type Bench } from './bench.ts';
import { callOf, cutAt, git, isolated, LINES, put, read } from './isolated.ts';
import { inContext } from './play.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const { repository, take, throughCuts } = isolated(() => bench);

test('a worktree has the files of the workspace as they are, what is not committed too, and the rest as links', async () => {
  const play = await repository('opened');
  const { path, branch } = await take('openWorktree', callOf(play, 'work'));
  expect(dirname(path)).toBe(dirname(play.workspace));
  expect(readdirSync(path).sort()).toEqual(['.git', 'README.md', 'a.txt', 'new.txt', 'node_modules']);
  expect(read(path, 'new.txt')).toBe('not committed');
  expect(read(path, 'node_modules/x/index.js')).toBe('x');
  expect(git(path, 'status', '--porcelain').split('\n')).toEqual(['?? new.txt', '?? node_modules']);
  expect(git(path, 'branch', '--show-current')).toBe(branch);
  expect(await take('openWorktree', callOf(play, 'work'))).toMatchObject({ path });
});

test('results come back one after the other: merged, checked on the merged files, cleared away', async () => {
  const play = await repository('merged', { checks: [{ name: 'both', run: 'echo seen; cat a.txt' }] });
  const [mine, theirs] = [await take('openWorktree', callOf(play, 'work')), await take('openWorktree', callOf(play, 'other'))];
  put(mine.path, 'a.txt', LINES.replace('one', 'ONE'));
  put(theirs.path, 'a.txt', LINES.replace('five', 'FIVE'));
  for (const task of ['work', 'other']) {
    const call = callOf(play, task);
    expect(await take('mergeWorktree', call)).toEqual({ kind: 'merged' });
    const checked = await take('checkMerged', call);
    expect(checked).toMatchObject({ met: true });
    expect((await worktreeOf(bench.deps.db, call))?.evidence).toMatchObject([{ name: 'both', tree: checked.merged, outcome: 'pass' }]);
    await take('finishMerge', call);
    expect(await take('closeWorktree', call)).toEqual({ kept: null, branch: null });
  }
  expect(read(play.workspace, 'a.txt')).toBe('ONE\ntwo\nthree\nfour\nFIVE\n');
  expect(read(play.workspace, 'new.txt')).toBe('not committed');
  expect([existsSync(mine.path), existsSync(theirs.path)]).toEqual([false, false]);
  expect(git(play.workspace, 'branch', '--format=%(refname:short)')).toBe('main');
  expect(read(play.workspace, 'node_modules/x/index.js')).toBe('x');
});

test('a conflict puts both sides into the worktree and leaves the workspace alone; only when it is resolved it comes back', async () => {
  const play = await repository('conflict');
  const { path } = await take('openWorktree', callOf(play, 'work'));
  put(path, 'a.txt', LINES.replace('one', 'theirs'));
  put(play.workspace, 'a.txt', LINES.replace('one', 'ours'));
  put(play.workspace, 'b.txt', 'from the workspace');
  const call = callOf(play, 'work');
  expect(await take('mergeWorktree', call)).toMatchObject({ kind: 'conflict', conflicts: [{ path: 'a.txt' }], more: 0 });
  expect(read(path, 'a.txt')).toContain('<<<<<<< in-the-worktree\ntheirs\n=======\nours\n>>>>>>> in-the-workspace\n');
  expect(read(path, 'b.txt')).toBe('from the workspace');
  expect(read(play.workspace, 'a.txt')).toBe(LINES.replace('one', 'ours'));
  expect(await take('mergeWorktree', call)).toEqual({ kind: 'unresolved', paths: ['a.txt'], more: 0 });
  put(path, 'a.txt', LINES.replace('one', 'both'));
  expect(await take('mergeWorktree', call)).toEqual({ kind: 'merged' });
  expect(read(play.workspace, 'a.txt')).toBe(LINES.replace('one', 'both'));
});

test('what fails its checks is taken back; the worktree goes on with the files of both', async () => {
  const play = await repository('red', { checks: [{ name: 'no-two', run: '! (grep -q ONE a.txt && grep -q FIVE a.txt)' }] });
  const { path } = await take('openWorktree', callOf(play, 'work'));
  put(path, 'a.txt', LINES.replace('one', 'ONE'));
  put(play.workspace, 'a.txt', LINES.replace('five', 'FIVE'));
  const call = callOf(play, 'work');
  await take('mergeWorktree', call);
  expect(await take('checkMerged', call)).toMatchObject({ met: false, feedback: expect.stringContaining('no-two') });
  await take('undoMerge', call);
  expect(read(play.workspace, 'a.txt')).toBe(LINES.replace('five', 'FIVE'));
  expect(read(path, 'a.txt')).toBe(LINES.replace('one', 'ONE').replace('five', 'FIVE'));
  put(path, 'a.txt', LINES.replace('five', 'FIVE').replace('one', 'eins'));
  await take('mergeWorktree', call);
  expect(await take('checkMerged', call)).toMatchObject({ met: true });
  expect(read(play.workspace, 'a.txt')).toBe(LINES.replace('one', 'eins').replace('five', 'FIVE'));
});

test('what no checkpoint can hold is not deleted, and commits outlive their worktree', async () => {
  const play = await repository('kept');
  const [big, committed] = [await take('openWorktree', callOf(play, 'work')), await take('openWorktree', callOf(play, 'other'))];
  put(big.path, 'big.bin', 'x'.repeat(1_100_000));
  expect(await take('closeWorktree', callOf(play, 'work'))).toMatchObject({ kept: expect.stringContaining('big.bin') });
  expect(existsSync(join(big.path, 'big.bin'))).toBe(true);
  git(committed.path, 'add', 'a.txt');
  git(committed.path, 'commit', '-qm', 'theirs', '--allow-empty');
  expect(await take('closeWorktree', callOf(play, 'other'))).toEqual({ kept: null, branch: committed.branch });
  expect(git(play.workspace, 'log', '-1', '--format=%s', committed.branch)).toBe('theirs');
});

test('setup makes a new worktree ready; one that fails says so', async () => {
  const play = await repository('ready', { change: (plan) => { plan.isolation = { link: [], setup: { run: 'echo made > made.txt', timeoutMs: 20_000 } }; } });
  const { path } = await take('openWorktree', callOf(play, 'work'));
  expect(read(path, 'made.txt')).toBe('made\n');
  const bad = await repository('unready', { change: (plan) => { plan.isolation = { link: [], setup: { run: 'test -e npm || { echo no npm here; exit 3; }', timeoutMs: 20_000 } }; } });
  const opened = await take('openWorktree', callOf(bad, 'work'));
  expect(opened).toMatchObject({ unready: expect.stringMatching(/isolation.setup failed in the worktree .* \(exit code 3\): no npm here/) });
  put(opened.path, 'npm', 'here now\n');
  expect(await take('openWorktree', callOf(bad, 'work'))).toEqual(opened);
  expect(await take('openWorktree', { ...callOf(bad, 'work'), again: 1 })).toEqual({ path: opened.path, branch: opened.branch });
});

test('setup that is cut off at any call is gone on with: it runs once, and its files stay', async () => {
  const play = await repository('ready-once', { change: (plan) => { plan.isolation = { link: [], setup: { run: 'echo made >> made.txt', timeoutMs: 20_000 } }; } });
  await throughCuts('openWorktree', callOf(play, 'work'));
  const { path } = await take('openWorktree', callOf(play, 'work'));
  expect(read(path, 'made.txt')).toBe('made\n');
});

test('markers are found in files of any size that a checkpoint holds, and a file that has outgrown it is not resolved', async () => {
  const large = (line: string): string => `${line}\n${'x'.repeat(80)}\n`.padEnd(1_200_000, 'another line\n');
  const play = await repository('large', { files: { 'large.txt': large('one') }, change: (plan) => { plan.policy.snapshot.maxFileBytes = 2_000_000; } });
  const call = callOf(play, 'work');
  const { path } = await take('openWorktree', call);
  put(path, 'large.txt', large('theirs'));
  put(play.workspace, 'large.txt', large('ours'));
  expect(await take('mergeWorktree', call)).toMatchObject({ kind: 'conflict', conflicts: [{ path: 'large.txt' }] });
  expect(await take('mergeWorktree', call)).toEqual({ kind: 'unresolved', paths: ['large.txt'], more: 0 });
  put(path, 'large.txt', 'x'.repeat(2_100_000));
  expect(await take('mergeWorktree', call)).toEqual({ kind: 'unresolved', paths: ['large.txt'], more: 0 });
  put(path, 'large.txt', large('both'));
  expect(await take('mergeWorktree', call)).toEqual({ kind: 'merged' });
});

test('a workspace that is no repository is refused with the way out', async () => {
  const play = await repository('none');
  rmSync(join(play.workspace, '.git'), { recursive: true });
  await expect(take('openWorktree', callOf(play, 'work'))).rejects.toMatchObject({ type: 'bad_input', nonRetryable: true, message: expect.stringContaining('is no git repository') });
});

test('cut off at any call of any step and repeated, it ends the same', async () => {
  const play = await repository('cut', { checks: [{ name: 'ok', run: 'true' }] });
  const call = callOf(play, 'work');
  await throughCuts('openWorktree', call);
  const { path, branch } = await take('openWorktree', call);
  expect(git(play.workspace, 'worktree', 'list').split('\n')).toHaveLength(2);
  put(path, 'a.txt', LINES.replace('one', 'theirs'));
  put(play.workspace, 'a.txt', LINES.replace('one', 'ours'));
  await throughCuts('mergeWorktree', call);
  expect(read(path, 'a.txt').match(/<<<<<<</g)).toHaveLength(1);
  expect(read(play.workspace, 'a.txt')).toBe(LINES.replace('one', 'ours'));
  put(path, 'a.txt', LINES.replace('one', 'both'));
  await throughCuts('mergeWorktree', call);
  await throughCuts('undoMerge', call);
  expect(read(play.workspace, 'a.txt')).toBe(LINES.replace('one', 'ours'));
  for (const step of ['mergeWorktree', 'checkMerged', 'finishMerge', 'closeWorktree'] as const) await throughCuts(step, call);
  expect(read(play.workspace, 'a.txt')).toBe(LINES.replace('one', 'both'));
  expect(existsSync(path)).toBe(false);
  expect(git(play.workspace, 'branch', '--list', branch)).toBe('');
  expect(await worktreeOf(bench.deps.db, call)).toBeUndefined();
}, 120_000);

test('a workflow that was terminated in the middle of a merge leaves nothing half: the next claim puts the workspace back', async () => {
  const play = await repository('halfway');
  const { path } = await take('openWorktree', callOf(play, 'work'));
  put(path, 'a.txt', LINES.replace('one', 'ONE'));
  await take('mergeWorktree', callOf(play, 'work'));
  expect(read(play.workspace, 'a.txt')).toBe(LINES.replace('one', 'ONE'));
  await play.claim('second-run');
  expect(read(play.workspace, 'a.txt')).toBe(LINES);
  expect(read(path, 'a.txt')).toBe(LINES.replace('one', 'ONE'));
  expect(await worktreesOf(bench.deps.db, { project: 'halfway', milestone: 'slugs' })).toEqual([]);
});

test('the end of a milestone that was not completed keeps every worktree, and a checkpoint of it', async () => {
  const play = await repository('left');
  const { path } = await take('openWorktree', callOf(play, 'work'));
  put(path, 'a.txt', 'half done');
  await take('keepWorktrees', callOf(play, null));
  expect(read(path, 'a.txt')).toBe('half done');
  expect(await bench.deps.db.selectFrom('worktree').select(['state', 'saved_tree']).where('project', '=', 'left').execute()).toMatchObject([{ state: 'kept', saved_tree: expect.stringMatching(/^[0-9a-f]{40}$/) }]);
});

test('an agent works in the worktree, and whoever claims the workspace itself does not end it', async () => {
  const play = await repository('apart', { steps: [{ run: 'echo done > done.txt' }] });
  const { path } = await take('openWorktree', callOf(play, 'work'));
  const key = await play.begin();
  const claimed = { host: 'local', epoch: 99 };
  expect(await unfinishedRuns(bench.deps.db, { ...claimed, workspace: play.workspace })).toEqual([]);
  expect(await unfinishedRuns(bench.deps.db, { ...claimed, workspace: path })).toEqual([key]);
  await play.run();
  await play.end();
  expect(read(path, 'done.txt')).toBe('done\n');
  expect(await play.row()).toMatchObject({ changedFiles: 1 });
  expect(existsSync(join(play.workspace, 'done.txt'))).toBe(false);
});

test('a worktree that is gone hinders no other from being kept', async () => {
  const play = await repository('half-gone');
  const [gone, there] = [await take('openWorktree', callOf(play, 'work')), await take('openWorktree', callOf(play, 'other'))];
  rmSync(gone.path, { recursive: true });
  await expect(take('keepWorktrees', callOf(play, null))).rejects.toMatchObject({ type: 'workspace_missing' });
  expect(await bench.deps.db.selectFrom('worktree').select(['path', 'state']).where('project', '=', 'half-gone').orderBy('id').execute())
    .toEqual([{ path: gone.path, state: 'open' }, { path: there.path, state: 'kept' }]);
});

test('taken back at the end, a merge leaves no check at work on its files', async () => {
  const play = await repository('no-follower', { checks: [{ name: 'slow', run: 'sleep 300' }] });
  const call = callOf(play, 'work');
  const { path } = await take('openWorktree', call);
  put(path, 'a.txt', LINES.replace('one', 'ONE'));
  await take('mergeWorktree', call);
  await expect(take('checkMerged', call, cutAt(bench, 1, 'after').activities)).rejects.toBeInstanceOf(ApplicationFailure);
  const atTheEnd = { ...call, goesOn: false };
  await take('undoMerge', atTheEnd);
  await take('keepWorktrees', callOf(play, null));
  expect(read(play.workspace, 'a.txt')).toBe(LINES);
  expect(read(path, 'a.txt')).toBe(LINES.replace('one', 'ONE'));
});

test('a restore that an answer offers does not take back what another task has brought back meanwhile', async () => {
  const play = await repository('brought-back');
  await play.begin();
  put(play.workspace, 'a.txt', LINES.replace('one', 'ONE'));
  await play.end();
  const preview = async (turn: number) => (await inContext(bench.activities, 'previewRestore', play.turn(turn))).preview;
  expect(await preview(1)).toMatchObject({ files: 1 });
  const call = callOf(play, 'other');
  put((await take('openWorktree', call)).path, 'b.txt', 'theirs');
  for (const step of ['mergeWorktree', 'checkMerged', 'finishMerge', 'closeWorktree'] as const) await take(step, call);
  expect(read(play.workspace, 'b.txt')).toBe('theirs');
  expect(await preview(1)).toBeNull();
  await play.begin(2);
  put(play.workspace, 'a.txt', LINES);
  await play.end(2);
  expect(await preview(2)).toMatchObject({ taken: expect.stringMatching(/^before work #2 /), files: 1 });
});
