/** Who may write in a workspace, and what happens when its host is away. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { onHost, toTheEnd } from '../../src/activities/on-host.ts';
import { leaseHolder } from '../../src/db/leases.ts';
import { HoldpointError } from '../../src/domain/failure-kind.ts';
import type { Hosts } from '../../src/ssh/hosts.ts';
import { eventually } from '../support/eventually.ts';
import { pidsWith } from '../support/marked-processes.ts';
import { openBench, type Bench } from './bench.ts';
import { inContext, running, type Play } from './play.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

/** The type of the failure, as the workflow reads it. */
async function failureOf(work: Promise<unknown>): Promise<{ type: string | null | undefined; message: string; nonRetryable: boolean | null | undefined }> {
  const error = await work.then(() => new Error('it did not fail'), (thrown: unknown) => thrown);
  if (!(error instanceof ApplicationFailure)) throw error;
  return { type: error.type, message: error.message, nonRetryable: error.nonRetryable };
}

const holderOf = (play: Play) => leaseHolder(bench.deps.db, { host: 'local', workspace: play.workspace });

/** Another project in the same workspace. */
const neighbour = async (name: string, of: Play): Promise<Play> => bench.project(name, { change: (plan) => { plan.workspace.path = of.workspace; } });

test('claimed again by the same workflow it is the same lease; released, the next one gets a higher number', async () => {
  const play = await bench.project('leased');
  await play.claim('run-1');
  expect(play.epoch).toBe(1);
  expect((await play.claim('run-1')).epoch).toBe(1);
  const other = await neighbour('leased-too', play);
  bench.running.add('leased/slugs');
  expect(await failureOf(other.claim('run-2'))).toMatchObject({ type: 'workspace_leased', nonRetryable: false, message: expect.stringContaining('in use by milestone leased/slugs') });
  await inContext(bench.activities, 'releaseWorkspace', { ...play.ref, epoch: 1 });
  expect((await other.claim('run-2')).epoch).toBe(2);
  await inContext(bench.activities, 'releaseWorkspace', { ...play.ref, epoch: 1 }); // a late one harms nobody
  expect(await holderOf(play)).toMatchObject({ project: 'leased-too', epoch: 2 });
});

test('from a workflow that was terminated the workspace is taken, after its agent has been ended; its writes are refused', async () => {
  const play = await (await bench.project('terminated', { steps: [{ run: 'sleep 300' }] })).claim();
  bench.running.add('terminated/slugs');
  const key = await play.begin();
  const turn = play.start();
  await eventually(() => pidsWith(`HOLDPOINT_RUN=${key}`).length >= 2, { what: 'the agent' });
  await eventually(async () => (await play.runRow()).pid, { what: 'the row of the process' });
  turn.cancel({ workerShutdown: true });
  await expect(turn.result).rejects.toBeInstanceOf(CancelledFailure);

  const other = await neighbour('takes-over', play);
  expect(await failureOf(other.claim('run-2'))).toMatchObject({ type: 'workspace_leased' });
  bench.running.delete('terminated/slugs');
  await other.claim('run-2');
  expect(other.epoch).toBe(2);
  expect(pidsWith(`HOLDPOINT_RUN=${key}`)).toEqual([]);
  expect(await play.runRow()).toMatchObject({ state: 'exited', exit: { reason: 'cancelled' } });
  expect(await failureOf(play.end())).toMatchObject({ type: 'stale_fence', nonRetryable: true });
  expect(await failureOf(play.begin(2))).toMatchObject({ type: 'stale_fence' });
});

test('a workspace that is not there is told and not held', async () => {
  const play = await bench.project('missing');
  rmSync(play.workspace, { recursive: true });
  expect(await failureOf(play.claim())).toMatchObject({ type: 'workspace_missing', nonRetryable: true, message: expect.stringContaining(play.workspace) });
  expect(await holderOf(play)).toBeNull();
});

test('a host that is away for longer than the plan allows is told and leaves no lease', async () => {
  const play = await bench.project('away', { change: (plan) => Object.assign(plan, { workspace: { host: 'nobody', path: '/srv/x' }, policy: { ...plan.policy, hostPatienceMs: 700 } }) });
  const claim = running(bench.activities, 'claimWorkspace', { ...play.ref, workflowRunId: 'run-1' });
  expect(await failureOf(claim.result)).toMatchObject({ type: 'host_unreachable', nonRetryable: true });
  expect(claim.heartbeats.length).toBeGreaterThan(0);
  expect(await leaseHolder(bench.deps.db, { host: 'nobody', workspace: '/srv/x' })).toBeNull();
});

/** A host whose link fails `times` times. */
function failing(times: number, kind: 'host_unreachable' | 'host_auth_failed' = 'host_unreachable'): { hosts: Hosts; tries: () => number } {
  let tries = 0;
  const link: Hosts['link'] = (name) => ((tries += 1) <= times ? Promise.reject(new HoldpointError(kind, `no way to ${name}`)) : bench.deps.hosts.link('local'));
  return { hosts: { link, close: () => Promise.resolve() }, tries: () => tries };
}

const hello = (hosts: Hosts, patienceMs: number, signal = new AbortController().signal) => onHost({ hosts, host: 'h', patienceMs, signal }, (api) => api.hello({}));

test('a link that comes back within the patience is no failure; what no waiting cures is told at once', async () => {
  const twice = failing(2);
  expect(await hello(twice.hosts, 20_000)).toMatchObject({ platform: 'linux' });
  expect(twice.tries()).toBe(3);
  const refused = failing(9, 'host_auth_failed');
  await expect(hello(refused.hosts, 20_000)).rejects.toMatchObject({ kind: 'host_auth_failed' });
  expect(refused.tries()).toBe(1);
});

test('patience counts from the first failure, not from the beginning of a call that took long', async () => {
  const { hosts } = failing(0);
  let calls = 0;
  const answer = onHost({ hosts, host: 'h', patienceMs: 3_000, signal: new AbortController().signal }, async (api) => {
    if ((calls += 1) > 1) return api.hello({});
    await eventually(() => performance.now() > begun + 3_100, { what: 'more time than the patience' });
    throw new HoldpointError('host_unreachable', 'the link broke in the middle of a long answer');
  });
  const begun = performance.now();
  expect(await answer).toMatchObject({ platform: 'linux' });
});

test('a cancel is noticed while a host is waited for, and keeps its reason', async () => {
  const cancel = new AbortController();
  const waiting = hello(failing(99).hosts, 60_000, cancel.signal);
  cancel.abort(new CancelledFailure('over'));
  await expect(waiting).rejects.toBeInstanceOf(CancelledFailure);
});

test('what must be ended on a host that never comes back is given up with a sentence', async () => {
  const target = toTheEnd({ hosts: failing(99).hosts, host: 'h', patienceMs: 1, signal: AbortSignal.abort() }, 400);
  await expect(onHost(target, (api) => api.hello({}))).rejects.toMatchObject({ kind: 'internal', message: expect.stringContaining('host h was not there for 0.4 s') });
});
