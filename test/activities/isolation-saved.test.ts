/** What a merge would write over or take for deleted although nobody has it on record: it is kept first, or not brought back. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { checkpointRows } from '../../src/db/checkpoints.ts';
import { eventsOf } from '../../src/db/events.ts';
import { openBench, type Bench } from './bench.ts';
import { callOf, isolated, LINES, put, read } from './isolated.ts';
import type { Play } from './play.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const { repository, take } = isolated(() => bench);

/** Text of a file in the one checkpoint that a merge has left. */
async function savedText(play: Play, path: string): Promise<string | null | undefined> {
  const saved = (await checkpointRows(bench.deps.db, { project: play.plan.project })).filter(({ kind }) => kind === 'merge');
  expect(saved).toHaveLength(1);
  const { api } = await bench.deps.hosts.link('local');
  const { files } = await api.readFiles({ workspace: play.workspace, tree: saved[0]?.tree ?? '', paths: [path], maxBytes: 1_000 });
  return files[0]?.text;
}

test('what somebody writes between a merge and its being taken back is a checkpoint before it goes', async () => {
  const play = await repository('edited');
  const call = callOf(play, 'work');
  const { path } = await take('openWorktree', call);
  put(path, 'a.txt', LINES.replace('one', 'ONE'));
  await take('mergeWorktree', call);
  put(play.workspace, 'notes.txt', 'by a person');
  await take('undoMerge', call);
  expect(read(play.workspace, 'a.txt')).toBe(LINES);
  expect(existsSync(join(play.workspace, 'notes.txt'))).toBe(false);
  expect(await savedText(play, 'notes.txt')).toBe('by a person');
  expect((await eventsOf(bench.deps.db, { project: 'edited' })).filter(({ kind }) => kind === 'merge_saved')).toHaveLength(1);
  // Repeated, nothing new is found.
  await take('undoMerge', call);
  expect(await savedText(play, 'notes.txt')).toBe('by a person');
});

test('a merge that nobody disturbed leaves no checkpoint of its own', async () => {
  const play = await repository('undisturbed');
  const call = callOf(play, 'work');
  const { path } = await take('openWorktree', call);
  put(path, 'a.txt', LINES.replace('one', 'ONE'));
  await take('mergeWorktree', call);
  await take('mergeWorktree', call);
  await take('undoMerge', call);
  expect((await checkpointRows(bench.deps.db, { project: 'undisturbed' })).filter(({ kind }) => kind === 'merge')).toEqual([]);
});

test('so is what was found in a workspace whose merge was cut off with its workflow', async () => {
  const play = await repository('terminated');
  const call = callOf(play, 'work');
  const { path } = await take('openWorktree', call);
  put(path, 'a.txt', LINES.replace('one', 'ONE'));
  await take('mergeWorktree', call);
  put(play.workspace, 'notes.txt', 'by a person');
  await play.claim('second-run');
  expect(read(play.workspace, 'a.txt')).toBe(LINES);
  expect(await savedText(play, 'notes.txt')).toBe('by a person');
});

test('a file that has outgrown the checkpoints in the worktree is not brought back as deleted', async () => {
  const play = await repository('outgrown', {
    change: (plan) => {
      plan.policy.snapshot.maxFileBytes = 200;
    },
  });
  const call = callOf(play, 'work');
  const { path } = await take('openWorktree', call);
  put(path, 'a.txt', 'long '.repeat(100));
  put(path, 'b.txt', 'new');
  expect(await take('mergeWorktree', call)).toEqual({ kind: 'outgrown', paths: ['a.txt'], more: 0 });
  expect(read(play.workspace, 'a.txt')).toBe(LINES);
  expect(existsSync(join(play.workspace, 'b.txt'))).toBe(false);
  put(path, 'a.txt', 'short');
  expect(await take('mergeWorktree', call)).toEqual({ kind: 'merged' });
  expect([read(play.workspace, 'a.txt'), read(play.workspace, 'b.txt')]).toEqual(['short', 'new']);
});
