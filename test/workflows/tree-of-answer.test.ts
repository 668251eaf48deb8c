/** An approval holds for the files it was about; a plan that changes answers what it covers; a note reaches the next prompt. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BreakpointPolicy } from '../../src/domain/plan.ts';
import type { BreakpointKind } from '../../src/domain/breakpoints.ts';
import { answerSignal, answerUpdate, breakpointsQuery, type Answer } from '../../src/workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { events, failureOf, opened, scheduled, startMilestone, type Handle } from './driver.ts';
import { callsOf, failure, fakeActivities, judgements, milestone, newWorld, records, runs, task, turnCalls, type World } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

const done = { milestone_completion: { enabled: false, priority: null } };
const asking = (kind: BreakpointKind, on: World['on'] = {}, more: Parameters<typeof milestone>[1] = {}): World => newWorld({
  milestones: [milestone('m', more)], on: { judgeTurn: judgements({ decision: 'breakpoint', breakpoint: kind, reason: 'look at this', failed: true }, {}), ...on },
});

const answersOf = (world: World) => records(world).flatMap((r) => r.answered ?? []);
const answer = (handle: Handle, breakpoint: string, action: Answer['action'], note?: string) =>
  handle.executeUpdate(answerUpdate, { args: [{ breakpoint, action, by: 'ann', ...(note && { note }) }] });

describe('an approval of files that have changed since', () => {
  const moved = async () => ({ tree: 'tree-now', files: 12, paths: ['src/a.js', 'b'] });

  test.each(['signal', 'update'] as const)('by %s is not carried out: the question opens again, about the files as they are now', async (via) => {
    let looks = 0;
    const world = asking('confidence_too_low', { lookAtTree: async (p) => (looks++ === 0 ? moved() : { tree: p.tree, files: 0, paths: [] }) });
    const handle = await startMilestone(worker, world);
    const first = await opened(handle, 'confidence_too_low');
    expect(first.tree).toBe('tree-one-1');
    if (via === 'update') await answer(handle, first.id, 'approve');
    else await handle.signal(answerSignal, { breakpoint: first.id, action: 'approve', by: 'ann' });
    const second = await opened(handle, 'confidence_too_low', 2);
    expect(second).toMatchObject({
      tree: 'tree-now', task: 'one', turn: 1,
      reason: '"approve" by ann was not carried out: files have changed since the question opened (src/a.js, b and 10 more). It is asked again about the files as they are now.\nlook at this',
    });
    const stale = handle.executeUpdate(answerUpdate, { args: [{ breakpoint: second.id, action: 'approve', tree: 'tree-one-1' }] });
    await expect(stale).rejects.toMatchObject({ cause: { type: 'tree_moved' } });
    await answer(handle, second.id, 'approve');
    expect((await handle.result()).tasks).toMatchObject([{ state: 'completed', turns: 1 }]);
    expect(callsOf(world, 'lookAtTree')).toMatchObject([{ task: 'one', turn: 1, tree: 'tree-one-1', epoch: 7 }, { tree: 'tree-now' }]);
    expect(answersOf(world)).toMatchObject([{ id: first.id, action: 'approve', via, refused: expect.stringContaining('src/a.js') }, { id: second.id }]);
    expect(answersOf(world)[1]?.refused).toBeUndefined();
    expect(events(world).map(({ kind }) => kind)).toContain('tree_moved');
  });

  test.each<[string, BreakpointKind, Answer['action'], string[], object]>([
    ['skip-review', 'reviewer_unavailable', 'skip-review', ['endTurn', 'runChecks', 'judgeTurn'], { skipReview: true }],
    ['finish', 'budget_exceeded', 'finish', ['endTurn', 'runChecks', 'reviewTurn', 'judgeTurn'], { finish: true }],
    ['approve of weaker evidence', 'evidence_weakened', 'approve', ['endTurn', 'runChecks', 'reviewTurn', 'judgeTurn'], { weakeningsApproved: 'tree-now' }],
    ['retry of the reviewer', 'reviewer_unavailable', 'retry', ['endTurn', 'runChecks', 'reviewTurn', 'judgeTurn'], {}],
  ])('%s, given again, is judged by evidence of the files as they are now', async (_, kind, action, after, judgedWith) => {
    const refusedFirst = kind === 'reviewer_unavailable' ? 'skip-review' : action;
    let looks = 0;
    const world = asking(kind, { lookAtTree: async (p) => (looks++ === 0 ? moved() : { tree: p.tree, files: 0, paths: [] }) });
    const handle = await startMilestone(worker, world);
    await answer(handle, (await opened(handle, kind)).id, refusedFirst);
    await answer(handle, (await opened(handle, kind, 2)).id, action);
    expect((await handle.result()).tasks).toMatchObject([{ state: 'completed', turns: 1 }]);
    expect(turnCalls(world, 1).filter((name) => name !== 'lookAtTree')).toEqual(['beginTurn', 'runTurn', 'endTurn', 'runChecks', 'reviewTurn', 'judgeTurn', ...after]);
    expect([callsOf(world, 'endTurn'), callsOf(world, 'runChecks')].map((calls) => calls.map(({ again }) => again))).toEqual([[undefined, 1], [undefined, 1]]);
    expect(callsOf(world, 'judgeTurn')[1]).toMatchObject(judgedWith);
  });

  test('at the end of the milestone: the files are those of the last turn', async () => {
    let looks = 0;
    const world = newWorld({ milestones: [milestone('m', { breakpoints: {}, tasks: [task('one'), task('two')] })], on: { lookAtTree: async (p) => (looks++ === 0 ? moved() : { tree: p.tree, files: 0, paths: [] }) } });
    const handle = await startMilestone(worker, world);
    const first = await opened(handle, 'milestone_completion');
    expect(first.tree).toBe('tree-two-1');
    await answer(handle, first.id, 'approve');
    await answer(handle, (await opened(handle, 'milestone_completion', 2)).id, 'approve');
    await handle.result();
    expect(callsOf(world, 'lookAtTree')).toMatchObject([{ task: 'two', turn: 1, tree: 'tree-two-1' }, { task: 'two', tree: 'tree-now' }]);
  });

  test('answers that do not take the work as it is are carried out without a look', async () => {
    const world = asking('confidence_too_low', { lookAtTree: moved });
    const handle = await startMilestone(worker, world);
    await answer(handle, (await opened(handle, 'confidence_too_low')).id, 'retry');
    await handle.result();
    expect(await scheduled(handle)).not.toContain('lookAtTree');
  });

  test('a host that is away is asked about first; the answer is kept, and carried out then', async () => {
    let looks = 0;
    const world = asking('confidence_too_low', { lookAtTree: async (p) => (looks++ === 0 ? Promise.reject(failure('host_unreachable', 'away')) : { tree: p.tree, files: 0, paths: [] }) });
    const handle = await startMilestone(worker, world);
    const { id } = await opened(handle, 'confidence_too_low');
    await answer(handle, id, 'approve');
    await answer(handle, (await opened(handle, 'host_unreachable')).id, 'retry');
    expect((await handle.result()).tasks).toMatchObject([{ state: 'completed', turns: 1 }]);
    expect(answersOf(world).find((one) => one.id === id)).toMatchObject({ action: 'approve', by: 'ann' });
  });
});

describe('a plan that changes while a question is open', () => {
  /** The plan is read again at the start of each run of the history. */
  async function inNextRun(world: World, policy: Partial<BreakpointPolicy>, kind: BreakpointKind): Promise<Handle> {
    const first = await startMilestone(worker, world, { historyLimit: 40 });
    const chain = worker.temporal.client.workflow.getHandle(first.workflowId) as Handle;
    await opened(chain, kind);
    const { runId } = await chain.describe();
    world.milestones.set('m', milestone('m', { breakpoints: { ...done, [kind]: { enabled: true, priority: null, ...policy } } }));
    for (let n = 0; n < 40 && (await chain.describe()).runId === runId; n++) await chain.signal(answerSignal, { breakpoint: 'nonsense', action: 'approve' }).catch(() => undefined);
    await eventually(async () => (await chain.describe()).runId !== runId, { what: 'the next run' });
    return chain;
  }

  test('switched off, it is answered as the plan says', async () => {
    const world = asking('confidence_too_low');
    const chain = await inNextRun(world, { enabled: false }, 'confidence_too_low');
    expect((await chain.result()).tasks).toMatchObject([{ state: 'completed' }]);
    expect(answersOf(world)).toMatchObject([{ action: 'approve', by: 'the plan', via: 'itself' }]);
    expect(events(world).map(({ kind }) => kind)).toContain('released');
  });

  test('an answer of the plan that is due by now is given; one that is not yet, waits', async () => {
    const due = asking('consecutive_failures');
    await (await inNextRun(due, { automatic: { afterMs: 1, then: 'retry' } }, 'consecutive_failures')).result();
    expect(answersOf(due)).toMatchObject([{ action: 'retry', by: 'the plan', via: 'itself' }]);

    const later = asking('consecutive_failures');
    const chain = await inNextRun(later, { automatic: { afterMs: 3_600_000, then: 'retry' }, remindMs: 3_600_000 }, 'consecutive_failures');
    const [open] = await eventually(async () => { const all = await chain.query(breakpointsQuery); return all[0]?.timers ? all : undefined; }, { what: 'the new times' });
    expect(open?.timers).toMatchObject({ automatic: { at: new Date(Date.parse(open?.openedAt ?? '') + 3_600_000).toISOString(), action: 'retry' }, remind: { n: 1 } });
    await chain.terminate();
  });

  test('nothing dangerous is let happen by that, and nobody is aborted for a question that is not asked any more', async () => {
    const world = asking('evidence_weakened');
    const chain = await inNextRun(world, { enabled: false, automatic: { afterMs: 1, then: 'approve' } }, 'evidence_weakened');
    const { id } = await opened(chain, 'evidence_weakened');
    await answer(chain, id, 'abort');
    expect(await failureOf(chain)).toMatchObject({ message: expect.stringContaining('by ann') });
  });

  test('a call of the agent that the new rules cover is answered by them', async () => {
    const detail = { toolUseId: 't', tool: 'Bash', input: '{}', inputSha256: 'ab', why: 'w', parts: ['git push'], always: ['Bash(git push)'] };
    const judgeTurn = judgements({ decision: 'breakpoint', rule: 'deferred', breakpoint: 'permission_request', hold: true, detail }, {});
    const world = asking('permission_request', { runTurn: runs({ outcome: 'deferred' }, {}), judgeTurn, stillAsked: async () => ({ answer: 'deny' }) });
    const chain = await inNextRun(world, {}, 'permission_request');
    await eventually(() => answersOf(world).length === 1, { what: 'the answer' });
    expect(answersOf(world)).toMatchObject([{ action: 'deny', by: 'the plan', via: 'itself' }]);
    expect(callsOf(world, 'stillAsked')).toMatchObject([{ kind: 'permission_request', task: 'one', turn: 1, detail: { tool: 'Bash' } }]);
    expect((await chain.result()).tasks).toMatchObject([{ state: 'completed', turns: 1 }]);
  });
});

