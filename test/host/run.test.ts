import { readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunState } from '../../src/domain/host-api.ts';
import { eventually } from '../support/eventually.ts';
import { pidsWith } from '../support/marked-processes.ts';
import { Bench, exitOf, fixture, follow, type HostProgram } from './support/host-program.ts';
import { canMakeGroups } from './support/cgroup.ts';
import { isRunning } from './support/processes.ts';

let bench: Bench;
let host: HostProgram;
beforeAll(async () => {
  bench = await Bench.open();
  host = await bench.program();
});
afterAll(() => bench.close());

const PROOF = canMakeGroups() ? 'cgroup' : 'marker';

const pidOf = (state: RunState): number => ('process' in state ? state.process?.pid : undefined) ?? 0;

/** Starts a fixture and waits for its first word. */
async function running(key: string, file: string, args: string[] = [], spec = {}): Promise<number> {
  const state = await host.call('startRun', bench.run(key, file, args, spec));
  const { size } = await host.call('readRun', { key, stream: 'out', offset: 0, maxBytes: 1, waitMs: 60_000 });
  expect(size).toBeGreaterThan(0);
  return pidOf(state);
}

const carriers = (key: string): number[] => pidsWith(bench.marker(key));

describe('following', () => {
  test('gives every byte once and in order, also from the middle and through another program', async () => {
    const wanted = spawnSync(process.execPath, [fixture('lines.mjs'), '4000']).stdout;
    await host.call('startRun', bench.run('lines', 'lines.mjs', ['4000']));
    const whole = await follow(host, 'lines');
    expect(whole.equals(wanted)).toBe(true);
    expect((await follow(await bench.program(), 'lines', 12_345)).equals(wanted.subarray(12_345))).toBe(true);
    expect(await exitOf(host, 'lines')).toMatchObject({ code: 5, signal: null, reason: 'exited', message: null });
  });

  test('waits while there is nothing, but not for a run that does not exist', async () => {
    await running('quiet', 'forever.mjs');
    const nothing = await host.call('readRun', { key: 'quiet', stream: 'out', offset: 6, maxBytes: 10, waitMs: 50 });
    expect(nothing).toMatchObject({ offset: 6, data: '', size: 6, state: { kind: 'running' } });
    expect(await host.call('readRun', { key: 'unknown', stream: 'out', offset: 0, maxBytes: 1, waitMs: 60_000 })).toMatchObject({ state: { kind: 'none' } });
    expect(await host.failure('readRun', { key: 'quiet', stream: 'out', offset: -1, maxBytes: 1, waitMs: 0 })).toMatchObject({ kind: 'bad_input' });
  });

  test('standard error is a stream of its own', async () => {
    const spec = { command: 'sh', args: ['-c', 'echo out; echo err >&2'] };
    await host.call('startRun', bench.run('err', '', [], spec));
    expect((await follow(host, 'err')).toString()).toBe('out\n');
    const { data } = await host.call('readRun', { key: 'err', stream: 'err', offset: 0, maxBytes: 100, waitMs: 0 });
    expect(Buffer.from(data, 'base64').toString()).toBe('err\n');
  });
});

