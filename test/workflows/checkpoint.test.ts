/** A checkpoint on demand: of the milestone that holds the workspace, at work or not, and by a workflow of its own. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Temporal } from '../../src/temporal/connection.ts';
import { checkpoint } from '../../src/temporal/restores.ts';
import { WORKFLOW_QUEUE, checkpointUpdate } from '../../src/workflows/messages.ts';
import type { checkpointWorkflow, effectsWorkflow } from '../../src/workflows/index.ts';
import { eventually } from '../support/eventually.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { milestoneStates, startMilestone } from './driver.ts';
import { callsOf, failure, fakeActivities, newWorld, ran, type World } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

test('it is taken beside a run, which goes on; one that fails ends the update alone', async () => {
  const held = Promise.withResolvers<void>();
  let n = 0;
  const keepCheckpoint: World['on']['keepCheckpoint'] = async () =>
    (n++ === 0 ? { id: '9', tree: 't', files: 1, bytes: 2, notCovered: [], moreNotCovered: 0 } : Promise.reject(failure('stale_fence', 'somebody else holds it')));
  const world = newWorld({ on: { runTurn: async () => held.promise.then(() => ran()), keepCheckpoint } });
  const handle = await startMilestone(worker, world);
  await eventually(() => callsOf(world, 'runTurn').length > 0, { what: 'the run' });
  expect(await handle.executeUpdate(checkpointUpdate, { args: [{ by: 'ann' }] })).toMatchObject({ id: '9' });
  expect(callsOf(world, 'keepCheckpoint')).toMatchObject([{ milestone: 'm', epoch: 7, by: 'ann' }]);
  await expect(handle.executeUpdate(checkpointUpdate, { args: [{}] })).rejects.toMatchObject({ cause: { type: 'stale_fence' } });
  await expect(handle.executeUpdate(checkpointUpdate, { args: [{ by: '' }] })).rejects.toMatchObject({ cause: { type: 'bad_input' } });
  held.resolve();
  expect((await handle.result()).tasks).toMatchObject([{ state: 'completed', turns: 1 }]);
});

test('a milestone that waits for the workspace has nothing to keep', async () => {
  const world = newWorld({ on: { claimWorkspace: async () => Promise.reject(failure('workspace_leased', 'in use', false)) } });
  const handle = await startMilestone(worker, world);
  await eventually(() => callsOf(world, 'claimWorkspace').length > 0, { what: 'the claim' });
  await expect(handle.executeUpdate(checkpointUpdate, { args: [{}] })).rejects.toMatchObject({ cause: { type: 'policy', message: expect.stringContaining('waits for the workspace') } });
  await handle.terminate();
});

/** Temporal, whose milestones have `refused` called as soon as they have refused an update. */
function watched({ temporal }: TestWorker, refused: () => void): Temporal {
  const { workflow } = temporal.client;
  const getHandle = (id: string) => {
    const handle = workflow.getHandle(id);
    const executeUpdate: typeof handle.executeUpdate = (...given: Parameters<typeof handle.executeUpdate>) => handle.executeUpdate(...given).finally(refused);
    return Object.assign(Object.create(handle) as typeof handle, { executeUpdate });
  };
  return { ...temporal, client: Object.assign(Object.create(temporal.client) as typeof temporal.client, { workflow: Object.assign(Object.create(workflow) as typeof workflow, { getHandle }) }) };
}

test('of a milestone whose end can be read and that has not closed yet, it is taken as soon as it has', async () => {
  const held = Promise.withResolvers<void>();
  const world = newWorld({ on: { recordState: async ({ milestoneState }) => (milestoneState === 'completed' ? held.promise : undefined) } });
  const handle = await startMilestone(worker, world);
  await eventually(() => milestoneStates(world).includes('completed'), { what: 'the last record' });
  expect(await checkpoint(watched(worker, held.resolve), { project: world.project, milestone: 'm', planSha256: 'abc' })).toMatchObject({ id: '9' });
  expect(callsOf(world, 'claimWorkspace')).toMatchObject([{}, { workflowRunId: expect.stringMatching(/^restore:/) }]);
  expect((await handle.describe()).status.name).toBe('COMPLETED');
});

test('a workflow of its own claims the workspace as a restore does, and gives it back also when it fails', async () => {
  const start = (world: World) => worker.temporal.client.workflow.execute<typeof checkpointWorkflow>('checkpointWorkflow', {
    workflowId: `${world.project}-checkpoint`, taskQueue: WORKFLOW_QUEUE, args: [{ project: world.project, milestone: 'm', planSha256: 'abc', by: 'ann' }],
  });
  const fine = newWorld();
  expect(await start(fine)).toMatchObject({ id: '9' });
  expect([callsOf(fine, 'claimWorkspace'), callsOf(fine, 'keepCheckpoint'), callsOf(fine, 'releaseWorkspace')])
    .toMatchObject([[{ workflowRunId: expect.stringMatching(/^restore:/) }], [{ epoch: 7, by: 'ann' }], [{ epoch: 7 }]]);
  const bad = newWorld({ on: { keepCheckpoint: async () => Promise.reject(failure('workspace_missing', 'it is gone')) } });
  await expect(start(bad)).rejects.toMatchObject({ cause: { type: 'workspace_missing' } });
  expect(callsOf(bad, 'releaseWorkspace')).toHaveLength(1);
});

test('what no restore undoes is listed without holding the workspace; who asked is told why it cannot be', async () => {
  const start = (world: World) => worker.temporal.client.workflow.execute<typeof effectsWorkflow>('effectsWorkflow', {
    workflowId: `${world.project}-effects`, taskQueue: WORKFLOW_QUEUE, args: [{ project: world.project, milestone: 'm', planSha256: 'abc', checkpoint: '4' }],
  });
  const fine = newWorld();
  expect(await start(fine)).toEqual({ effects: ['`git push`: pushes to a server'], moreEffects: 0 });
  expect(fine.calls.map(({ name, input }) => [name, input.checkpoint])).toEqual([['listEffects', '4']]);
  const bad = newWorld({ on: { listEffects: async () => Promise.reject(failure('unknown_target', 'there is no checkpoint 4')) } });
  await expect(start(bad)).rejects.toMatchObject({ cause: { type: 'unknown_target', message: 'there is no checkpoint 4' } });
});
