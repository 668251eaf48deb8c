/** The answer `restore` and the update `restoreNow`: offered and done only when it is seen what they mean, and while nothing runs. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RestoreReport } from '../../src/activities/contract.ts';
import type { RestorePreview } from '../../src/domain/restore.ts';
import { answerSignal, answerUpdate, restoreUpdate, WORKFLOW_QUEUE, type Answer } from '../../src/workflows/messages.ts';
import type { restoreWorkflow } from '../../src/workflows/restore.ts';
import { eventually } from '../support/eventually.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { events, inState, opened, scheduled, startMilestone, type Handle } from './driver.ts';
import { callsOf, failure, fakeActivities, judgements, milestone, newWorld, restored, ran, task, type World } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

const PREVIEW: RestorePreview = { checkpoint: '12', taken: 'before one #1', files: 3, effects: [], moreEffects: 0 };
const WITH_EFFECTS = { ...PREVIEW, effects: ['one #1: git push: pushes to a server'] };

const failing = (preview: RestorePreview | null, on: World['on'] = {}, ...then: Parameters<typeof judgements>): World => newWorld({
  milestones: [milestone('m')],
  on: { judgeTurn: judgements({ decision: 'breakpoint', breakpoint: 'breaking_test_failure', reason: 'it is red', failed: true }, ...(then.length > 0 ? then : [{}])), previewRestore: async () => ({ preview }), ...on },
});

const answer = (handle: Handle, breakpoint: string, action: Answer['action'], note?: string) =>
  handle.executeUpdate(answerUpdate, { args: [{ breakpoint, action, by: 'ann', ...(note && { note }) }] });

describe('the answer restore', () => {
  test('is offered with what it would do; the next attempt is told, and begins a session of its own', async () => {
    const world = failing(PREVIEW);
    const handle = await startMilestone(worker, world);
    const { id, actions, reason, noteRequired } = await opened(handle, 'breaking_test_failure');
    expect({ actions, reason, noteRequired }).toEqual({
      actions: ['retry', 'skip', 'approve', 'restore', 'abort'], noteRequired: [], reason: 'it is red\nrestore: 3 files back to checkpoint 12, before one #1.',
    });
    await answer(handle, id, 'restore', 'smaller steps');
    expect((await handle.result()).tasks).toMatchObject([{ state: 'completed', turns: 2 }]);
    expect(callsOf(world, 'restoreFiles')).toMatchObject([{ id, checkpoint: '12', paths: null, dryRun: false, seen: 0, by: 'ann', epoch: 7 }]);
    expect(callsOf(world, 'beginTurn')[1]).toMatchObject({ turn: 2, fresh: true, note: 'smaller steps', said: expect.stringContaining('back to what they were before one #1') });
    expect(callsOf(world, 'beginTurn')[0]).not.toHaveProperty('fresh');
    expect(events(world)).toContainEqual({ kind: 'restored', message: 'one: 1 files back to checkpoint 12 by ann; undo: checkpoint 2' });
  });

  test('is not offered where there is nothing to go back to, and refused', async () => {
    const handle = await startMilestone(worker, failing(null));
    const { id, actions } = await opened(handle, 'breaking_test_failure');
    expect(actions).toEqual(['retry', 'skip', 'approve', 'abort']);
    await expect(answer(handle, id, 'restore')).rejects.toMatchObject({ cause: { type: 'action_not_allowed' } });
    await answer(handle, id, 'approve');
    await handle.result();
  });

  test('needs a note where something stays done, which the reason lists however long it is', async () => {
    const world = failing(WITH_EFFECTS, { judgeTurn: judgements({ decision: 'breakpoint', breakpoint: 'breaking_test_failure', reason: 'r'.repeat(3_000), failed: true }, {}) });
    const handle = await startMilestone(worker, world);
    const { id, noteRequired, reason } = await opened(handle, 'breaking_test_failure');
    expect([noteRequired, reason.length <= 1_000, reason]).toEqual([['restore'], true, expect.stringContaining('\n- one #1: git push: pushes to a server')]);
    await expect(answer(handle, id, 'restore')).rejects.toMatchObject({ cause: { type: 'bad_input' } });
    await handle.signal(answerSignal, { breakpoint: id, action: 'restore' });
    expect(callsOf(world, 'restoreFiles')).toEqual([]);
    await answer(handle, id, 'restore', 'the push is reverted');
    await handle.result();
    expect(callsOf(world, 'restoreFiles')).toMatchObject([{ seen: 1 }]);
  });

  test('is never kept before its question is open', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const world = failing(PREVIEW, { runTurn: async () => held.then(() => ran()) });
    const handle = await startMilestone(worker, world);
    await handle.signal(answerSignal, { breakpoint: `${world.project}/m/one.1/breaking_test_failure.1`, action: 'restore' });
    release();
    const { id } = await opened(handle, 'breaking_test_failure');
    await answer(handle, id, 'approve');
    await handle.result();
    expect(callsOf(world, 'restoreFiles')).toEqual([]);
  });

  test.each<[string, () => Promise<RestoreReport>, string]>([
    ['is not exact', async () => restored({ exact: false, notRestored: [{ path: 'a', reason: 'is excluded by the plan' }] }), 'The restore is not exact: a (is excluded by the plan). What was there before it is checkpoint 2.'],
    ['cannot be done', async () => Promise.reject(failure('workspace_busy', 'a run is alive')), 'The files were not restored: a run is alive'],
  ])('that %s is asked again, with the reason', async (_, first, why) => {
    let n = 0;
    const world = failing(PREVIEW, { restoreFiles: async () => (n++ === 0 ? first() : restored()) });
    const handle = await startMilestone(worker, world);
    await answer(handle, (await opened(handle, 'breaking_test_failure')).id, 'restore');
    const second = await opened(handle, 'breaking_test_failure', 2);
    expect(second.reason).toBe(`${why}\nrestore: 3 files back to checkpoint 12, before one #1.`);
    await answer(handle, second.id, 'restore');
    expect((await handle.result()).tasks).toMatchObject([{ turns: 2 }]);
    expect(callsOf(world, 'restoreFiles').map(({ id }) => id)).toEqual([expect.stringMatching(/\.1$/), second.id]);
  });
});

test('what others have done since the question was asked is shown before it is asked again', async () => {
  const previews = [PREVIEW, WITH_EFFECTS];
  const world = failing(PREVIEW, {
    previewRestore: async () => ({ preview: previews.shift() ?? null }),
    restoreFiles: async ({ seen }) => (seen === 1 ? restored() : Promise.reject(failure('policy', `1 was done, of which ${seen} were shown: ask again`))),
  });
  const handle = await startMilestone(worker, world);
  await answer(handle, (await opened(handle, 'breaking_test_failure')).id, 'restore');
  const second = await opened(handle, 'breaking_test_failure', 2);
  expect(second).toMatchObject({ noteRequired: ['restore'], reason: expect.stringContaining('\n- one #1: git push: pushes to a server') });
  await answer(handle, second.id, 'restore', 'I know');
  expect((await handle.result()).tasks).toMatchObject([{ state: 'completed', turns: 2 }]);
});

test('a checkpoint that has gone meanwhile is not offered again', async () => {
  const previews = [PREVIEW];
  const world = failing(PREVIEW, { previewRestore: async () => ({ preview: previews.shift() ?? null }), restoreFiles: async () => Promise.reject(failure('unknown_target', 'it is gone')) });
  const handle = await startMilestone(worker, world);
  await answer(handle, (await opened(handle, 'breaking_test_failure')).id, 'restore');
  const second = await opened(handle, 'breaking_test_failure', 2);
  expect([second.actions, second.reason]).toEqual([['retry', 'skip', 'approve', 'abort'], 'The files were not restored: it is gone']);
  await answer(handle, second.id, 'approve');
  await handle.result();
});

describe('of a task that works beside others', () => {
  const inLanes = (preview: RestorePreview | null, then: Parameters<typeof judgements>[0] = {}): World => {
    const red = judgements({ decision: 'breakpoint', breakpoint: 'breaking_test_failure', reason: 'it is red', failed: true }, then);
    return newWorld({
      milestones: [milestone('m', { tasks: [task('one', { isolated: true }), task('two', { isolated: true })] })],
      on: { judgeTurn: (p) => (p.task === 'one' ? red : judgements({}))(p), previewRestore: async () => ({ preview }) },
    });
  };

  test('the answer restore is offered, and is about its own line of work', async () => {
    const world = inLanes(PREVIEW);
    const handle = await startMilestone(worker, world);
    const { id, actions, reason } = await opened(handle, 'breaking_test_failure');
    expect([actions, reason]).toEqual([['retry', 'skip', 'approve', 'restore', 'abort'], 'it is red\nrestore: 3 files back to checkpoint 12, before one #1.']);
    await answer(handle, id, 'restore');
    expect((await handle.result()).tasks).toMatchObject([{ id: 'one', state: 'completed', turns: 2 }, { id: 'two', state: 'completed', turns: 1 }]);
    expect(callsOf(world, 'previewRestore')).toMatchObject([{ task: 'one', lane: 'one', turn: 1 }]);
    expect(callsOf(world, 'restoreFiles')).toMatchObject([{ id, checkpoint: '12', lane: 'one' }]);
    const again = callsOf(world, 'beginTurn').filter((call) => call.task === 'one')[1];
    expect(again).toMatchObject({ turn: 2, fresh: true, lane: 'one', said: expect.stringContaining('back to what they were before one #1') });
    expect(events(world)).toContainEqual({ kind: 'restored', message: 'one: 1 files back to checkpoint 12 by ann; what its worktree held before: checkpoint 2' });
    // It is brought back as if nothing had been.
    expect(callsOf(world, 'mergeWorktree').map((call) => call.task).sort()).toEqual(['one', 'two']);
  });

  test('it is not offered where there is nothing to go back to', async () => {
    const handle = await startMilestone(worker, inLanes(null));
    const { id, actions } = await opened(handle, 'breaking_test_failure');
    expect(actions).toEqual(['retry', 'skip', 'approve', 'abort']);
    await answer(handle, id, 'approve');
    await handle.result();
  });
});

const REQUEST = { id: 'r-1', checkpoint: '5', paths: null, dryRun: false, seen: 0, by: 'ben' };

describe('the update restoreNow', () => {
  test('is refused while the agent works; once it is paused it is done, and the next prompt tells of it', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const world = newWorld({ milestones: [milestone('m')], on: { runTurn: async (p) => (p.turn === 1 ? held.then(() => ran()) : ran()), judgeTurn: judgements({ decision: 'retry', reason: 'again', failed: true }, {}) } });
    const handle = await startMilestone(worker, world);
    await eventually(() => callsOf(world, 'runTurn').length > 0, { what: 'the run' });
    await handle.executeUpdate('pauseNow');
    await expect(handle.executeUpdate(restoreUpdate, { args: [REQUEST] })).rejects.toMatchObject({ cause: { type: 'policy', message: expect.stringContaining('pause it first') } });
    release();
    await inState(handle, 'paused');
    expect(await handle.executeUpdate(restoreUpdate, { args: [REQUEST] })).toMatchObject({ exact: true });
    expect(await handle.executeUpdate(restoreUpdate, { args: [{ ...REQUEST, id: 'r-2', dryRun: true }] })).toMatchObject({ exact: true });
    await handle.executeUpdate('resumeNow');
    await handle.result();
    expect(callsOf(world, 'restoreFiles')).toMatchObject([REQUEST, { id: 'r-2', dryRun: true }]);
    const said = callsOf(world, 'beginTurn').map((call) => call.said);
    expect(said.filter(Boolean)).toEqual([expect.stringContaining('A person has put the files back')]);
  });

  test('while it goes on, an answer leads nowhere yet; a second restore is refused; a failure ends the update alone', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let n = 0;
    const world = failing(null, { restoreFiles: async () => (n++ === 0 ? held.then(() => restored()) : Promise.reject(failure('unknown_target', 'no such checkpoint'))) });
    const handle = await startMilestone(worker, world);
    const { id } = await opened(handle, 'breaking_test_failure');
    const restoring = await handle.startUpdate(restoreUpdate, { args: [REQUEST], waitForStage: 'ACCEPTED' });
    await expect(handle.executeUpdate(restoreUpdate, { args: [{ ...REQUEST, id: 'r-2' }] })).rejects.toMatchObject({ cause: { type: 'policy' } });
    await answer(handle, id, 'retry');
    await handle.executeUpdate('pauseNow');
    const calls = await scheduled(handle);
    expect(calls.slice(calls.indexOf('restoreFiles')).filter((name) => name !== 'notify')).toEqual(['restoreFiles']);
    release();
    expect(await restoring.result()).toMatchObject({ exact: true });
    await inState(handle, 'paused');
    await expect(handle.executeUpdate(restoreUpdate, { args: [{ ...REQUEST, id: 'r-3' }] })).rejects.toMatchObject({ cause: { type: 'unknown_target', message: 'no such checkpoint' } });
    await handle.executeUpdate('resumeNow');
    expect((await handle.result()).tasks).toMatchObject([{ turns: 2 }]);
  });

  test('while it goes on, an approval does not give the workspace back', async () => {
    const held = Promise.withResolvers<void>();
    const world = newWorld({ milestones: [milestone('m', { breakpoints: {} })], on: { restoreFiles: async () => held.promise.then(() => restored()) } });
    const handle = await startMilestone(worker, world);
    const { id } = await opened(handle, 'milestone_completion');
    const restoring = await handle.startUpdate(restoreUpdate, { args: [REQUEST], waitForStage: 'ACCEPTED' });
    await answer(handle, id, 'approve');
    await handle.executeUpdate('resumeNow');
    expect(await scheduled(handle)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(lookAtTree|releaseWorkspace)$/)]));
    held.resolve();
    expect(await restoring.result()).toMatchObject({ exact: true });
    await handle.result();
    expect((await scheduled(handle)).slice(-10)).toEqual(expect.arrayContaining(['lookAtTree', 'releaseWorkspace']));
  });

  test.each([[{}, '"id"'], [{ id: 'x' }, '"checkpoint"'], [{ ...REQUEST, paths: 'a' }, '"paths"'], [{ ...REQUEST, seen: -1 }, '"seen"'], [null, 'object']])('a wrong payload is refused: %j', async (payload, what) => {
    const world = failing(null);
    const handle = await startMilestone(worker, world);
    const { id } = await opened(handle, 'breaking_test_failure');
    await expect(handle.executeUpdate('restoreNow', { args: [payload] })).rejects.toMatchObject({ cause: { type: 'bad_input', message: expect.stringContaining(what) } });
    await answer(handle, id, 'approve');
    await handle.result();
  });
});

test('a workflow of its own claims the workspace as a restore does, and gives it back also when it fails', async () => {
  const start = (world: World) => worker.temporal.client.workflow.execute<typeof restoreWorkflow>('restoreWorkflow', {
    workflowId: `${world.project}-restore`, taskQueue: WORKFLOW_QUEUE, args: [{ ...REQUEST, project: world.project, milestone: 'm', planSha256: 'abc' }],
  });
  const fine = newWorld();
  expect(await start(fine)).toMatchObject({ exact: true });
  expect([callsOf(fine, 'claimWorkspace'), callsOf(fine, 'restoreFiles'), callsOf(fine, 'releaseWorkspace')]).toMatchObject([[{ workflowRunId: expect.stringMatching(/^restore:/) }], [{ epoch: 7, id: 'r-1' }], [{ epoch: 7 }]]);
  const bad = newWorld({ on: { restoreFiles: async () => Promise.reject(failure('workspace_busy', 'a run is alive')) } });
  await expect(start(bad)).rejects.toMatchObject({ cause: { type: 'workspace_busy' } });
  expect(callsOf(bad, 'releaseWorkspace')).toHaveLength(1);
  const leased = newWorld({ on: { claimWorkspace: async () => Promise.reject(failure('workspace_leased', 'in use', false)) } });
  await expect(start(leased)).rejects.toMatchObject({ cause: { type: 'workspace_leased' } });
});
