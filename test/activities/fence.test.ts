/** Only one writes in a workspace: two installations, and an attempt that goes on after it was given up. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createActivities } from '../../src/activities/index.ts';
import { createScripted } from '../../src/agents/scripted.ts';
import { findCheckpoint } from '../../src/db/checkpoints.ts';
import { changesOfTurn } from '../../src/db/diff.ts';
import type { HostApi } from '../../src/domain/host-api.ts';
import type { Hosts } from '../../src/ssh/hosts.ts';
import { eventually } from '../support/eventually.ts';
import { pidsWith } from '../support/marked-processes.ts';
import { environment, openBench, type Bench } from './bench.ts';
import { inContext } from './play.ts';

let bench: Bench;
let other: Bench;
beforeAll(async () => {
  bench = await openBench();
  other = await openBench(bench);
});
afterAll(async () => {
  await other.close();
  await bench.close();
});

test('of two installations that count for themselves the host lets one write: who claimed last', async () => {
  const mine = await (await bench.project('shared', { steps: [{ say: 'mine' }] })).claim('run-of-one');
  const theirs = await other.project('shared', { steps: [{ run: 'true' }], change: (plan) => { plan.workspace.path = mine.workspace; } });
  await theirs.claim('run-of-another');
  expect([mine.epoch, theirs.epoch]).toEqual([1, 2]);
  await expect(mine.begin()).rejects.toMatchObject({ type: 'stale_fence', nonRetryable: true });
  expect((await theirs.whole()).outcome).toBe('completed');
  expect((await mine.claim('a-later-run')).epoch).toBe(3);
  await expect(theirs.end()).rejects.toMatchObject({ type: 'stale_fence' });
  expect((await mine.whole()).outcome).toBe('completed');
});

test('a database that was made anew goes on above what the host has seen', async () => {
  const old = await bench.project('renewed');
  for (const run of ['one', 'two', 'three', 'four']) await old.claim(run);
  const renewed = await other.project('renewed', { change: (plan) => { plan.workspace.path = old.workspace; } });
  expect((await renewed.claim('first')).epoch).toBe(5);
  expect((await renewed.claim('first')).epoch).toBe(5);
});

test('the rest of a stream whose lease is over is not stored', async () => {
  const scripted = createScripted({ command: process.execPath });
  bench.agents.set('last-words', {
    ...scripted, name: 'last-words',
    launch: (turn) => {
      const { spec, secrets } = scripted.launch(turn);
      return { spec: { ...spec, command: '/bin/sh', args: ['-c', 'trap "echo last words; exit" INT; echo before; sleep 300 & wait'] }, secrets };
    },
  });
  const play = await (await bench.project('overtaken', { change: (plan) => { plan.agent.name = 'last-words'; } })).claim('run-1');
  const key = await play.begin();
  const turn = play.start();
  const lines = async (): Promise<string[]> => (await bench.deps.db.selectFrom('agent_event').innerJoin('run', 'run.id', 'agent_event.run_id')
    .select('raw').where('run_key', '=', key).execute()).map(({ raw }) => raw.toString());
  await eventually(async () => (await lines()).length > 0, { what: 'the first line' });
  // The next run of the milestone ends the agent, whose last words reach the follower that is still there.
  await play.claim('run-2');
  await expect(turn.result).rejects.toMatchObject({ type: 'stale_fence', nonRetryable: true });
  expect(pidsWith(`HOLDPOINT_RUN=${key}`)).toEqual([]);
  const { api } = await bench.deps.hosts.link('local');
  const { data } = await api.readRun({ key, stream: 'out', offset: 0, maxBytes: 1_000, waitMs: 0 });
  expect(Buffer.from(data, 'base64').toString()).toBe('before\nlast words\n');
  expect(await lines()).toEqual(['before']);
});

/** A worker of its own whose next checkpoint is held up in the host until `release`. */
function heldUp(): { activities: ReturnType<typeof createActivities>; reached: Promise<void>; release: () => void } {
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const hold = (api: HostApi): HostApi => ({
    ...api,
    takeCheckpoint: async (request) => {
      reached.resolve();
      await released.promise;
      return api.takeCheckpoint(request);
    },
  });
  const hosts: Hosts = { ...bench.deps.hosts, link: async (name) => ({ ...(await bench.deps.hosts.link(name)), api: hold((await bench.deps.hosts.link(name)).api) }) };
  return { activities: createActivities({ ...bench.deps, hosts }), reached: reached.promise, release: () => released.resolve() };
}

test('an attempt that was given up and goes on in a live worker does not write over what the next one found', async () => {
  const play = await (await bench.project('zombie', { steps: [{ write: 'one.txt', content: 'one' }] })).claim();
  await play.begin();
  await play.run();
  const zombie = heldUp();
  const late = inContext(zombie.activities, 'endTurn', play.turn(), environment(1_000));
  late.catch(() => undefined);
  await zombie.reached;

  const { tree } = await inContext(bench.activities, 'endTurn', play.turn(), environment(11_000));
  writeFileSync(join(play.workspace, 'of-the-next-turn.txt'), 'two');
  zombie.release();
  await expect(late).rejects.toMatchObject({ type: 'internal', message: expect.stringContaining('a newer attempt of this step') });
  expect((await changesOfTurn(bench.deps.db, play.turn())).map(({ path }) => path)).toEqual(['one.txt']);
  expect((await findCheckpoint(bench.deps.db, { ...play.turn(), kind: 'after' }))?.tree).toBe(tree);
  expect((await play.row()).treeAfter).toBe(tree);
});
