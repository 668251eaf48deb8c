/** The answer `restore` of a task in a worktree: its own folder goes back, and never past what the workspace has given it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TurnCall } from '../../src/activities/contract.ts';
import { effectsSince } from '../../src/activities/effects.ts';
import { planned } from '../../src/activities/plans.ts';
import { appendLines, outOffset, type StreamLine } from '../../src/db/agent-events.ts';
import { insertRun } from '../../src/db/runs.ts';
import { restoreHolderOf } from '../../src/domain/ids.ts';
import { openBench, type Bench } from './bench.ts';
import { callOf, isolated, LINES, put, read } from './isolated.ts';
import { inContext, type Play } from './play.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const { repository, take } = isolated(() => bench);

const turnIn = (play: Play, task: string, turn: number): TurnCall => ({ ...play.turn(turn), task, lane: task });
const begin = (play: Play, task: string, turn = 1) => inContext(bench.activities, 'beginTurn', { ...turnIn(play, task, turn), seq: 1, note: null });
const end = (play: Play, task: string, turn = 1) => inContext(bench.activities, 'endTurn', turnIn(play, task, turn));
const preview = async (play: Play, task: string, turn = 1) => (await inContext(bench.activities, 'previewRestore', turnIn(play, task, turn))).preview;
const restore = (play: Play, task: string, checkpoint: string) =>
  inContext(bench.activities, 'restoreFiles', { ...play.ref, epoch: play.epoch, lane: task, id: `${play.plan.project}/${task}`, checkpoint, paths: null, dryRun: false, seen: 0 });

test('its worktree goes back to before its attempts, whatever others do beside it; the workspace and their worktrees stay', async () => {
  const play = await repository('goes-back');
  const [work, other] = [(await take('openWorktree', callOf(play, 'work'))).path, (await take('openWorktree', callOf(play, 'other'))).path];
  await begin(play, 'work');
  await begin(play, 'other');
  put(work, 'a.txt', LINES.replace('one', 'wrong'));
  put(other, 'a.txt', LINES.replace('five', 'FIVE'));
  await end(play, 'work');
  await end(play, 'other');
  await begin(play, 'work', 2);
  put(work, 'more.txt', 'wrong too');
  await end(play, 'work', 2);
  const seen = await preview(play, 'work', 2);
  expect(seen).toMatchObject({ taken: expect.stringMatching(/^before work #1 /), files: 2, effects: [] });
  const done = await restore(play, 'work', seen?.checkpoint ?? '');
  expect(done).toMatchObject({ exact: true, files: 2 });
  expect([read(work, 'a.txt'), existsSync(join(work, 'more.txt')), read(work, 'new.txt')]).toEqual([LINES, false, 'not committed']);
  expect([read(other, 'a.txt'), read(play.workspace, 'a.txt')]).toEqual([LINES.replace('five', 'FIVE'), LINES]);
  // What it held is a checkpoint; there is nothing more to go back to, and the others have what they had.
  const saved = await bench.deps.db.selectFrom('checkpoint').select('id').where('restore_id', '=', 'goes-back/work').execute();
  expect(saved.map(({ id }) => String(id))).toEqual([done.undo]);
  expect(await preview(play, 'work', 2)).toBeNull();
  expect(await preview(play, 'other')).toMatchObject({ files: 1 });
});

test('it never goes back past the files of the workspace that a conflict has put there: a merge would undo them for everybody', async () => {
  const play = await repository('past-a-merge');
  const call = callOf(play, 'work');
  const { path } = await take('openWorktree', call);
  await begin(play, 'work');
  put(path, 'a.txt', LINES.replace('one', 'theirs'));
  await end(play, 'work');
  put(play.workspace, 'a.txt', LINES.replace('one', 'ours'));
  put(play.workspace, 'b.txt', 'of the workspace');
  expect(await take('mergeWorktree', call)).toMatchObject({ kind: 'conflict' });
  expect(await preview(play, 'work')).toBeNull();
  await begin(play, 'work', 2);
  put(path, 'a.txt', LINES.replace('one', 'nonsense'));
  await end(play, 'work', 2);
  const seen = await preview(play, 'work', 2);
  expect(seen).toMatchObject({ taken: expect.stringMatching(/^before work #2 /), files: 1 });
  expect(await restore(play, 'work', seen?.checkpoint ?? '')).toMatchObject({ exact: true });
  expect([read(path, 'b.txt'), read(path, 'a.txt')]).toEqual(['of the workspace', expect.stringContaining('<<<<<<< in-the-worktree\ntheirs\n=======\nours\n')]);
  put(path, 'a.txt', LINES.replace('one', 'both'));
  expect(await take('mergeWorktree', call)).toEqual({ kind: 'merged' });
  expect([read(play.workspace, 'b.txt'), read(play.workspace, 'a.txt')]).toEqual(['of the workspace', LINES.replace('one', 'both')]);
});

test('a restore that comes too late, when the milestone runs again, takes no worktree from its tasks', async () => {
  const play = await repository('too-late');
  const { path } = await take('openWorktree', callOf(play, 'work'));
  const claim = () => inContext(bench.activities, 'claimWorkspace', { ...play.ref, workflowRunId: restoreHolderOf('a') });
  bench.running.add('too-late/slugs');
  await expect(claim()).rejects.toMatchObject({ type: 'workspace_leased' });
  expect(await planned(bench.deps, { ...play.ref, task: 'work' })).toMatchObject({ place: { path } });
  bench.running.delete('too-late/slugs');
  await claim();
  expect(await planned(bench.deps, { ...play.ref, task: 'work' })).toMatchObject({ place: { path: play.workspace } });
});

const line = (event: object): StreamLine =>
  ({ offset: 0, raw: Buffer.from(`${JSON.stringify(event)}\n`), kind: 'toolUse', json: event, text: '', at: new Date().toISOString() });

test('what an agent writes in its own worktree is no effect that stays; what it writes elsewhere is', async () => {
  const play = await repository('effects');
  await take('openWorktree', callOf(play, 'work'));
  await begin(play, 'work');
  const { id, at } = await bench.deps.db.selectFrom('checkpoint').select(['id', 'at']).orderBy('id', 'desc').executeTakeFirstOrThrow();
  expect(Number(id)).toBeGreaterThan(0);
  const { runKey } = await insertRun(bench.deps.db, { ...turnIn(play, 'work', 1), install: bench.deps.install, seq: 2, host: 'local', workspace: '/srv/code.effects.work.1', spec: {} });
  const uses = ['/srv/code.effects.work.1/a.txt', 'b.txt', '/srv/code/a.txt'].map((path, n) => line({ event: 'toolUse', id: `t${n}`, tool: 'Write', input: { file_path: path } }));
  const lines = uses.map((one, n) => ({ ...one, offset: n }));
  await appendLines(bench.deps.db, { runKey, from: await outOffset(bench.deps.db, runKey), to: 3, lines });
  const found = await effectsSince(bench.deps, await planned(bench.deps, play.ref), { project: 'effects', at: at.toISOString() });
  expect(found).toEqual(['work #1: /srv/code/a.txt: written outside the workspace (Write)']);
});