describe('ends of a run', () => {
  test('a program or folder that is not there is an end like any other', async () => {
    await host.call('startRun', bench.run('no-program', '', [], { command: 'no-such-program' }));
    expect(await exitOf(host, 'no-program')).toMatchObject({ code: null, reason: 'spawn_failed', message: expect.stringContaining('ENOENT') });
    await host.call('startRun', bench.run('no-folder', 'forever.mjs', [], { cwd: '/no/such' }));
    expect(await exitOf(host, 'no-folder')).toMatchObject({ reason: 'spawn_failed', message: 'working directory /no/such does not exist' });
  });

  test('time is limited, with time to say goodbye', async () => {
    // A shell is ready to say goodbye long before, where Node may need that long to start.
    const polite = "trap 'echo goodbye; exit 7' INT; echo ready; sleep 600 & wait";
    const limits = { wallMs: 5_000, outBytes: 1e6, graceMs: 60_000 };
    await host.call('startRun', bench.run('slow', '', [], { command: 'sh', args: ['-c', polite], limits }));
    expect(await exitOf(host, 'slow')).toMatchObject({ code: 7, reason: 'wall_limit', message: 'ran longer than 5000 ms' });
    expect((await follow(host, 'slow')).toString()).toBe('ready\ngoodbye\n');
  });

  test('output is limited', async () => {
    await host.call('startRun', bench.run('flood', 'flood.mjs', [], { limits: { wallMs: 60_000, outBytes: 10_000_000, graceMs: 100 } }));
    await eventually(async () => (await host.call('runState', { key: 'flood' })).kind === 'exited', { what: 'the flood to be stopped' });
    expect(await host.call('runState', { key: 'flood' })).toMatchObject({ exit: { reason: 'output_limit', message: expect.stringMatching(/more than 10000000$/) } });
  });

  test('what a run leaves behind is ended with it, and said', async () => {
    const file = join(bench.dir, 'left');
    await host.call('startRun', bench.run('leaver', 'escapee.mjs', [file, 'leave']));
    const exit = await exitOf(host, 'leaver');
    const left = Number(readFileSync(file, 'utf8'));
    expect(exit).toMatchObject({ code: 0, reason: 'exited', message: expect.stringContaining(`ended what it had left running: ${left} `) });
    expect(isRunning(left)).toBe(false);
  });
});

describe('cancelling', () => {
  test('asks the process alone to end, and takes its last words', async () => {
    await running('polite', 'polite.mjs');
    const { state, proof, killed } = await host.call('cancelRun', { key: 'polite', graceMs: 60_000 });
    expect({ proof, killed }).toEqual({ proof: PROOF, killed: [] });
    expect(state).toMatchObject({ kind: 'exited', exit: { code: 7, reason: 'cancelled' } });
    expect((await follow(host, 'polite')).toString()).toBe('ready\ngoodbye\n');
  });

  test('ends a child in another session that ignores INT and TERM', async () => {
    const file = join(bench.dir, 'escapee');
    await running('escape', 'escapee.mjs', [file]);
    const escapee = Number(readFileSync(file, 'utf8'));
    expect(isRunning(escapee)).toBe(true);
    const { killed } = await host.call('cancelRun', { key: 'escape', graceMs: 100 });
    expect(killed.map(({ pid }) => pid)).toContain(escapee);
    expect(isRunning(escapee)).toBe(false);
    expect(carriers('escape')).toEqual([]);
  });

  test('may be repeated, and of an unknown run says that there is none', async () => {
    expect(await host.call('cancelRun', { key: 'escape', graceMs: 0 })).toMatchObject({ killed: [], state: { kind: 'exited' } });
    expect(await host.call('cancelRun', { key: 'never', graceMs: 0 })).toEqual({ killed: [], proof: 'marker', state: { kind: 'none' } });
  });
});

describe('deaths', () => {
  test('a run outlives the program that started it, and its end', async () => {
    const first = await bench.program();
    const started = await first.call('startRun', bench.run('survivor', 'polite.mjs'));
    await first.kill();
    expect(await host.call('runState', { key: 'survivor' })).toEqual(started);
    const second = await bench.program();
    expect(await second.call('startRun', bench.run('survivor', 'polite.mjs'))).toEqual(started);
    expect(await second.stop()).toBe(0);
    expect(await host.call('runState', { key: 'survivor' })).toEqual(started);
  });

  test('without its supervisor a run is lost at once, never started again, and can still be reaped', async () => {
    const file = join(bench.dir, 'lost');
    const pid = await running('lost', 'forever.mjs', [file]);
    const waiting = host.call('readRun', { key: 'lost', stream: 'out', offset: 6, maxBytes: 10, waitMs: 60_000 });
    process.kill(bench.supervisorOf('lost'), 'SIGKILL');
    expect(await waiting).toMatchObject({ data: '', state: { kind: 'lost', process: { pid } } });
    expect(await host.call('startRun', bench.run('lost', 'forever.mjs', [file]))).toMatchObject({ kind: 'lost', process: { pid } });
    expect(readFileSync(file, 'utf8')).toBe(`${pid}\n`);
    expect(isRunning(pid)).toBe(true);
    expect(await host.call('cancelRun', { key: 'lost', graceMs: 5000 })).toMatchObject({ state: { kind: 'lost' }, proof: PROOF });
    expect(carriers('lost')).toEqual([]);
  });
});
