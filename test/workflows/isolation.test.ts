/** Work in worktrees of their own: tasks side by side, each brought back by itself, a milestone as a whole; nothing lost on any way out. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { MergedWorktree } from '../../src/activities/contract.ts';
import { answerSignal, answerUpdate, milestoneStatusQuery, pauseSignal, resumeSignal, steerUpdate } from '../../src/workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { events, failureOf, inState, milestoneStates, opened, startMilestone, taskStates } from './driver.ts';
import { callsOf, fakeActivities, judgements, milestone, newWorld, ran, task, untilCancelled, type World } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

const both = [task('one', { isolated: true }), task('two', { isolated: true })];

const beside = (on: World['on'] = {}, tasks = both): World => newWorld({ milestones: [milestone('m', { tasks })], on });

const taskIn = (of: unknown): string | undefined => (of as { task?: string } | undefined)?.task;

const named = (world: World, ...names: string[]): string[] =>
  world.calls.filter(({ name }) => names.includes(name)).map(({ name, input }) => `${name} ${taskIn(input) ?? taskIn(input.turn) ?? 'm'}`);

test('tasks that are isolated work at the same time, each in its own line, and come back one at a time', async () => {
  const atWork = new Set<string>();
  const together = Promise.withResolvers<void>();
  let [merging, most] = [0, 0];
  const world = beside({
    runTurn: async ({ task: id }) => {
      atWork.add(id);
      if (atWork.size === 2) together.resolve();
      await together.promise;
      return ran();
    },
    mergeWorktree: async () => {
      most = Math.max(most, (merging += 1));
      return { kind: 'merged' };
    },
    closeWorktree: async () => {
      merging -= 1;
      return { kept: null, branch: null };
    },
  });
  const result = await (await startMilestone(worker, world)).result();
  expect(result.tasks).toEqual([{ id: 'one', state: 'completed', turns: 1 }, { id: 'two', state: 'completed', turns: 1 }]);
  expect(most).toBe(1);
  for (const id of ['one', 'two']) {
    expect(world.calls.filter(({ name, input }) => (input.task === id || (input.turn as { task?: string } | undefined)?.task === id) && name !== 'notify').map(({ name }) => name)).toEqual([
      'openWorktree', 'beginTurn', 'runTurn', 'endTurn', 'runChecks', 'reviewTurn', 'judgeTurn', 'mergeWorktree', 'checkMerged', 'finishMerge', 'closeWorktree',
    ]);
  }
  expect(callsOf(world, 'runTurn').map(({ task: id, lane }) => [id, lane])).toEqual(expect.arrayContaining([['one', 'one'], ['two', 'two']]));
  expect(taskStates(world).filter((state) => state.startsWith('one'))).toEqual(['one:running', 'one:completed']);
});

test('what waits for a task begins when it is back, and the line of the milestone leaves the workspace to what comes back', async () => {
  const world = beside({}, [task('one', { isolated: true }), task('after', { dependsOn: ['one'] }), task('own')]);
  await (await startMilestone(worker, world)).result();
  const order = named(world, 'openWorktree', 'beginTurn', 'endTurn', 'mergeWorktree', 'closeWorktree');
  expect(order.indexOf('closeWorktree one')).toBeLessThan(order.indexOf('beginTurn after'));
  expect(order.indexOf('openWorktree one')).toBeLessThan(order.indexOf('beginTurn own'));
  const [begun, ended, merged] = ['beginTurn own', 'endTurn own', 'mergeWorktree one'].map((name) => order.indexOf(name));
  expect(merged! < begun! || merged! > ended!).toBe(true);
  expect(callsOf(world, 'beginTurn').find(({ task: id }) => id === 'own')).not.toHaveProperty('lane');
});

test('a task is not done while its work is on its way back', async () => {
  const [begun, back] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const mergeWorktree = async (): Promise<MergedWorktree> => {
    begun.resolve();
    await back.promise;
    return { kind: 'merged' };
  };
  const handle = await startMilestone(worker, beside({ mergeWorktree }, [task('one', { isolated: true })]));
  await begun.promise;
  expect((await handle.query(milestoneStatusQuery)).tasks).toMatchObject([{ id: 'one', state: 'running' }]);
  back.resolve();
  expect((await handle.result()).tasks).toMatchObject([{ id: 'one', state: 'completed' }]);
});

const merges = (...list: MergedWorktree[]) => {
  let n = 0;
  return async (): Promise<MergedWorktree> => list[Math.min(n++, list.length - 1)]!;
};

const CONFLICT: MergedWorktree = { kind: 'conflict', conflicts: [{ path: 'src/a.ts', why: 'CONFLICT (content): Merge conflict in src/a.ts' }], more: 0 };
const single = [task('one', { isolated: true })];

test('a conflict is a question; resolved by a person, by signal and by update, it is tried again, and markers that are left are asked about again', async () => {
  const world = beside({ mergeWorktree: merges(CONFLICT, { kind: 'unresolved', paths: ['src/a.ts'], more: 0 }, { kind: 'merged' }) }, single);
  const handle = await startMilestone(worker, world);
  const question = await opened(handle, 'merge_conflict');
  expect(question).toMatchObject({ task: 'one', actions: ['retry', 'resolved', 'abort'], detail: { path: '/srv/code.one', conflicts: [{ path: 'src/a.ts' }] } });
  expect(question.reason).toContain('/srv/code.one');
  await handle.signal(answerSignal, { breakpoint: question.id, action: 'resolved', by: 'ada' });
  const again = await opened(handle, 'merge_conflict', 2);
  expect(again.reason).toContain('between the markers, in src/a.ts');
  await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: again.id, action: 'resolved' }] });
  await handle.result();
  expect(named(world, 'mergeWorktree', 'checkMerged', 'undoMerge')).toEqual(['mergeWorktree one', 'mergeWorktree one', 'mergeWorktree one', 'checkMerged one']);
  expect(callsOf(world, 'runTurn')).toHaveLength(1);
});

test('a conflict that the agent is to resolve gets another attempt, told of both sides', async () => {
  const world = beside({ mergeWorktree: merges(CONFLICT, { kind: 'merged' }) }, single);
  const handle = await startMilestone(worker, world);
  const { id } = await opened(handle, 'merge_conflict');
  await handle.signal(answerSignal, { breakpoint: id, action: 'retry', note: 'keep their names' });
  await handle.result();
  const { note } = callsOf(world, 'beginTurn')[1] as { note: string };
  expect(note).toContain('keep their names');
  expect(note).toContain('<<<<<<< in-the-worktree');
  expect(note).toContain('src/a.ts: CONFLICT (content)');
  expect(named(world, 'beginTurn', 'mergeWorktree')).toEqual(['beginTurn one', 'mergeWorktree one', 'beginTurn one', 'mergeWorktree one']);
});

test('files that have become too large for checkpoints are asked about by their names, and the agent is told to make them small', async () => {
  const world = beside({ mergeWorktree: merges({ kind: 'outgrown', paths: ['data.bin'], more: 0 }, { kind: 'merged' }) }, single);
  const handle = await startMilestone(worker, world);
  const { id, reason, detail } = await opened(handle, 'merge_conflict');
  expect(reason).toContain('- data.bin: has become larger than policy.snapshot.maxFileSize');
  expect(detail).toMatchObject({ conflicts: [{ path: 'data.bin' }] });
  await handle.signal(answerSignal, { breakpoint: id, action: 'retry' });
  await handle.result();
  const { note } = callsOf(world, 'beginTurn')[1] as { note: string };
  expect(note).toContain('Make each of these files small again:\n- data.bin');
  expect(note).not.toContain('<<<<<<<');
});

test('merged files that fail their checks are taken back, and the work goes on with their output; without attempts a person is asked', async () => {
  const world = beside({ checkMerged: async () => ({ met: false, feedback: 'tests: 2 failed', merged: 'm', tree: 'm' }) }, [task('one', { isolated: true, attempts: 2 })]);
  const handle = await startMilestone(worker, world);
  const { id, reason } = await opened(handle, 'consecutive_failures');
  expect(reason).toContain('2 failed');
  expect(callsOf(world, 'undoMerge')).toMatchObject([{ task: 'one', goesOn: true }, { task: 'one', goesOn: true }]);
  expect(callsOf(world, 'beginTurn')[1]).toMatchObject({ turn: 2, note: expect.stringContaining('tests: 2 failed') });
  await handle.signal(answerSignal, { breakpoint: id, action: 'skip' });
  expect((await handle.result()).tasks).toEqual([{ id: 'one', state: 'skipped', turns: 2 }]);
  expect(callsOf(world, 'closeWorktree')).toHaveLength(1);
  expect(callsOf(world, 'finishMerge')).toEqual([]);
});

test('a milestone that is isolated takes the workspace only to begin and to bring back, and its worktree goes at the end', async () => {
  const world = newWorld({
    milestones: [milestone('m', { isolated: true, breakpoints: {} })],
    on: { claimWorkspace: async ({ root }) => ({ epoch: root ? 3 : 7 }) },
  });
  const handle = await startMilestone(worker, world);
  const { id } = await opened(handle, 'milestone_completion');
  const names = ['claimWorkspace', 'releaseWorkspace', 'openWorktree', 'takeBaseline', 'beginTurn', 'judgeTurn', 'mergeWorktree', 'checkMerged', 'finishMerge', 'closeWorktree'];
  const before = world.calls.map(({ name }) => name).filter((name) => names.includes(name));
  expect(before).toEqual(['claimWorkspace', 'openWorktree', 'releaseWorkspace', 'claimWorkspace', 'takeBaseline', 'beginTurn', 'judgeTurn', 'claimWorkspace', 'mergeWorktree', 'checkMerged', 'finishMerge', 'releaseWorkspace']);
  expect(callsOf(world, 'mergeWorktree')[0]).toMatchObject({ task: null, rootEpoch: 3, epoch: 7, turn: { task: 'one', turn: 1 } });
  await handle.signal(answerSignal, { breakpoint: id, action: 'approve' });
  await handle.result();
  const after = world.calls.map(({ name }) => name).filter((name) => names.includes(name)).slice(before.length);
  expect(after).toEqual(['claimWorkspace', 'closeWorktree', 'releaseWorkspace', 'releaseWorkspace']);
});

test('a milestone that goes on after it was brought back is brought back again', async () => {
  const world = newWorld({ milestones: [milestone('m', { isolated: true, breakpoints: {} })] });
  const handle = await startMilestone(worker, world);
  const { id } = await opened(handle, 'milestone_completion');
  await handle.signal(answerSignal, { breakpoint: id, action: 'revise', note: 'shorter' });
  const { id: second } = await opened(handle, 'milestone_completion', 2);
  await handle.signal(answerSignal, { breakpoint: second, action: 'approve' });
  await handle.result();
  expect(named(world, 'openWorktree', 'mergeWorktree', 'closeWorktree')).toEqual(['openWorktree m', 'mergeWorktree one', 'mergeWorktree one', 'closeWorktree m']);
});

test('cancelled while it is merged: the workspace is put back, worktrees stay, agents of all lines are ended', async () => {
  const world = beside({
    runTurn: async ({ task: id }) => (id === 'two' ? untilCancelled() : ran()),
    checkMerged: untilCancelled,
  });
  const handle = await startMilestone(worker, world);
  await eventually(() => callsOf(world, 'checkMerged').length === 1 && callsOf(world, 'runTurn').length === 2, { what: 'both lines at work' });
  await handle.cancel();
  expect(await failureOf(handle)).toMatchObject({ type: 'cancelled' });
  expect(callsOf(world, 'undoMerge')).toMatchObject([{ task: 'one', goesOn: false }]);
  expect(callsOf(world, 'keepWorktrees')).toHaveLength(1);
  expect(callsOf(world, 'closeWorktree')).toEqual([]);
  expect(callsOf(world, 'endTurn').map(({ task: id }) => id).sort()).toEqual(['one', 'two']);
  const names = world.calls.map(({ name }) => name);
  expect(names.lastIndexOf('endTurn')).toBeLessThan(names.indexOf('undoMerge'));
  expect(names.indexOf('keepWorktrees')).toBeLessThan(names.indexOf('releaseWorkspace'));
});

test('an abort in one line ends the others, and says so', async () => {
  const world = beside({
    runTurn: async ({ task: id }) => (id === 'two' ? untilCancelled() : ran()),
    judgeTurn: judgements({ decision: 'breakpoint', breakpoint: 'confidence_too_low' }),
  });
  const handle = await startMilestone(worker, world);
  const { id } = await opened(handle, 'confidence_too_low');
  await eventually(() => callsOf(world, 'runTurn').length === 2, { what: 'the other line at work' });
  await handle.signal(answerSignal, { breakpoint: id, action: 'abort', by: 'ada' });
  expect(await failureOf(handle)).toMatchObject({ type: 'aborted', message: expect.stringContaining('by ada') });
  expect(taskStates(world).slice(-2).sort()).toEqual(['one:failed', 'two:failed']);
});

test('all lines stop at their next step for a pause, and a fresh history goes on with each of them', async () => {
  const release = Promise.withResolvers<void>();
  const world = beside({ runTurn: async () => (await release.promise, ran()) });
  const handle = await startMilestone(worker, world, { historyLimit: 30 });
  await eventually(() => callsOf(world, 'runTurn').length === 2, { what: 'both at work' });
  await handle.signal(pauseSignal);
  release.resolve();
  await inState(handle, 'paused');
  expect(callsOf(world, 'endTurn')).toEqual([]);
  const first = (await handle.describe()).runId;
  await handle.signal(resumeSignal);
  const result = await handle.result();
  expect(result.tasks.map(({ state, turns }) => [state, turns])).toEqual([['completed', 1], ['completed', 1]]);
  expect((await handle.describe()).runId).not.toBe(first);
  for (const name of ['openWorktree', 'beginTurn', 'runTurn', 'endTurn', 'mergeWorktree', 'finishMerge', 'closeWorktree'] as const) expect(callsOf(world, name)).toHaveLength(2);
  expect(milestoneStates(world)).toEqual(['running', 'paused', 'running', 'completed']);
});

test('a question of one line waits while the other goes on, and each has its own seat', async () => {
  const world = newWorld({
    milestones: [milestone('m', { tasks: both, hostSeats: 2 })],
    on: { judgeTurn: async ({ task: id }) => (await judgements(id === 'one' ? { decision: 'breakpoint', breakpoint: 'confidence_too_low' } : {})({} as never)) },
  });
  const handle = await startMilestone(worker, world);
  const { id } = await opened(handle, 'confidence_too_low');
  await eventually(async () => (await handle.query(milestoneStatusQuery)).tasks.find((one) => one.id === 'two')?.state === 'completed', { what: 'the other line to end' });
  await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: id, action: 'approve' }] });
  await handle.result();
  expect(callsOf(world, 'takeSeat').map(({ task: of }) => of).sort()).toEqual(['one', 'two']);
  expect(callsOf(world, 'leaveSeat').map(({ task: of }) => of).sort()).toEqual(['one', 'two']);
  expect(events(world).filter(({ kind }) => kind === 'brought_back')).toHaveLength(2);
});

test('words to all reach each agent at work', async () => {
  const release = Promise.withResolvers<void>();
  const world = beside({ runTurn: async () => (await release.promise, ran()) });
  const handle = await startMilestone(worker, world);
  await eventually(() => callsOf(world, 'runTurn').length === 2, { what: 'both at work' });
  await eventually(async () => (await handle.query(milestoneStatusQuery)).tasks.every(({ state }) => state === 'running'), { what: 'both to run' });
  expect(await handle.executeUpdate(steerUpdate, { args: [{ text: 'use tabs' }] })).toMatchObject({ reached: 'turn' });
  expect(callsOf(world, 'steerAgent').map(({ task: of }) => of).sort()).toEqual(['one', 'two']);
  await handle.executeUpdate(steerUpdate, { args: [{ text: 'and spaces', task: 'two' }] });
  expect(callsOf(world, 'steerAgent').at(-1)).toMatchObject({ task: 'two', run: { task: 'two' } });
  release.resolve();
  await handle.result();
});
