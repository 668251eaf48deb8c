/** What a restore goes back to, what it leaves on record, and who may hold the workspace for one. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { RestoreFiles } from '../../src/activities/contract.ts';
import { restoreHolderOf } from '../../src/domain/ids.ts';
import { exactly } from '../support/tree-walk.ts';
import { openBench, type Bench } from './bench.ts';
import { inContext, type Play } from './play.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const put = (play: Play, path: string, content: string): void => writeFileSync(join(play.workspace, path), content);
const preview = async (play: Play, turn: number) => (await inContext(bench.activities, 'previewRestore', play.turn(turn))).preview;
const request = (play: Play, checkpoint: string, more: Partial<RestoreFiles> = {}): RestoreFiles =>
  ({ ...play.ref, epoch: play.epoch, id: 'r-1', checkpoint, paths: null, dryRun: false, seen: 0, ...more });
const restore = (play: Play, checkpoint: string, more: Partial<RestoreFiles> = {}) => inContext(bench.activities, 'restoreFiles', request(play, checkpoint, more));

test('the answer goes back to before the attempts that nobody has worked after; again, and it is done once', async () => {
  const play = await (await bench.project('goes-back', { steps: [{ run: 'true' }], files: { 'a.js': 'a\n' }, change: (plan) => {
    const [milestone] = plan.milestones;
    const [work] = milestone?.tasks ?? [];
    if (milestone && work) milestone.tasks.push({ ...work, id: 'other' });
  } })).claim();
  await play.begin(1);
  put(play, 'first', '1');
  await play.end(1);
  await inContext(bench.activities, 'beginTurn', { ...play.turn(1), task: 'other', seq: 1, note: null });
  put(play, 'others', 'work of another task');
  await inContext(bench.activities, 'endTurn', { ...play.turn(1), task: 'other' });
  await play.begin(2);
  expect(await preview(play, 2)).toBeNull();
  put(play, 'second', '2');
  await play.end(2);
  await play.begin(3);
  mkdirSync(join(play.workspace, 'third'));
  rmSync(join(play.workspace, 'a.js'));
  await play.end(3);
  const seen = await preview(play, 3);
  expect(seen).toMatchObject({ taken: expect.stringMatching(/^before work #2 /), files: 3, effects: [] });
  const there = exactly(play.workspace);

  const done = await restore(play, seen?.checkpoint ?? '', { by: 'ann' });
  expect(done).toMatchObject({ exact: true, files: 3, undo: expect.any(String) });
  expect([...exactly(play.workspace).keys()].sort()).toEqual(['README.md', 'a.js', 'first', 'others']);
  expect(await restore(play, seen?.checkpoint ?? '')).toMatchObject({ exact: true, files: 0, undo: done.undo });
  const rows = await bench.deps.db.selectFrom('restore').select(['id', 'by_whom', 'exact', 'changed_files']).execute();
  expect(rows).toEqual([{ id: 'r-1', by_whom: 'ann', exact: true, changed_files: 3 }]);
  expect(await bench.deps.db.selectFrom('checkpoint').select('restore_id').where('kind', '=', 'restore').execute()).toEqual([{ restore_id: 'r-1' }]);
  expect(await restore(play, done.undo ?? '', { id: 'r-2' })).toMatchObject({ exact: true });
  expect(exactly(play.workspace)).toEqual(there);
});

test('what no restore undoes is told, and one that was not shown is refused', async () => {
  const play = await (await bench.project('told', { steps: [{ run: 'git push origin main || true' }] })).claim();
  await play.begin();
  await play.run();
  put(play, 'a', 'a');
  await play.end();
  const seen = await preview(play, 1);
  expect(seen?.effects).toEqual([expect.stringMatching(/^work #1: git push origin main .*pushes to a server$/)]);
  await expect(restore(play, seen?.checkpoint ?? '', { id: 'r-3' })).rejects.toMatchObject({ type: 'policy' });
  expect(readFileSync(join(play.workspace, 'a'), 'utf8')).toBe('a');
  expect(await restore(play, seen?.checkpoint ?? '', { id: 'r-3', seen: 1 })).toMatchObject({ exact: true });
});

test('a checkpoint of another project, or of none, is unknown', async () => {
  const play = await (await bench.project('unknown-one')).claim();
  const { id } = await bench.deps.db.selectFrom('checkpoint').select('id').executeTakeFirstOrThrow();
  for (const checkpoint of [String(id), '999999', 'x']) await expect(restore(play, checkpoint, { id: 'r-4' })).rejects.toMatchObject({ type: 'unknown_target' });
});

test('neither takes the workspace from the other: a milestone that runs, and a restore that runs', async () => {
  const play = await (await bench.project('held')).claim('first-run');
  const claim = (workflowRunId: string) => inContext(bench.activities, 'claimWorkspace', { ...play.ref, workflowRunId });
  bench.running.add('held/slugs');
  await expect(claim(restoreHolderOf('a'))).rejects.toMatchObject({ type: 'workspace_leased' });
  bench.running.delete('held/slugs');
  const { epoch } = await claim(restoreHolderOf('a'));
  expect(epoch).toBeGreaterThan(play.epoch);
  const current = await bench.deps.db.selectFrom('milestone').select('epoch').where('project', '=', 'held').executeTakeFirstOrThrow();
  expect(Number(current.epoch)).toBe(play.epoch);
  bench.running.add('held/slugs');
  await expect(claim('next-run')).rejects.toMatchObject({ type: 'workspace_leased' });
  await inContext(bench.activities, 'releaseWorkspace', { ...play.ref, epoch });
  expect((await claim('next-run')).epoch).toBeGreaterThan(epoch);
});

test('what a restore claims the workspace for is thrown away by nobody meanwhile', async () => {
  const play = await bench.project('kept-for-it');
  const { api } = await bench.deps.hosts.link('local');
  const claims = jest.spyOn(api, 'claimWorkspace');
  await inContext(bench.activities, 'claimWorkspace', { ...play.ref, workflowRunId: restoreHolderOf('a') });
  await play.claim();
  expect(claims.mock.calls.map(([asked]) => asked.keepTrees !== undefined)).toEqual([false, true]);
  claims.mockRestore();
});

test('a restore is no change of somebody else: what it has left is what the next turn begins with', async () => {
  const play = await (await bench.project('left-so', { steps: [{ run: 'true' }] })).claim();
  const { workspace } = play;
  await play.begin(1);
  put(play, 'made', '1');
  await play.end(1);
  const before = await bench.deps.db.selectFrom('checkpoint').select('id').where('project', '=', 'left-so').where('kind', '=', 'before').executeTakeFirstOrThrow();
  expect(await restore(play, String(before.id), { id: 'left-so' })).toMatchObject({ exact: true, files: 1 });
  const noted = () => bench.deps.db.selectFrom('event').select('message').where('project', '=', 'left-so').where('kind', '=', 'unexpected_change').execute();
  const earlier = (await noted()).length;
  writeFileSync(join(workspace, 'theirs'), 'of a person');
  await play.begin(2);
  expect((await noted()).slice(earlier)).toEqual([{ message: 'work #2: 1 file changed by nobody of ours before it: theirs' }]);
});
