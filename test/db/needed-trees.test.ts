import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { insertCheckpoint } from '../../src/db/checkpoints.ts';
import { insertFork } from '../../src/db/forks.ts';
import { neededTrees } from '../../src/db/needed-trees.ts';
import type { Db } from '../../src/db/transaction.ts';
import { insertWorktree, changeWorktree } from '../../src/db/worktrees.ts';
import { beginProject, openTestDb, planOf } from './fixture.ts';

let db: Db;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ db, close } = await openTestDb());
});
afterAll(() => close());

const CHECKPOINT = { sidecar: 's', files: 1, bytes: 1, notCovered: [] };

test('all trees of milestones that are not over are needed, on the host where they are', async () => {
  for (const state of ['running', 'waiting', 'paused', 'completed', 'failed', 'cancelled'] as const) {
    const { turn } = await beginProject(db, state);
    const { project, milestone, epoch } = turn;
    await insertCheckpoint(db, { kind: 'baseline', project, milestone, epoch }, { ...CHECKPOINT, tree: `base of ${state}` });
    for (const kind of ['before', 'after'] as const) await insertCheckpoint(db, { kind, ...turn }, { ...CHECKPOINT, tree: `${kind} ${state}` });
    await db.updateTable('milestone').set({ state }).where('project', '=', project).execute();
  }
  const open = ['running', 'waiting', 'paused'].flatMap((state) => [`base of ${state}`, `before ${state}`, `after ${state}`]);
  expect((await neededTrees(db, 'local')).sort()).toEqual(open.sort());
  expect(await neededTrees(db, 'elsewhere')).toEqual([]);
});

test('so are what checks were run on, what a fork begins with and what worktrees bring together', async () => {
  const needed = async (): Promise<string[]> => (await neededTrees(db, 'local')).filter((tree) => tree.startsWith('own-')).sort();
  const { turn } = await beginProject(db, 'trees');
  const { project, milestone, epoch } = turn;
  await db.insertInto('evidence').values({ project, milestone, epoch, turn_id: null, name: 'c', exit_code: 0, duration_ms: 1, timed_out: false, tail: '', tree: 'own-checked', tree_after: 'own-left', required: null, expect: null, outcome: null, met: null, baseline_exit_code: null, report: null, changed: null, baseline_counts: null, tests: null }).execute();
  const plan = planOf(project);
  const [origin] = plan.milestones;
  const fork = { milestone, epoch, task: 'ascii', turn: 1, turnId: 1, tree: 'own-fork', sidecar: 's', firstTree: 'own-first', sessionId: 's', over: [], note: null, path: '/srv/trees.f', branch: 'f' };
  if (origin) await insertFork(db, { plan: { ...plan, milestones: [{ ...origin, id: 'f', fork }] }, sha256: 'f'.repeat(64), source: 'fork' });
  await insertWorktree(db, { project, milestone, epoch }, { project, milestone, task: null, holder: 'h', host: 'local', root: '/srv/trees', path: '/srv/trees.w', branch: 'w', commit: 'c', base: { tree: 'own-base', sidecar: 's' } });
  const { id } = await db.selectFrom('worktree').select('id').where('project', '=', project).executeTakeFirstOrThrow();
  const pair = (tree: string) => ({ tree, sidecar: 's' });
  await changeWorktree(db, { project, milestone, epoch }, id, { ours: pair('own-ours'), merged: pair('own-merged'), saved: pair('own-saved') });
  const ofWorktree = ['own-base', 'own-merged', 'own-ours', 'own-saved'];
  expect(await needed()).toEqual([...ofWorktree, 'own-checked', 'own-first', 'own-fork', 'own-left'].sort());
  await db.updateTable('milestone').set({ state: 'completed' }).where('project', '=', project).execute();
  expect(await needed()).toEqual(ofWorktree);
  await changeWorktree(db, { project, milestone, epoch }, id, { state: 'kept' });
  expect(await needed()).toEqual([]);
});