describe('a note reaches the next prompt', () => {
  test('of a retry after which the same turn goes on', async () => {
    const world = newWorld({
      on: {
        runTurn: runs({ outcome: 'failed', failure: 'sign_in_required' }, {}),
        judgeTurn: judgements({ decision: 'breakpoint', rule: 'sign_in_required', breakpoint: 'sign_in_required', hold: true }, {}),
      },
    });
    const handle = await startMilestone(worker, world);
    await answer(handle, (await opened(handle, 'sign_in_required')).id, 'retry', 'signed in as build-bot now');
    await handle.result();
    expect(callsOf(world, 'beginTurn')).toMatchObject([{ seq: 1 }, { turn: 1, seq: 2, said: 'signed in as build-bot now' }]);
  });

  test('of an approval: the next task is told, once', async () => {
    const world = asking('confidence_too_low', {}, { tasks: [task('one'), task('two'), task('three')] });
    const handle = await startMilestone(worker, world);
    await answer(handle, (await opened(handle, 'confidence_too_low')).id, 'approve', 'keep this table');
    await handle.result();
    expect(callsOf(world, 'beginTurn').map(({ said }) => said)).toEqual([undefined, 'About task one: keep this table', undefined]);
  });

  test('of a new attempt: as its own note, not twice', async () => {
    const world = asking('consecutive_failures');
    const handle = await startMilestone(worker, world);
    await answer(handle, (await opened(handle, 'consecutive_failures')).id, 'retry', 'mind the accents');
    await handle.result();
    expect(callsOf(world, 'beginTurn')[1]).toMatchObject({ note: 'mind the accents' });
    expect(callsOf(world, 'beginTurn')[1]).not.toHaveProperty('said');
  });
});
