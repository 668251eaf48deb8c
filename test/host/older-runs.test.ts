/** Whoever claims a workspace ends what runs there under an older fence, whichever program of this user started it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { pidsWith } from '../support/marked-processes.ts';
import { seededRandom } from '../support/random.ts';
import { scaled, SEED } from '../support/scale.ts';
import { Bench, type HostProgram } from './support/host-program.ts';
import { isRunning } from './support/processes.ts';

/** Two installations of one user on one host: each has a state folder of its own. */
let one: Bench;
let other: Bench;
let first: HostProgram;
let second: HostProgram;
beforeAll(async () => {
  one = await Bench.open();
  other = await Bench.open();
  first = await one.program({ HOME: one.dir });
  second = await other.program({ HOME: one.dir });
});
afterAll(async () => {
  await one.close();
  await other.close();
});

let fence = 0;
const lease = (holder: string, number: number) => ({ workspace: one.workspace, holder, fence: number });

/** A run of the first installation, at work. */
async function atWork(key: string, number: number): Promise<number> {
  const file = join(one.dir, key);
  await first.call('startRun', { ...one.run(key, 'forever.mjs', [file]), ...lease('first', number) });
  return Number(await eventually(() => readFileSync(file, 'utf8').trim(), { what: `${key} to run` }));
}

test('a claim with a newer fence ends the run, and its holder writes no more', async () => {
  const old = (fence += 1);
  await first.call('claimWorkspace', lease('first', old));
  const pid = await atWork('claimed', old);
  await second.call('claimWorkspace', lease('second', (fence += 1)));
  expect(isRunning(pid)).toBe(false);
  expect(await first.call('runState', { key: 'claimed' })).toMatchObject({ kind: 'exited', exit: { reason: 'cancelled' } });
  for (const refused of [
    first.failure('startRun', { ...one.run('late', 'forever.mjs'), ...lease('first', old) }),
    first.failure('takeCheckpoint', { ...lease('first', old), exclude: [], maxFileBytes: 1 }),
    first.failure('claimWorkspace', lease('first', old)),
  ]) expect(await refused).toMatchObject({ kind: 'stale_fence' });
});

test('a start with a newer fence does so too, without a claim, and of a run that was lost', async () => {
  const pid = await atWork('lost', (fence += 1));
  process.kill(one.supervisorOf('lost'), 'SIGKILL');
  expect(isRunning(pid)).toBe(true);
  await second.call('startRun', { ...other.run('next', 'forever.mjs'), ...lease('second', (fence += 1)) });
  expect(isRunning(pid)).toBe(false);
});

test('a run of the same fence is left alone', async () => {
  const same = (fence += 1);
  const pid = await atWork('same', same);
  await second.call('claimWorkspace', lease('first', same)).catch(() => undefined);
  await second.call('startRun', { ...other.run('beside', 'print-env.mjs'), ...lease('first', same) });
  expect(isRunning(pid)).toBe(true);
});

test('a start that is under way while the workspace is claimed does not outlive the claim', async () => {
  const random = seededRandom(SEED);
  for (let n = 0; n < scaled(30, 200); n += 1) {
    const key = `claimed.${n}`;
    const old = (fence += 1);
    const file = join(one.dir, key);
    const started = first.failure('startRun', { ...one.run(key, '', [], { command: 'sh', args: ['-c', 'echo $$ >>"$F"; exec sleep 600'], env: { F: file } }), ...lease('first', old) });
    await pause(random() * 8); // anywhere in a start
    const claimed = second.call('claimWorkspace', lease('second', (fence += 1)));
    await Promise.all([started, claimed]);
    expect(pidsWith(one.marker(key))).toEqual([]);
    if (existsSync(file)) expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(1);
  }
}, scaled(120_000, 600_000));
