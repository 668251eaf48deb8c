/** Restores beside the decisions whose files they put away: those of the same folder, from the first decision on. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { checkpointBeforeTask, insertCheckpoint } from '../../src/db/checkpoints.ts';
import { latestRestores, restoreRows } from '../../src/db/restores.ts';
import type { Db } from '../../src/db/transaction.ts';
import type { TurnRef } from '../../src/domain/ids.ts';
import { beginProject, openTestDb } from './fixture.ts';

let db: Db;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ db, close } = await openTestDb());
});
afterAll(() => close());

const EARLY = '2026-01-01T00:00:00.000Z';
const NOW = '2026-02-01T00:00:00.000Z';
const LATE = '2026-03-01T00:00:00.000Z';

/** A milestone of the plan, another, one in a worktree of its own, and a fork. */
async function milestones(project: string): Promise<TurnRef> {
  const { turn } = await beginProject(db, project);
  const { plan_sha256: sha } = await db.selectFrom('milestone').select('plan_sha256').where('project', '=', project).executeTakeFirstOrThrow();
  for (const id of ['other', 'apart', 'fork']) {
    await db.insertInto('milestone').values({
      project, id, plan_sha256: sha, title: id, position: 0, depends_on: [], workflow_id: `w/${project}/${id}`,
      fork_of: id === 'fork' ? JSON.stringify({ milestone: 'slugs', epoch: turn.epoch, task: 'ascii', turn: 1 }) : null,
    }).execute();
  }
  const place = { host: 'local', root: '/srv', path: '/srv.apart', branch: 'b', base_commit: 'c', base_tree: 't', base_sidecar: 's', conflicts: '[]' };
  // Its number is that of the workspace's lease, the restore's that of its own.
  await db.insertInto('worktree').values({ project, milestone: 'apart', task: null, epoch: turn.epoch + 5, holder: 'h', created_at: EARLY, ...place }).execute();
  await insertCheckpoint(db, { ...turn, kind: 'before' }, { tree: 't', sidecar: 's', files: 1, bytes: 1, notCovered: [] });
  return turn;
}

async function restored({ project, epoch }: TurnRef, milestone: string, at: string, more: { id?: string; paths?: string[]; done?: boolean } = {}): Promise<void> {
  const { id: goal } = await db.selectFrom('checkpoint').select('id').where('project', '=', project).executeTakeFirstOrThrow();
  const { id = `${project}-${milestone}-${at}`, paths, done = true } = more;
  await db.insertInto('restore').values({
    id, project, milestone, epoch, checkpoint_id: goal, paths: paths ? JSON.stringify(paths) : null, by_whom: 'ann', effects: '[]', at, ...(done && { done_at: at, exact: false }),
  }).execute();
}

test('milestones of the plan share the workspace; a worktree and a fork have files of their own', async () => {
  const turn = await milestones('folders');
  for (const milestone of ['slugs', 'other', 'apart', 'fork']) await restored(turn, milestone, NOW);
  const of = async (milestone?: string) => (await restoreRows(db, { project: 'folders', ...(milestone !== undefined && { milestone }) }, EARLY)).map((row) => row.milestone).sort();
  expect([await of(), await of('slugs'), await of('apart'), await of('fork')]).toEqual([['other', 'slugs'], ['other', 'slugs'], ['apart', 'other', 'slugs'], ['fork']]);
});

test('from the first decision on, oldest first, with what is known of each', async () => {
  const turn = await milestones('told');
  await restored(turn, 'slugs', EARLY);
  await restored(turn, 'slugs', LATE, { id: 'told/slugs/ascii.1/breaking_test_failure.1', done: false });
  await restored(turn, 'slugs', NOW, { paths: ['src'] });
  const shared = { milestone: 'slugs', checkpoint: expect.any(String), undo: null, by: 'ann', taken: 'before ascii #1' };
  expect(await restoreRows(db, { project: 'told', milestone: 'slugs', task: 'ascii' }, NOW)).toEqual([
    { ...shared, at: NOW, paths: ['src'], exact: false, question: null, worktree: null },
    { ...shared, at: LATE, paths: null, exact: null, worktree: null, question: 'told/slugs/ascii.1/breaking_test_failure.1' },
  ]);
});

test('the worktree of a task is nobody else\'s, and what it held does not go into the workspace; when it is gone, the same checkpoint does', async () => {
  const turn = await milestones('lane');
  const place = { host: 'local', root: '/srv', path: '/srv.lane', branch: 'l', base_commit: 'c', base_tree: 't', base_sidecar: 's', conflicts: '[]' };
  await db.insertInto('worktree').values({ project: 'lane', milestone: 'slugs', task: 'ascii', epoch: turn.epoch, holder: 'h', created_at: EARLY, updated_at: NOW, state: 'removed', ...place }).execute();
  for (const at of [NOW, LATE]) {
    await restored(turn, 'slugs', at, { id: `at ${at}` });
    await insertCheckpoint(db, { ...turn, kind: 'restore', restore: `at ${at}` }, { tree: at, sidecar: 's', files: 1, bytes: 1, notCovered: [] });
  }
  const of = async (milestone: string) => (await restoreRows(db, { project: 'lane', milestone }, EARLY)).map(({ at, worktree, undo }) => [at, worktree, undo !== null]);
  expect(await of('slugs')).toEqual([[NOW, '/srv.lane', false], [LATE, null, true]]);
  expect(await of('other')).toEqual([[LATE, null, true]]);
  expect((await latestRestores(db, ['lane'])).get('lane/slugs')).toMatchObject({ at: LATE, worktree: null, undo: expect.any(String) });
  await db.deleteFrom('checkpoint').where('restore_id', '=', `at ${LATE}`).execute();
  await db.deleteFrom('restore').where('id', '=', `at ${LATE}`).execute();
  expect((await latestRestores(db, ['lane'])).get('lane/slugs')).toMatchObject({ at: NOW, worktree: '/srv.lane', undo: null });
});

test('a task of a milestone that has a worktree of its own goes back no further than to what the workspace has given that', async () => {
  const turn = await milestones('whole');
  const place = { host: 'local', root: '/srv', path: '/srv.slugs', branch: 'w', base_commit: 'c', base_tree: 't', base_sidecar: 's', conflicts: '[]' };
  const later = new Date(Date.now() + 60_000).toISOString();
  await db.insertInto('worktree').values({ project: 'whole', milestone: 'slugs', task: null, epoch: turn.epoch + 5, holder: 'h', updated_at: later, ...place }).execute();
  const isThere = async (change: { merges?: number; state?: 'kept' | 'open'; updated_at?: string }): Promise<boolean> => {
    await db.updateTable('worktree').set(change).where('project', '=', 'whole').where('milestone', '=', 'slugs').execute();
    return (await checkpointBeforeTask(db, turn)) !== undefined;
  };
  expect([await isThere({ merges: 0 }), await isThere({ merges: 1 }), await isThere({ state: 'kept' }), await isThere({ state: 'open', updated_at: EARLY })]).toEqual([true, false, true, true]);
});
