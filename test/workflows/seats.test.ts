/** Seats of a host, where they are limited: asked for before each turn, waited for visibly, never kept while nothing runs. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pauseSignal, resumeSignal } from '../../src/workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { startTestWorker, type TestWorker } from '../support/temporal-worker.ts';
import { events, inState, milestoneStates, opened, startMilestone } from './driver.ts';
import { callsOf, failure, fakeActivities, milestone, newWorld, judgements, runs, type World } from './fakes.ts';

let worker: TestWorker;
beforeAll(async () => {
  worker = await startTestWorker(fakeActivities);
});
afterAll(() => worker.stop());

const limited = (on: World['on'] = {}): World => newWorld({ milestones: [milestone('m', { hostSeats: 1 })], on });

/** What was asked of the world about seats and turns, in order. */
const sequence = (world: World): string[] => world.calls.map(({ name }) => name).filter((name) => ['takeSeat', 'leaveSeat', 'beginTurn', 'runTurn', 'endTurn'].includes(name));

test('one is taken before the turn begins and given back as soon as the agent has ended', async () => {
  const world = limited();
  await (await startMilestone(worker, world)).result();
  expect(sequence(world)).toEqual(['takeSeat', 'beginTurn', 'runTurn', 'leaveSeat', 'endTurn']);
});

test('where they are not limited nobody asks', async () => {
  const world = newWorld();
  await (await startMilestone(worker, world)).result();
  expect(sequence(world)).toEqual(['beginTurn', 'runTurn', 'endTurn']);
});

test('one that is not free is waited for, visibly', async () => {
  let free = false;
  const world = limited({
    takeSeat: async () => {
      if (!free) throw failure('no_seat', 'waiting for a seat on build-vm: 1 of 1 taken by p/m', false);
    },
  });
  const handle = await startMilestone(worker, world);
  await inState(handle, 'waiting');
  const message = 'waiting for a seat on build-vm: 1 of 1 taken by p/m';
  await eventually(() => events(world).some((event) => event.kind === 'waiting_for_seat' && event.message === message), { what: 'the reason to be told' });
  expect(callsOf(world, 'beginTurn')).toEqual([]);
  free = true;
  await handle.result();
  expect(milestoneStates(world)).toEqual(['running', 'waiting', 'running', 'completed']);
  expect(sequence(world).slice(-5)).toEqual(['takeSeat', 'beginTurn', 'runTurn', 'leaveSeat', 'endTurn']);
});

test('a pause between checkpoint and agent gives it back, and asks for it again', async () => {
  const begun = Promise.withResolvers<void>();
  const world = limited({ beginTurn: async () => (await begun.promise, { runKey: 'k' }) });
  const handle = await startMilestone(worker, world);
  await eventually(() => callsOf(world, 'beginTurn').length === 1, { what: 'the turn to begin' });
  await handle.signal(pauseSignal);
  begun.resolve();
  await inState(handle, 'paused');
  expect(sequence(world)).toEqual(['takeSeat', 'beginTurn', 'leaveSeat']);
  await handle.signal(resumeSignal);
  await handle.result();
  expect(sequence(world)).toEqual(['takeSeat', 'beginTurn', 'leaveSeat', 'takeSeat', 'runTurn', 'leaveSeat', 'endTurn']);
});

test('a host that is away keeps the seat only when an agent may be at work there', async () => {
  const before = limited({ beginTurn: async () => { throw failure('host_unreachable', 'away'); } });
  await opened(await startMilestone(worker, before), 'host_unreachable');
  expect(sequence(before)).toEqual(['takeSeat', 'beginTurn', 'leaveSeat']);

  const during = limited({ runTurn: async () => { throw failure('host_unreachable', 'away'); } });
  await opened(await startMilestone(worker, during), 'host_unreachable');
  expect(sequence(during)).toEqual(['takeSeat', 'beginTurn', 'runTurn']);
});

test('a second run of a turn asks again', async () => {
  const world = limited({ runTurn: runs({ outcome: 'lost' }, {}), judgeTurn: judgements({ decision: 'rerun' }, {}) });
  await (await startMilestone(worker, world)).result();
  expect(sequence(world)).toEqual(['takeSeat', 'beginTurn', 'runTurn', 'leaveSeat', 'takeSeat', 'beginTurn', 'runTurn', 'leaveSeat', 'endTurn']);
});
