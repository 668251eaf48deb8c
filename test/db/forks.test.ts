/** Forks beside a plan's milestones, and the kept transcripts they begin with. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { insertCheckpoint } from '../../src/db/checkpoints.ts';
import { insertDecision } from '../../src/db/decisions.ts';
import { countForks, dropFork, forkBase, insertFork } from '../../src/db/forks.ts';
import { noteEvent } from '../../src/db/events.ts';
import { claimLease } from '../../src/db/leases.ts';
import { registerPlan, savePlan } from '../../src/db/plans.ts';
import { recordStates } from '../../src/db/states.ts';
import { readStatus } from '../../src/db/status.ts';
import { diffRows } from '../../src/db/diff.ts';
import type { Db } from '../../src/db/transaction.ts';
import { insertTranscriptPart, keptTranscript, transcriptEnd } from '../../src/db/transcripts.ts';
import { finishTurn, turn as loadTurn } from '../../src/db/turns.ts';
import { changeWorktree, insertWorktree, worktreeOf } from '../../src/db/worktrees.ts';
import { forkBranch, forkId, forkPath, forkPlan } from '../../src/domain/fork.ts';
import type { TurnRef } from '../../src/domain/ids.ts';
import { beginProject, beginTurn, openTestDb, planOf, SHA } from './fixture.ts';

let db: Db;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ db, close } = await openTestDb());
});
afterAll(() => close());

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function end(ref: TurnRef, kind: 'proceed' | 'retry'): Promise<void> {
  await finishTurn(db, ref, { outcome: { kind: 'completed', text: 'ok' }, message: 'ok', treeAfter: `tree-${ref.turn}` });
  await insertCheckpoint(db, { ...ref, kind: 'after' }, { tree: `${ref.task}-${ref.turn}`, sidecar: `side-${ref.turn}`, files: 1, bytes: 1, notCovered: [] });
  const decision = kind === 'proceed' ? { kind } as const : { kind, feedback: 'f' } as const;
  await insertDecision(db, ref, { decision, rule: 'quality_reached', reason: 'r', facts: { seq: 1 }, scores: { quality: 0.9, confidence: 0.8, parts: [], confidenceParts: [] }, wouldChange: [] });
}

/** ascii in two attempts, then unicode in one. */
async function carriedOut(project: string): Promise<TurnRef> {
  const { turn } = await beginProject(db, project);
  await end(turn, 'retry');
  await end((await beginTurn(db, { ...turn, turn: 2 })).turn, 'proceed');
  await end((await beginTurn(db, { ...turn, task: 'unicode' })).turn, 'proceed');
  return turn;
}

async function fork(project: string, from: { task: string; turn: number }, n: number) {
  const { plan, point } = await forkBase(db, { project, milestone: 'slugs', ...from });
  const [origin] = plan.milestones;
  if (!origin) throw new Error('no milestone');
  const id = forkId('slugs', n);
  const made = forkPlan(plan, origin, id, { ...point, note: 'use teal', path: forkPath(plan, id), branch: forkBranch(project, id) });
  return { id, point, made: await insertFork(db, { plan: made, sha256: sha256(id), source: 'fork' }) };
}

test('what was over when a turn began is over in its fork; the task itself and what came later is not', async () => {
  const turn = await carriedOut('points');
  const of = async (task: string, n: number) => (await forkBase(db, { project: 'points', milestone: 'slugs', task, turn: n })).point;
  expect(await of('ascii', 1)).toMatchObject({ epoch: turn.epoch, task: 'ascii', turn: 1, tree: 'ascii-1', sidecar: 'side-1', firstTree: 'tree-0', sessionId: 'session-1', over: [] });
  expect(await of('ascii', 2)).toMatchObject({ tree: 'ascii-2', firstTree: 'tree-0', over: [] });
  expect((await of('unicode', 1)).over).toEqual([{ id: 'ascii', state: 'completed' }]);
  await expect(of('unicode', 2)).rejects.toMatchObject({ kind: 'unknown_target' });
  await beginTurn(db, { ...turn, task: 'unicode', turn: 2 });
  await expect(of('unicode', 2)).rejects.toMatchObject({ kind: 'policy', message: expect.stringContaining('has not ended') });
});

const NAMES = { host: 'local', root: '/srv/x', path: '/srv/x.t', commit: 'c' };

