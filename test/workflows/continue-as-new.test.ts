/** A milestone whose history grows too long goes on in a fresh one and forgets nothing. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { answerSignal, answerUpdate, breakpointsQuery, milestoneStatusQuery } from '../../src/workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { events, inState, milestoneStates, opened, startMilestone, taskStates, timersOf, type Handle } from './driver.ts';
import { callsOf, fakeActivities, judged, milestone, newWorld, records, task } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

/** Enough for loading and one or two steps. */
const historyLimit = 30;

const runIdOf = async (handle: Handle): Promise<string> => (await worker.temporal.client.workflow.getHandle(handle.workflowId).describe()).runId;

/** Follows the chain of runs. */
const latest = (handle: Handle): Handle => worker.temporal.client.workflow.getHandle(handle.workflowId) as Handle;

async function anotherRun(handle: Handle, than: string): Promise<string> {
  return eventually(async () => {
    const runId = await runIdOf(handle);
    return runId === than ? undefined : runId;
  }, { what: 'the next run' });
}

/** A flood of signals that answer nothing. */
async function flood(handle: Handle, than: string): Promise<string> {
  for (let n = 0; n < historyLimit; n++) await handle.signal(answerSignal, { breakpoint: 'nonsense', action: 'approve' });
  return anotherRun(handle, than);
}

describe('continue-as-new', () => {
  test('between steps keeps attempts, failures, cost, lease and turn numbers', async () => {
    let n = 0;
    const tasks = [task('one'), task('two', { dependsOn: ['one'] })];
    const world = newWorld({
      milestones: [milestone('m', { tasks })],
      on: { judgeTurn: async () => (++n % 2 === 1 ? judged({ decision: 'retry', reason: `no ${n}`, failed: true }) : judged({ quality: 0.91 })) },
    });
    const handle = await startMilestone(worker, world, { historyLimit });
    const result = await handle.result();
    expect(await runIdOf(handle)).not.toBe(handle.firstExecutionRunId);
    expect(result).toEqual({ milestone: 'm', state: 'completed', costUsd: 1, tasks: [{ id: 'one', state: 'completed', turns: 2 }, { id: 'two', state: 'completed', turns: 2 }] });
    expect(callsOf(world, 'claimWorkspace')).toEqual([expect.objectContaining({ workflowRunId: handle.firstExecutionRunId })]);
    expect(callsOf(world, 'takeBaseline')).toHaveLength(1);
    expect(callsOf(world, 'judgeTurn')).toMatchObject([0, 1, 0, 1].map((failuresBefore, i) => ({ epoch: 7, turn: 1 + (i % 2), failuresBefore, attemptsLeft: 2 - (i % 2) })));
    expect(taskStates(world)).toEqual(['one:running', 'two:pending', 'one:retrying', 'one:completed', 'two:running', 'two:retrying', 'two:completed']);
    expect(milestoneStates(world)).toEqual(['running', 'completed']);
  });

  test('while a question is open keeps it, its time, an early answer and who answered what', async () => {
    const world = newWorld({
      milestones: [milestone('m', { breakpoints: {} })],
      on: { judgeTurn: async () => judged({ decision: 'breakpoint', breakpoint: 'confidence_too_low', reason: 'unsure' }) },
    });
    const handle = await startMilestone(worker, world, { historyLimit });
    const chain = latest(handle);
    const first = await opened(chain, 'confidence_too_low');
    await chain.signal(answerSignal, { breakpoint: `${world.project}/m/milestone_completion.1`, action: 'approve', by: 'early' });
    const second = await flood(chain, await runIdOf(handle));
    expect(await chain.query(breakpointsQuery)).toEqual([first]);
    await flood(chain, second);
    await chain.executeUpdate(answerUpdate, { args: [{ breakpoint: first.id, action: 'approve', by: 'ann' }] });
    expect(await chain.result()).toMatchObject({ state: 'completed' });
    expect(records(world).flatMap((r) => r.opened ?? []).map((b) => b.kind)).toEqual(['confidence_too_low', 'milestone_completion']);
    expect(records(world).flatMap((r) => r.answered ?? [])).toMatchObject([{ id: first.id, by: 'ann' }, { by: 'early' }]);
  });

  test('keeps settled answers: a late one is still told who was first', async () => {
    const world = newWorld({
      milestones: [milestone('m', { breakpoints: {} })],
      on: { judgeTurn: async () => judged({ decision: 'breakpoint', breakpoint: 'confidence_too_low', reason: 'unsure' }) },
    });
    const chain = latest(await startMilestone(worker, world, { historyLimit: 40 }));
    const { id } = await opened(chain, 'confidence_too_low');
    await chain.executeUpdate(answerUpdate, { args: [{ breakpoint: id, action: 'approve', by: 'ann' }] });
    await opened(chain, 'milestone_completion');
    await flood(chain, await runIdOf(chain));
    const late = chain.executeUpdate(answerUpdate, { args: [{ breakpoint: id, action: 'abort' }] });
    await expect(late).rejects.toMatchObject({ cause: { type: 'already_answered', details: [{ first: { action: 'approve', by: 'ann' } }] } });
    await chain.terminate();
  });

  test('while paused stays paused, and while asleep sleeps to the same moment', async () => {
    const paused = newWorld();
    const one = latest(await startMilestone(worker, paused, { historyLimit, paused: true }));
    await inState(one, 'paused');
    await flood(one, await runIdOf(one));
    expect(await one.query(milestoneStatusQuery)).toMatchObject({ state: 'paused' });
    await one.signal('resume');
    await one.result();
    expect(milestoneStates(paused)).toEqual(['paused', 'running', 'completed']);

    const until = new Date(Date.now() + 3_600_000).toISOString();
    const asleep = newWorld({ on: { judgeTurn: async () => judged({ decision: 'wait', until, reason: 'limit' }) } });
    const two = latest(await startMilestone(worker, asleep, { historyLimit: 40 }));
    const before = await eventually(async () => (await timersOf(two))[0], { what: 'the sleep' });
    await flood(two, await runIdOf(two));
    const after = await eventually(async () => (await timersOf(two))[0], { what: 'the sleep in the next run' });
    expect(Math.abs(after.dueAt - before.dueAt)).toBeLessThanOrEqual(1);
    expect(await two.query(milestoneStatusQuery)).toMatchObject({ state: 'waiting' });
    await two.cancel();
    await expect(two.result()).rejects.toThrow();
    expect(events(asleep).filter((e) => e.kind === 'sleeping')).toHaveLength(1);
    expect(callsOf(asleep, 'runTurn')).toHaveLength(1);
  });
});
