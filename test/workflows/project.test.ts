/** Milestones as children: their order, pause, failure, cancel, and what the project says at its end. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { projectWorkflowId } from '../../src/domain/ids.ts';
import { milestoneStatusQuery, projectStatusQuery, WORKFLOW_QUEUE, type Control } from '../../src/workflows/messages.ts';
import type { projectWorkflow } from '../../src/workflows/project.ts';
import { eventually } from '../support/eventually.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { failureOf } from './driver.ts';
import { callsOf, failure, fakeActivities, milestone, newWorld, ran, records, untilCancelled, type World } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

const start = (world: World) => worker.temporal.client.workflow.start<typeof projectWorkflow>('projectWorkflow', {
  workflowId: projectWorkflowId(world.project), taskQueue: WORKFLOW_QUEUE, args: [{ project: world.project, planSha256: 'abc' }],
});

const milestoneHandle = (world: World, id: string) => worker.temporal.client.workflow.getHandle(`${projectWorkflowId(world.project)}/${id}`);

const after = (id: string, dependsOn: string[]) => ({ ...milestone(id), dependsOn });

const statesOf = (world: World, id?: string) => records(world).filter((r) => r.milestone === id).flatMap((r) => (id ? r.milestoneState : r.projectState) ?? []);

/** Runs of that milestone go on until told; the others end at once. */
function held(world: World, id: string): () => void {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  world.on.runTurn = async (p) => (p.milestone === id ? (await gate, ran()) : ran());
  return () => release();
}

const begun = (world: World, id: string) => callsOf(world, 'runTurn').some((c) => c.milestone === id);

describe('a project', () => {
  test('runs its milestones in the order of their dependencies and adds up the cost', async () => {
    const world = newWorld({ milestones: [after('last', ['left', 'right']), after('left', ['first']), after('right', ['first']), after('first', [])] });
    const release = held(world, 'left');
    const handle = await start(world);
    await eventually(() => begun(world, 'left') && statesOf(world, 'right').includes('completed'), { what: 'right beside left' });
    expect(begun(world, 'last')).toBe(false);
    release();
    const result = await handle.result();
    expect(result).toMatchObject({ project: world.project, state: 'completed', costUsd: 1 });
    expect(result.milestones.map((m) => m.milestone).sort()).toEqual(['first', 'last', 'left', 'right']);
    expect(callsOf(world, 'claimWorkspace').map((c) => c.milestone)).toEqual(['first', expect.stringMatching(/left|right/), expect.stringMatching(/left|right/), 'last']);
    expect(statesOf(world)).toEqual(['running', 'completed']);
    expect(await handle.query(projectStatusQuery)).toMatchObject({ state: 'completed', milestones: [{ id: 'last', state: 'completed' }, {}, {}, {}] });
  });

  test('whose plan is unknown says so', async () => {
    const handle = await start({ ...newWorld(), project: 'p-nowhere' });
    expect(await failureOf(handle)).toEqual({ type: 'unknown_plan', message: 'no plan of project p-nowhere is stored' });
  });

  test('whose milestones wait for each other fails', async () => {
    const handle = await start(newWorld({ milestones: [after('a', ['b']), after('b', ['a'])] }));
    expect((await failureOf(handle)).type).toBe('bad_input');
  });

  test('fails with the first milestone that fails; the others are cancelled and awaited, those that had not begun too', async () => {
    const world = newWorld({ milestones: [after('bad', []), after('good', []), after('never', ['bad'])] });
    let stopped = false;
    world.on.runTurn = (p) => (p.milestone === 'good' ? untilCancelled().finally(() => (stopped = true)) : eventually(() => begun(world, 'good'), { what: 'good' }).then(() => ran()));
    world.on.endTurn = () => Promise.reject(failure('stale_fence', 'lease lost'));
    const handle = await start(world);
    expect(await failureOf(handle)).toEqual({ type: 'milestone_failed', message: 'milestone bad failed: lease lost' });
    expect(stopped).toBe(true);
    expect((await milestoneHandle(world, 'good').describe()).status.name).toBe('CANCELLED');
    expect(['bad', 'good', 'never'].map((id) => statesOf(world, id).at(-1))).toEqual(['failed', 'cancelled', 'cancelled']);
    expect(statesOf(world)).toEqual(['running', 'failed']);
    expect(records(world).flatMap((r) => r.events ?? [])).toContainEqual({ kind: 'failed', message: 'milestone bad failed: lease lost' });
  });

  test('fails when one of its milestones is cancelled', async () => {
    const world = newWorld({ on: { runTurn: untilCancelled } });
    const handle = await start(world);
    await eventually(() => begun(world, 'm'), { what: 'the run' });
    await milestoneHandle(world, 'm').cancel();
    expect(await failureOf(handle)).toEqual({ type: 'milestone_failed', message: 'milestone m was cancelled' });
  });

  test('that is cancelled cancels its milestones, waits for them and closes as cancelled', async () => {
    const world = newWorld({ milestones: [after('m', []), after('next', ['m'])], on: { runTurn: untilCancelled } });
    const handle = await start(world);
    await eventually(() => begun(world, 'm'), { what: 'the run' });
    await handle.cancel();
    expect((await failureOf(handle)).type).toBe('cancelled');
    expect((await milestoneHandle(world, 'm').describe()).status.name).toBe('CANCELLED');
    expect([statesOf(world), statesOf(world, 'm').at(-1), statesOf(world, 'next')]).toEqual([['running', 'cancelled'], 'cancelled', ['cancelled']]);
  });
});

describe('pause of a project', () => {
  test('is handed to milestones that run, and holds back those that have not begun', async () => {
    const world = newWorld({ milestones: [after('a', []), after('b', ['a'])] });
    const release = held(world, 'a');
    const handle = await start(world);
    await eventually(() => begun(world, 'a'), { what: 'the run' });
    await handle.executeUpdate<unknown, [Control]>('pauseNow', { args: [{ by: 'ann' }] });
    await eventually(() => statesOf(world).includes('paused'), { what: 'the record of the pause' });
    // The word to the milestone is on its way beside that record.
    await eventually(async () => ((await milestoneHandle(world, 'a').fetchHistory()).events ?? []).some((event) => event.workflowExecutionSignaledEventAttributes?.signalName === 'pause'), { what: 'the word of it' });
    release();
    await eventually(async () => (await milestoneHandle(world, 'a').query(milestoneStatusQuery)).state === 'paused', { what: 'the milestone' });
    await milestoneHandle(world, 'a').signal('resume');
    await eventually(async () => (await handle.query(projectStatusQuery)).milestones[0]?.state === 'completed', { what: 'the end of a' });
    expect(await handle.query(projectStatusQuery)).toMatchObject({ state: 'paused', milestones: [{ state: 'completed' }, { id: 'b', state: 'pending' }] });
    await handle.signal('resume');
    await handle.result();
    expect(statesOf(world)).toEqual(['running', 'paused', 'running', 'completed']);
  });
});
