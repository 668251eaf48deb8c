/** A call that waits for a person: the same turn goes on with the answer, however long it took and however the workflow continued. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { answerSignal, answerUpdate, milestoneStatusQuery } from '../../src/workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { events, failureOf, opened, startMilestone, type Handle } from './driver.ts';
import { callsOf, fakeActivities, judgements, milestone, newWorld, runs, turnCalls, type World } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

const detail = { toolUseId: 'toolu_1', tool: 'Bash', input: '{"command":"git push"}', inputSha256: 'ab', why: 'because', parts: ['git push'], always: ['Bash(git push)'] };

const asks = (n: number, more: object = {}) =>
  Array.from({ length: n }, () => ({ decision: 'breakpoint', rule: 'deferred', breakpoint: 'permission_request', hold: true, reason: 'may I?', detail, ...more }) as const);

/** As many calls that wait, then a turn that is fine. */
const waits = (n: number, more: object = {}, breakpoints = {}): World => newWorld({
  milestones: [milestone('m', { breakpoints: { milestone_completion: { enabled: false, priority: null }, ...breakpoints } })],
  on: { runTurn: runs(...Array.from({ length: n }, () => ({ outcome: 'deferred' }) as const), {}), judgeTurn: judgements(...asks(n, more), {}) },
});

const answer = (handle: Handle, id: string, action: string, note?: string) =>
  handle.executeUpdate(answerUpdate, { args: [{ breakpoint: id, action: action as 'allow', by: 'ann', ...(note !== undefined && { note }) }] });

describe('an answer', () => {
  test('goes with the next run of the same turn; what is allowed for good goes with every later one', async () => {
    const world = waits(3);
    const handle = await startMilestone(worker, world);
    await answer(handle, (await opened(handle, 'permission_request', 1)).id, 'allow', 'mind');
    await answer(handle, (await opened(handle, 'permission_request', 2)).id, 'allow-always');
    await answer(handle, (await opened(handle, 'permission_request', 3)).id, 'deny', 'no');
    expect(await handle.result()).toMatchObject({ costUsd: 1, tasks: [{ turns: 1 }] });
    const given = { toolUseId: 'toolu_1', tool: 'Bash', inputSha256: 'ab' };
    expect(callsOf(world, 'beginTurn')).toMatchObject([
      { turn: 1, seq: 1 },
      { turn: 1, seq: 2, answered: { ...given, decision: 'allow', note: 'mind' } },
      { turn: 1, seq: 3, answered: { ...given, decision: 'allow', note: null }, granted: ['Bash(git push)'] },
      { turn: 1, seq: 4, answered: { ...given, decision: 'deny', note: 'no' }, granted: ['Bash(git push)'] },
    ]);
    // Files are looked at when it waits, so that a person sees them; checks and review come once, at the end.
    expect(turnCalls(world, 1).filter((name) => name === 'runChecks' || name === 'reviewTurn')).toEqual(['runChecks', 'reviewTurn']);
    expect(callsOf(world, 'judgeTurn').map(({ attemptsLeft, failuresBefore }) => [attemptsLeft, failuresBefore])).toEqual(Array.from({ length: 4 }, () => [2, 0]));
  });

  test('given after the workflow continued as new is the same, and rules that were allowed for good are kept', async () => {
    const world = waits(2);
    const first = await startMilestone(worker, world, { historyLimit: 30 });
    const chain = worker.temporal.client.workflow.getHandle(first.workflowId) as Handle;
    const { id } = await opened(chain, 'permission_request', 1);
    for (let n = 0; n < 30; n++) await chain.signal(answerSignal, { breakpoint: 'nonsense', action: 'approve' });
    await eventually(async () => (await chain.describe()).runId !== first.firstExecutionRunId, { what: 'the next run' });
    await answer(chain, id, 'allow-always');
    const { id: second } = await opened(chain, 'permission_request', 2);
    expect(await chain.query(milestoneStatusQuery)).toMatchObject({ granted: ['Bash(git push)'] });
    await answer(chain, second, 'allow');
    await chain.result();
    expect(callsOf(world, 'beginTurn')).toMatchObject([{ seq: 1 }, { seq: 2, granted: ['Bash(git push)'] }, { seq: 3, granted: ['Bash(git push)'] }]);
  });

  test('abort ends the milestone', async () => {
    const handle = await startMilestone(worker, waits(1));
    await answer(handle, (await opened(handle, 'permission_request')).id, 'abort', 'never');
    expect(await failureOf(handle)).toMatchObject({ type: 'aborted', message: expect.stringContaining('never') });
  });
});

test('allowed for good is offered only where it can be said exactly', async () => {
  const handle = await startMilestone(worker, waits(1, { detail: { ...detail, always: [] } }));
  const { id, actions } = await opened(handle, 'permission_request');
  expect(actions).toEqual(['allow', 'deny', 'abort']);
  await expect(answer(handle, id, 'allow-always')).rejects.toMatchObject({ cause: { type: 'action_not_allowed' } });
  await handle.terminate();
});

test('an answer before the question is not kept: nobody allows what nobody has seen', async () => {
  const world = waits(1);
  const held = Promise.withResolvers<void>();
  const ordinary = world.on.runTurn;
  world.on.runTurn = async (p) => {
    await held.promise;
    return ordinary!(p);
  };
  const handle = await startMilestone(worker, world);
  const id = `${world.project}/m/one.1/permission_request.1`;
  await handle.signal(answerSignal, { breakpoint: id, action: 'allow', by: 'early' });
  await expect(answer(handle, id, 'allow')).rejects.toMatchObject({ cause: { type: 'not_open' } });
  held.resolve();
  expect((await opened(handle, 'permission_request')).id).toBe(id);
  await handle.terminate();
});

test('where the plan asks nobody, the call is refused and the turn goes on', async () => {
  const world = waits(1, {}, { permission_request: { enabled: false, priority: null } });
  await (await startMilestone(worker, world)).result();
  expect(callsOf(world, 'beginTurn')).toMatchObject([{ seq: 1 }, { seq: 2, answered: { decision: 'deny', note: null } }]);
  expect(events(world)).toContainEqual(expect.objectContaining({ kind: 'breakpoint_off' }));
});
