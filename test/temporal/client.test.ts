/** The facade as the CLI uses it, against the real server: each refusal with its kind, nothing with a raw error. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { HoldpointError } from '../../src/domain/failure-kind.ts';
import {
  answerBreakpoint, cancel, describe as describeTarget, milestoneStatus, openBreakpoints, pause, projectStatus, resume,
} from '../../src/temporal/client.ts';
import { connectTemporal, type Temporal } from '../../src/temporal/connection.ts';
import { startProject } from '../../src/temporal/start.ts';
import type { Answer, OpenBreakpoint } from '../../src/workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { CONNECT, newNamespace, startTestWorker, testAddress, type TestWorker } from '../support/temporal-worker.ts';
import { callsOf, fakeActivities, milestone, newWorld, records, untilCancelled, type World } from '../workflows/fakes.ts';

let worker: TestWorker;
let t: Temporal;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
  t = worker.temporal;
});
afterAll(() => worker.stop());

async function errorOf(work: Promise<unknown>): Promise<HoldpointError> {
  const error = await work.then(() => undefined, (e: unknown) => e);
  if (error instanceof HoldpointError) return error;
  throw new Error(`not a HoldpointError: ${String(error)}`, { cause: error });
}

const asking = (): World => newWorld({ milestones: [milestone('m', { breakpoints: {} })] });

const questionOf = (world: World): Promise<OpenBreakpoint> =>
  eventually(async () => (await openBreakpoints(t, world.project))[0], { what: 'the question' });

const input = (world: World) => ({ project: world.project, planSha256: 'abc' });

describe('startProject', () => {
  test('twice is one project; after its end it is a new run, and says how the last one ended', async () => {
    const world = asking();
    const first = await startProject(t, input(world));
    expect(first).toEqual({ workflowId: `holdpoint/${world.project}`, runId: expect.any(String), started: true, planSha256: 'abc', previous: null });
    expect(await startProject(t, { ...input(world), planSha256: 'other' })).toEqual({ ...first, started: false });
    const { id } = await questionOf(world);
    await answerBreakpoint(t, { breakpoint: id, action: 'approve' });
    await eventually(async () => !(await describeTarget(t, world))?.isOpen, { what: 'the end' });
    const again = await startProject(t, input(world));
    expect(again).toMatchObject({ started: true, previous: 'COMPLETED' });
    expect(again.runId).not.toBe(first.runId);
    expect(await cancel(t, world, AbortSignal.timeout(60_000))).toBe('CANCELLED');
  });

  test('one whose end is on record and that has not closed yet begins a new run as soon as it has', async () => {
    const held = Promise.withResolvers<void>();
    const world = newWorld({ on: { recordState: async ({ projectState }) => (projectState === 'completed' ? held.promise : undefined) } });
    const first = await startProject(t, input(world));
    await eventually(() => records(world).some(({ projectState }) => projectState === 'completed'), { what: 'the last record' });
    expect(await startProject(t, input(world))).toEqual({ ...first, started: false });
    const isOver = async (runId: string): Promise<boolean> => {
      held.resolve();
      return runId === first.runId;
    };
    expect(await startProject(t, input(world), undefined, isOver)).toMatchObject({ started: true, previous: 'COMPLETED' });
  });
});

describe('status', () => {
  test('of a project, a milestone, and of what does not exist', async () => {
    const world = asking();
    await startProject(t, input(world));
    const question = await questionOf(world);
    expect(await projectStatus(t, world.project)).toMatchObject({ state: 'running', milestones: [{ id: 'm', state: 'running' }] });
    expect(await milestoneStatus(t, world.project, 'm')).toMatchObject({ state: 'waiting', waitingFor: [question.id] });
    expect((await openBreakpoints(t)).map((b) => b.id)).toContain(question.id);
    expect((await errorOf(projectStatus(t, 'p-none'))).kind).toBe('unknown_project');
    expect((await errorOf(milestoneStatus(t, world.project, 'none'))).kind).toBe('unknown_target');
    expect(await describeTarget(t, { project: 'p-none' })).toBeUndefined();
    await cancel(t, world, AbortSignal.timeout(60_000));
  });
});

describe('answerBreakpoint', () => {
  test('refuses with the kind the exit code depends on', async () => {
    const world = asking();
    await startProject(t, input(world));
    const { id } = await questionOf(world);
    const kinds: [Answer, string][] = [
      [{ breakpoint: 'nonsense', action: 'approve' }, 'unknown_breakpoint'],
      [{ breakpoint: 'p-none/m/milestone_completion.1', action: 'approve' }, 'unknown_breakpoint'],
      [{ breakpoint: `${world.project}/m/milestone_completion.2`, action: 'approve' }, 'not_open'],
      [{ breakpoint: id, action: 'skip' }, 'action_not_allowed'],
      [{ breakpoint: id, action: 'revise' }, 'bad_input'],
    ];
    for (const [answer, kind] of kinds) expect([answer, (await errorOf(answerBreakpoint(t, answer))).kind]).toEqual([answer, kind]);
    expect(await answerBreakpoint(t, { breakpoint: id, action: 'revise', note: 'again', by: 'ann' })).toEqual({ accepted: true });
    const late = await errorOf(answerBreakpoint(t, { breakpoint: id, action: 'approve' }));
    expect([late.kind, late.details]).toEqual(['already_answered', { first: { action: 'revise', by: 'ann', at: expect.any(String) } }]);
    await cancel(t, world, AbortSignal.timeout(60_000));
    const over = await errorOf(answerBreakpoint(t, { breakpoint: id, action: 'approve' }));
    expect([over.kind, over.message]).toEqual(['not_open', `${id} is not open: its milestone has ended (cancelled)`]);
  });
});

describe('control', () => {
  test('pause, resume and cancel, by whom it was said', async () => {
    const world = newWorld({ on: { runTurn: untilCancelled } });
    await startProject(t, input(world));
    await eventually(() => callsOf(world, 'runTurn').length === 1, { what: 'the run' });
    expect(await pause(t, world, 'ann')).toEqual({ accepted: true });
    expect(await projectStatus(t, world.project)).toMatchObject({ state: 'paused' });
    expect(await resume(t, { project: world.project, milestone: 'm' })).toEqual({ accepted: true });
    expect(await cancel(t, { project: world.project, milestone: 'm' }, AbortSignal.timeout(60_000))).toBe('CANCELLED');
    expect((await errorOf(pause(t, { project: 'p-none' }))).kind).toBe('unknown_project');
    expect((await errorOf(cancel(t, { project: 'p-none' }, AbortSignal.timeout(60_000)))).kind).toBe('unknown_project');
  });

  test('a wait for the cancel can be left', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const world = newWorld({ on: { runTurn: () => untilCancelled().catch(async (e: unknown) => (await held, Promise.reject(e as Error))) } });
    await startProject(t, input(world));
    await eventually(() => callsOf(world, 'runTurn').length === 1, { what: 'the run' });
    const leave = new AbortController();
    const left = cancel(t, world, leave.signal).catch((e: unknown) => e);
    leave.abort(new Error('left'));
    expect(await left).toMatchObject({ message: 'left' });
    release();
  });
});

describe('trouble', () => {
  test('no worker: a query says so within its deadline', async () => {
    const namespace = await newNamespace(testAddress());
    const alone = await connectTemporal({ ...CONNECT, address: testAddress(), namespace });
    await startProject(alone, { project: 'p-alone', planSha256: 'abc' });
    const error = await errorOf(projectStatus(alone, 'p-alone'));
    expect([error.kind, error.message]).toEqual(['temporal_unreachable', `no worker answers for Temporal at ${testAddress()}`]);
    await alone.close();
  });
});
