/** A step that fails again and again is told in the status, until it works. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createActivities } from '../../src/activities/index.ts';
import { eventsOf } from '../../src/db/events.ts';
import { readStatus } from '../../src/db/status.ts';
import type { Hosts } from '../../src/ssh/hosts.ts';
import { openBench, type Bench } from './bench.ts';
import { inContext } from './play.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const attempt = (n: number): MockActivityEnvironment => new MockActivityEnvironment({ attempt: n, currentAttemptScheduledTimestampMs: n }, { logger: new DefaultLogger('ERROR') });

/** A host whose checkpoints fail for a reason nobody has thought of. */
function broken(): Hosts {
  const { hosts } = bench.deps;
  const takeCheckpoint = (): Promise<never> => Promise.reject(new Error('the disk says no'));
  return { ...hosts, link: async (name) => { const link = await hosts.link(name); return { ...link, api: { ...link.api, takeCheckpoint } }; } };
}

test('after three attempts the status says which step fails and why; when it works it says so no more', async () => {
  const play = await (await bench.project('failing')).claim();
  const failing = createActivities({ ...bench.deps, hosts: broken() });
  const reason = async (): Promise<string | null | undefined> => (await readStatus(bench.deps.db, 'failing')).projects[0]?.milestones[0]?.reason;
  const call = { ...play.turn(), seq: 1, note: null };
  for (const n of [1, 2]) await expect(inContext(failing, 'beginTurn', call, attempt(n))).rejects.toMatchObject({ type: 'internal' });
  expect(await reason()).toBeNull();
  await expect(inContext(failing, 'beginTurn', call, attempt(3))).rejects.toMatchObject({ type: 'internal' });
  expect(await reason()).toBe('beginTurn has failed 3 times and is tried again: the disk says no');
  for (const n of [4, 10]) await expect(inContext(failing, 'beginTurn', call, attempt(n))).rejects.toThrow();
  expect(await reason()).toContain('has failed 10 times');
  await inContext(bench.activities, 'beginTurn', call, attempt(11));
  expect(await reason()).toBeNull();
  expect((await eventsOf(bench.deps.db, { project: 'failing' })).map(({ kind }) => kind)).toEqual(['step_failing', 'step_failing', 'step_recovered']);
});

test('to wait for a workspace or a seat is no failure', async () => {
  const holder = await (await bench.project('holder')).claim('one');
  bench.running.add('holder/slugs');
  const other = await bench.project('waiter', { change: (plan) => { plan.workspace.path = holder.workspace; } });
  await expect(inContext(bench.activities, 'claimWorkspace', { ...other.ref, workflowRunId: 'two' }, attempt(3))).rejects.toMatchObject({ type: 'workspace_leased' });
  bench.seats.set('local', 1);
  await inContext(bench.activities, 'takeSeat', holder.ref);
  await expect(inContext(bench.activities, 'takeSeat', other.ref, attempt(3))).rejects.toMatchObject({
    type: 'no_seat', message: expect.stringMatching(/^waiting for a seat on local: 1 of 1 taken by holder\/slugs/),
  });
  expect(await eventsOf(bench.deps.db, { project: 'waiter' })).toEqual([]);
  // Its workflow has ended without giving it back.
  bench.running.delete('holder/slugs');
  await inContext(bench.activities, 'takeSeat', other.ref);
  bench.seats.delete('local');
});
