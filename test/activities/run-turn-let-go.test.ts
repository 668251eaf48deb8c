/** What a turn does when its activity is taken away: only a cancel, or a workflow that is gone, ends the agent. */
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CancelledFailure } from '@temporalio/common';
import { createActivities } from '../../src/activities/index.ts';
import type { HostApi } from '../../src/domain/host-api.ts';
import { runLines } from '../../src/db/agent-events.ts';
import type { Hosts } from '../../src/ssh/hosts.ts';
import { eventually } from '../support/eventually.ts';
import { commandOf, pidsWith } from '../support/marked-processes.ts';
import { openBench, type Bench, type ProjectOptions } from './bench.ts';
import type { Play, Running } from './play.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const pidsOf = (key: string): number[] => pidsWith(`HOLDPOINT_RUN=${key}`);

interface Underway {
  play: Play;
  key: string;
  turn: Running<unknown>;
}

const WITH_CHILD: ProjectOptions = { steps: [{ cost: 0.25 }, { say: 'here' }, { run: 'sleep 300' }] };

/** A turn that runs: by default with a process of its own under the agent's, which is what it is by now, and no copy of the agent. */
async function underway(name: string, options = WITH_CHILD, has: string | null = 'sleep 300'): Promise<Underway> {
  const play = await (await bench.project(name, options)).claim();
  const key = await play.begin();
  const turn = play.start();
  await eventually(() => pidsOf(key).some((pid) => commandOf(pid).includes(has ?? '')), { what: 'the agent at work' });
  return { play, key, turn };
}

const noteAbout = async (project: string): Promise<string[]> =>
  (await bench.deps.db.selectFrom('event').select('message').where('project', '=', project).where('kind', '=', 'run_cancelled').execute()).map(({ message }) => message);

test('a cancel leaves nothing alive, keeps the stream and says what was ended', async () => {
  const { play, key, turn } = await underway('cancelled');
  const pid = await eventually(async () => (await play.runRow()).pid, { what: 'the row of the process' });
  turn.cancel({ cancelRequested: true });
  await expect(turn.result).rejects.toBeInstanceOf(CancelledFailure);
  expect(pidsOf(key)).toEqual([]);
  expect(await play.runRow()).toMatchObject({ state: 'exited', pid, exit: { reason: 'cancelled' } });
  expect(await play.row()).toMatchObject({ outcome: { kind: 'interrupted' }, toolCalls: 1 });
  const [note] = await noteAbout('cancelled');
  expect(note).toMatch(/^cancelled: ended .*sleep 300.* \(\d+\).*; nothing is left \((marker|cgroup)\)$/);
});

test('a cancel in the middle of a line stores every byte once', async () => {
  const bytes = join(bench.dir, 'half');
  writeFileSync(bytes, 'one whole line\nand the first half of');
  const scripted = bench.deps.agent({ name: 'scripted' } as never);
  bench.agents.set('half', {
    ...scripted, name: 'half',
    launch: (turn) => {
      const { spec, secrets } = scripted.launch(turn);
      return { spec: { ...spec, command: '/bin/sh', args: ['-c', `cat ${bytes}; sleep 300`] }, secrets };
    },
  });
  const { key, turn } = await underway('half', { change: (plan) => { plan.agent.name = 'half'; } });
  await eventually(() => turn.heartbeats.some((beat) => (beat as { offset?: number } | null)?.offset === 15), { what: 'the first line to be stored' });
  turn.cancel({ cancelRequested: true });
  await expect(turn.result).rejects.toBeInstanceOf(CancelledFailure);
  const lines: string[] = [];
  for await (const raw of runLines(bench.deps.db, key)) lines.push(raw.toString());
  expect(lines).toEqual(['one whole line', 'and the first half of']);
});

test.each([
  ['its worker shuts down', { workerShutdown: true }],
  ['the server has begun another attempt', { notFound: true }],
  ['it took too long for its worker', { timedOut: true }],
  ['it is paused', { paused: true }],
] as const)('when %s the agent works on, and the next attempt finds the same process', async (what, reason) => {
  const name = `let-go-${what.split(' ').at(-1)}`;
  const { play, key, turn } = await underway(name, { steps: [{ waitFor: 'go' }, { say: 'went on' }] }, null);
  bench.running.add(`${name}/slugs`);
  const { pid } = await eventually(async () => ((await play.runRow()).pid ? play.runRow() : null), { what: 'the row of the process' });
  turn.cancel(reason);
  await expect(turn.result).rejects.toBeInstanceOf(CancelledFailure);
  expect(pidsOf(key)).toEqual([pid]);
  expect(await noteAbout(name)).toEqual([]);
  const next = play.start();
  writeFileSync(join(play.workspace, 'go'), '');
  expect(await next.result).toMatchObject({ outcome: 'completed', message: 'went on', toolCalls: 1 });
  expect(await play.runRow()).toMatchObject({ pid, seq: 1 });
});

test('the agent of a workflow that was terminated is ended', async () => {
  const { key, turn } = await underway('terminated');
  turn.cancel({ notFound: true });
  await expect(turn.result).rejects.toBeInstanceOf(CancelledFailure);
  expect(pidsOf(key)).toEqual([]);
  expect(await noteAbout('terminated')).toHaveLength(1);
});

/** Hosts whose requests to start come to the host late, and that tell when they were asked. */
function slowStart(hosts: Hosts): { hosts: Hosts; asked: Promise<void> } {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const startRun = async (api: HostApi, p: Parameters<HostApi['startRun']>[0]): ReturnType<HostApi['startRun']> => {
    resolve();
    await sleep(700);
    return api.startRun(p);
  };
  const link: Hosts['link'] = async (name) => {
    const real = await hosts.link(name);
    return { ...real, api: { ...real.api, startRun: (p) => startRun(real.api, p) } };
  };
  return { hosts: { ...hosts, link }, asked };
}

test('a cancel that comes while the start is on its way does not lose to it', async () => {
  const slow = slowStart(bench.deps.hosts);
  const play = await (await bench.project('overtaken', { steps: [{ run: 'sleep 300' }] })).claim();
  const key = await play.begin();
  const turn = play.start(1, 1, createActivities({ ...bench.deps, hosts: slow.hosts }));
  await slow.asked;
  turn.cancel({ cancelRequested: true });
  await expect(turn.result).rejects.toBeInstanceOf(CancelledFailure);
  expect(pidsOf(key)).toEqual([]);
  expect(await play.runRow()).toMatchObject({ state: 'exited', exit: { reason: 'cancelled' } });
});
