/** Pause, resume, cancel, a leased workspace, a host that stays away. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Activities } from '../../src/activities/contract.ts';
import { answerUpdate, pauseSignal, pauseUpdate, resumeSignal, resumeUpdate, type Control } from '../../src/workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { events, failureOf, inState, milestoneStates, opened, startMilestone, taskStates, type Handle } from './driver.ts';
import { callsOf, failure, fakeActivities, milestone, newWorld, ran, task, untilCancelled, type World } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

describe('pause', () => {
  test('stops before the next step and goes on after resume', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const world = newWorld({ on: { runTurn: async () => (await held, ran()) } });
    const handle = await startMilestone(worker, world);
    await eventually(() => callsOf(world, 'runTurn').length === 1, { what: 'the run' });
    await handle.signal(pauseSignal, { by: 'ann' });
    release();
    await inState(handle, 'paused');
    expect(callsOf(world, 'endTurn')).toEqual([]);
    await handle.signal(resumeSignal);
    await handle.result();
    expect(milestoneStates(world)).toEqual(['running', 'paused', 'running', 'completed']);
    expect(events(world)).toEqual(expect.arrayContaining([{ kind: 'paused', message: 'by ann' }, { kind: 'resumed', message: 'by somebody' }]));
  });

  test('twice is once, by update too; an answer is taken meanwhile', async () => {
    const world = newWorld({ milestones: [milestone('m', { breakpoints: {} })] });
    const handle = await startMilestone(worker, world, { paused: true });
    await inState(handle, 'paused');
    expect(callsOf(world, 'claimWorkspace')).toEqual([]);
    await handle.executeUpdate<unknown, [Control]>(resumeUpdate.name, { args: [{ by: 'ann' }] });
    const { id } = await opened(handle, 'milestone_completion');
    await handle.executeUpdate<unknown, [Control]>(pauseUpdate.name, { args: [{ by: 'ann' }] });
    await handle.executeUpdate<unknown, [Control]>(pauseUpdate.name, { args: [{ by: 'ann' }] });
    await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: id, action: 'approve' }] });
    await handle.result();
    expect(events(world).filter((e) => e.kind === 'paused')).toHaveLength(1);
  });
});

const CANCELLABLE: (keyof Activities)[] = ['claimWorkspace', 'takeBaseline', 'beginTurn', 'runTurn', 'endTurn', 'runChecks', 'reviewTurn'];

describe('cancel', () => {
  test.each(CANCELLABLE)('during %s waits for it, gives the workspace back and closes as cancelled', async (name) => {
    let cancelled = false;
    const blocked = () => untilCancelled().finally(() => (cancelled = true));
    const world = newWorld({ milestones: [milestone('m', { tasks: [task('one'), task('two')] })], on: { [name]: blocked } });
    const handle = await startMilestone(worker, world);
    await eventually(() => callsOf(world, name).length === 1, { what: name });
    delete world.on[name]; // at the end the milestone measures a turn that was cut off
    await handle.cancel();
    expect((await failureOf(handle)).type).toBe('cancelled');
    expect(cancelled).toBe(true);
    expect(milestoneStates(world).at(-1)).toBe('cancelled');
    expect(taskStates(world).slice(-2)).toEqual(['one:cancelled', 'two:cancelled']);
    expect(callsOf(world, 'releaseWorkspace')).toHaveLength(name === 'claimWorkspace' ? 0 : 1);
  });

  test('while waiting for an answer closes at once', async () => {
    const world = newWorld({ milestones: [milestone('m', { breakpoints: {} })] });
    const handle = await startMilestone(worker, world);
    await opened(handle, 'milestone_completion');
    await handle.cancel();
    expect((await failureOf(handle)).type).toBe('cancelled');
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    expect(await handle.query('status')).toMatchObject({ state: 'cancelled', waitingFor: [], waitingSince: null });
  });

  test('ends as cancelled also when the workspace cannot be given back', async () => {
    const world = newWorld({ on: { runTurn: untilCancelled, releaseWorkspace: () => Promise.reject(failure('stale_fence', 'taken over')) } });
    const handle = await startMilestone(worker, world);
    await eventually(() => callsOf(world, 'runTurn').length === 1, { what: 'the run' });
    await handle.cancel();
    expect((await failureOf(handle)).type).toBe('cancelled');
    expect(milestoneStates(world).at(-1)).toBe('cancelled');
  });
});

describe('a workspace leased elsewhere', () => {
  test('is waited for, visibly', async () => {
    let isFree = false;
    const claimWorkspace = async () => {
      if (!isFree) throw failure('workspace_leased', 'leased to p2/m since noon', false);
      return { epoch: 9 };
    };
    const world = newWorld({ on: { claimWorkspace } });
    const handle = await startMilestone(worker, world);
    await inState(handle, 'waiting');
    // The first claim has led to the wait; the second is repeated until the workspace is free.
    await eventually(() => callsOf(world, 'claimWorkspace').length > 2, { what: 'another claim' });
    isFree = true;
    await handle.result();
    expect(milestoneStates(world)).toEqual(['waiting', 'running', 'completed']);
    expect(events(world)).toContainEqual({ kind: 'waiting_for_workspace', message: 'leased to p2/m since noon' });
    expect(callsOf(world, 'beginTurn')).toMatchObject([{ epoch: 9 }]);
  });
});

describe('a host that stays away', () => {
  const away = (name: keyof Activities): World => {
    let isAway = true;
    const world = newWorld();
    const first = () => {
      if (!isAway) return Promise.resolve(name === 'runTurn' ? ran() : { epoch: 7, tree: 't', changedFiles: 0, runKey: 'k', checks: [] });
      isAway = false;
      return Promise.reject(failure('host_unreachable', 'build-vm does not answer'));
    };
    world.on = { [name]: first };
    return world;
  };

  test.each<[keyof Activities, string]>([['claimWorkspace', 'm'], ['runTurn', 'm/one.1'], ['endTurn', 'm/one.1']])('during %s is asked about; retry repeats the same step', async (name, place) => {
    const world = away(name);
    const handle = await startMilestone(worker, world);
    const question = await opened(handle, 'host_unreachable');
    expect(question).toMatchObject({ id: `${world.project}/${place}/host_unreachable.1`, reason: 'build-vm does not answer' });
    await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: question.id, action: 'retry' }] });
    await handle.result();
    const [first, second] = callsOf(world, name);
    expect(second).toEqual(first);
  });

  const abortOnceAsked = async (world: World): Promise<Handle> => {
    const handle = await startMilestone(worker, world);
    const { id } = await opened(handle, 'host_unreachable');
    await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: id, action: 'abort' }] });
    expect((await failureOf(handle)).type).toBe('aborted');
    return handle;
  };

  test('abort ends the milestone, and the agent on the host that is there again: what it said and did is on record', async () => {
    const world = away('runTurn');
    await abortOnceAsked(world);
    const order = world.calls.map(({ name }) => name);
    expect(order.slice(order.lastIndexOf('stopRun'))).toEqual(expect.arrayContaining(['stopRun', 'runTurn', 'endTurn', 'releaseWorkspace']));
    expect(callsOf(world, 'stopRun')).toMatchObject([{ task: 'one', turn: 1, seq: 1 }]);
    expect(events(world)).toContainEqual({ kind: 'cut_off', message: expect.stringContaining('one #1') });
  });

  test('abort says that the agent may work on where the host is still away; files that may yet change are no checkpoint', async () => {
    const world = away('runTurn');
    world.on.stopRun = () => Promise.reject(failure('internal', 'build-vm does not answer'));
    await abortOnceAsked(world);
    expect(events(world)).toContainEqual({ kind: 'run_left', message: expect.stringContaining('may work on') });
    expect(callsOf(world, 'endTurn')).toEqual([]);
    expect(callsOf(world, 'releaseWorkspace')).toHaveLength(1);
  });

  test('abort keeps the files of an agent that is ended, also where what it said last cannot be stored', async () => {
    const world = newWorld({ on: { runTurn: () => Promise.reject(failure('host_unreachable', 'build-vm does not answer')) } });
    await abortOnceAsked(world);
    expect(callsOf(world, 'endTurn')).toHaveLength(1);
    expect(events(world).map(({ kind }) => kind)).not.toContain('run_left');
  });

  test('abort before a turn has begun has nothing to end', async () => {
    const world = away('claimWorkspace');
    await abortOnceAsked(world);
    expect([...callsOf(world, 'stopRun'), ...callsOf(world, 'endTurn')]).toEqual([]);
  });
});

describe('what no retry can cure', () => {
  test.each<[keyof Activities, string]>([['loadMilestone', 'unknown_plan'], ['runTurn', 'agent_missing'], ['endTurn', 'stale_fence']])('from %s fails the milestone with its kind', async (name, kind) => {
    const world = newWorld({ on: { [name]: () => Promise.reject(failure(kind as 'unknown_plan', 'no way')) } });
    const handle = await startMilestone(worker, world);
    expect(await failureOf(handle)).toEqual({ type: kind, message: 'no way' });
    expect(milestoneStates(world).at(-1)).toBe('failed');
    expect(events(world)).toContainEqual({ kind: 'failed', message: 'no way' });
  });
});