/** Its worktree has the files of the workspace as `base`. */
async function open(ref: TurnRef, base: string): Promise<number> {
  const { project, milestone, task, epoch } = ref;
  const branch = `holdpoint/${project}.${milestone}.${task}.${epoch}`;
  await insertWorktree(db, ref, { ...NAMES, project, milestone, task, holder: 'r', branch, base: { tree: base, sidecar: 's' } });
  await noteEvent(db, { project, milestone, kind: 'worktree_opened', message: 'm', key: branch });
  const made = await worktreeOf(db, { project, milestone, task });
  return made?.id ?? 0;
}

async function comeBack(ref: TurnRef, id: number, tree: string): Promise<void> {
  await changeWorktree(db, ref, id, { state: 'merging', begins: true });
  await changeWorktree(db, ref, id, { state: 'merged', base: { tree, sidecar: 's' } });
  await changeWorktree(db, ref, id, { state: 'removed' });
}

async function conflict(ref: TurnRef, id: number): Promise<void> {
  const { project, milestone, task, epoch } = ref;
  await changeWorktree(db, ref, id, { state: 'conflicting', begins: true });
  await noteEvent(db, { project, milestone, kind: 'worktree_updated', message: 'm', key: `holdpoint/${project}.${milestone}.${task}.${epoch}/1` });
  await changeWorktree(db, ref, id, { state: 'open' });
}

test('what was done beside a turn is over in its fork only when the worktree of the turn has had it', async () => {
  await savePlan(db, { project: 'lanes', sha256: SHA, plan: planOf('lanes'), source: '' });
  const { epoch } = await claimLease(db, { host: 'local', workspace: '/srv/lanes', project: 'lanes', milestone: 'slugs', holder: 'r' });
  const ascii = { project: 'lanes', milestone: 'slugs', epoch, task: 'ascii', turn: 1 };
  const unicode = { ...ascii, task: 'unicode' };
  const [one, other] = [await open(ascii, 'base'), await open(unicode, 'base')];
  for (const ref of [ascii, unicode]) await end((await beginTurn(db, ref)).turn, 'proceed');
  await comeBack(ascii, one, 'with-ascii');
  const over = async (task: string, n: number) => (await forkBase(db, { project: 'lanes', milestone: 'slugs', task, turn: n })).point.over;
  expect([await over('ascii', 1), await over('unicode', 1)]).toEqual([[], []]);
  // Begun after that, but still without what came back.
  await end((await beginTurn(db, { ...unicode, turn: 2 })).turn, 'retry');
  expect(await over('unicode', 2)).toEqual([]);
  await conflict(unicode, other);
  await end((await beginTurn(db, { ...unicode, turn: 3 })).turn, 'proceed');
  expect(await over('unicode', 3)).toEqual([{ id: 'ascii', state: 'completed' }]);
  // The files of both are not those of either.
  const to = async () => (await diffRows(db, { project: 'lanes', milestone: 'slugs' })).to;
  expect(await to()).toBe('with-ascii');
  await comeBack(unicode, other, 'with-both');
  expect([await to(), (await diffRows(db, { project: 'lanes', milestone: 'slugs', task: 'unicode' })).to]).toEqual(['with-both', 'tree-3']);
  await end((await beginTurn(db, { ...ascii, turn: 2 })).turn, 'proceed');
  expect([await to(), await over('ascii', 2)]).toEqual(['tree-2', [{ id: 'unicode', state: 'completed' }]]);
});

test('a fork is a milestone of its own: beside the plan, of another number each, untouched by a new run of the project', async () => {
  await carriedOut('beside');
  expect((await fork('beside', { task: 'unicode', turn: 1 }, 1)).made).toBe(true);
  expect((await fork('beside', { task: 'unicode', turn: 1 }, 1)).made).toBe(false);
  expect((await fork('beside', { task: 'ascii', turn: 1 }, 2)).made).toBe(true);
  expect(await countForks(db, { project: 'beside', milestone: 'slugs' })).toBe(2);
  await recordStates(db, { project: 'beside', milestone: 'slugs-fork-1', workflowId: 'w', runId: 'r', milestoneState: 'completed', tasks: [{ id: 'unicode', state: 'completed' }] });
  await recordStates(db, { project: 'beside', workflowId: 'w', runId: 'r', projectState: 'completed' });
  await registerPlan(db, { project: 'beside', sha256: SHA, runId: 'another' });
  const { projects: [project] } = await readStatus(db, 'beside');
  expect(project?.milestones.map(({ id, state, forkOf, tasks }) => [id, state, forkOf, Object.fromEntries(tasks.map((task) => [task.id, task.state]))])).toEqual([
    ['slugs', 'pending', null, { unicode: 'pending', ascii: 'pending' }],
    ['slugs-fork-1', 'completed', 'beside/slugs/unicode.1', { unicode: 'completed', ascii: 'completed' }],
    ['slugs-fork-2', 'pending', 'beside/slugs/ascii.1', { unicode: 'pending', ascii: 'pending' }],
  ]);
  // One that has not been started can be taken back; another cannot.
  await dropFork(db, { project: 'beside', id: 'slugs-fork-1' });
  await dropFork(db, { project: 'beside', id: 'slugs-fork-2' });
  expect(await countForks(db, { project: 'beside', milestone: 'slugs' })).toBe(1);
});

test('what a project has changed leaves its forks out; a fork is asked for by its name', async () => {
  const { epoch } = await carriedOut('apart');
  await fork('apart', { task: 'ascii', turn: 1 }, 1);
  await db.updateTable('workspace_lease').set({ milestone: 'slugs-fork-1' }).where('project', '=', 'apart').execute();
  await end((await beginTurn(db, { project: 'apart', milestone: 'slugs-fork-1', epoch, task: 'ascii', turn: 1 })).turn, 'proceed');
  const all = await db.selectFrom('turn').select('tree_after').where('project', '=', 'apart').orderBy('id').execute();
  expect(all.map(({ tree_after: tree }) => tree)).toEqual(['tree-1', 'tree-2', 'tree-1', 'tree-1']);
  await db.updateTable('turn').set({ tree_after: 'of the fork' }).where('project', '=', 'apart').where('milestone', '=', 'slugs-fork-1').execute();
  expect([(await diffRows(db, { project: 'apart' })).to, (await diffRows(db, { project: 'apart', milestone: 'slugs-fork-1' })).to]).toEqual(['tree-1', 'of the fork']);
});

test('a transcript is had whole, as after any turn, and as it was before it was begun anew; a damaged one is not had', async () => {
  const { turn } = await beginProject(db, 'kept');
  const second = (await beginTurn(db, { ...turn, turn: 2 })).turn;
  const part = { sessionId: 's', generation: 1, hidden: false };
  await insertTranscriptPart(db, turn, { ...part, from: 0, to: 4, fileSha256: sha256('one\n'), copy: Buffer.from('one\n') });
  await insertTranscriptPart(db, turn, { ...part, from: 0, to: 4, fileSha256: sha256('one\n'), copy: Buffer.from('one\n') });
  await insertTranscriptPart(db, second, { ...part, from: 4, to: 8, fileSha256: sha256('one\ntwo\n'), copy: Buffer.from('two\n') });
  expect(await transcriptEnd(db, 's')).toEqual({ generation: 1, bytes: 8, sha256: sha256('one\ntwo\n') });
  const { id } = await loadTurn(db, turn);
  const texts = async (turnId?: number) => (await keptTranscript(db, 's', turnId))?.text.toString();
  expect([await texts(), await texts(id), await texts(id - 1)]).toEqual(['one\ntwo\n', 'one\n', undefined]);
  await insertTranscriptPart(db, second, { ...part, generation: 2, hidden: true, from: 0, to: 6, fileSha256: sha256('other\n'), copy: Buffer.from('[redacted]\n') });
  expect(await keptTranscript(db, 's')).toMatchObject({ hidden: true, sha256: sha256('[redacted]\n') });
  expect(await texts(id)).toBe('one\n');
  await db.updateTable('transcript_part').set({ file_sha256: sha256('two\n') }).where('turn_id', '=', id).execute();
  await expect(texts(id)).rejects.toThrow('is damaged');
});

test('the id of a fork stays an id, however long the milestone\'s is', () => {
  expect([forkId('slugs', 2), forkId('a'.repeat(63), 12), forkId(`${'a'.repeat(54)}-${'b'.repeat(8)}`, 1)]).toEqual(['slugs-fork-2', `${'a'.repeat(55)}-fork-12`, `${'a'.repeat(54)}-b-fork-1`.slice(0, 63)]);
});

test('a fork lies beside the workspace, or where the plan wants worktrees', () => {
  const plan = planOf('app');
  expect(forkPath(plan, 'm-fork-1')).toBe('/srv/app.m-fork-1');
  expect(forkPath({ ...plan, workspace: { host: 'local', path: '/srv/app/' }, isolation: { folder: '/var/trees', link: [] } }, 'm-fork-1')).toBe('/var/trees/app.app.m-fork-1');
});
