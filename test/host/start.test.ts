import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunState } from '../../src/domain/host-api.ts';
import { eventually } from '../support/eventually.ts';
import { Bench, exitOf, fixture, follow, type HostProgram } from './support/host-program.ts';
import { commandLineOf, environmentOf, pidsOf } from './support/processes.ts';

let bench: Bench;
let host: HostProgram;
beforeAll(async () => {
  bench = await Bench.open();
  host = await bench.program({ ANTHROPIC_API_KEY: 'canary-of-the-host', HOST_SECRET: 'secret-of-the-host', TZ: 'UTC' });
});
afterAll(() => bench.close());

const linesOf = (file: string): string[] => readFileSync(file, 'utf8').split('\n').filter(Boolean);

const pidOf = (state: RunState): number | undefined => (state.kind === 'running' ? state.process?.pid : undefined);

const filesBelow = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));

test('hello and probe say who answers and what is there', async () => {
  expect(await host.call('hello', {})).toMatchObject({ pid: host.process.pid, platform: 'linux', node: process.version });
  const probed = await host.call('probe', { workspace: bench.workspace, agentCommand: 'no-such-agent' });
  expect(probed).toMatchObject({ node: { path: process.execPath }, agent: { path: null, version: null }, workspace: { exists: true, writable: true } });
  expect(probed.git.version).toMatch(/^git version/);
  expect(await host.call('probe', { workspace: '/no/such/place', agentCommand: null })).toMatchObject({ workspace: { exists: false, writable: false } });
});

describe('starting', () => {
  test('five keys, started six times each by three programs at once, are five processes', async () => {
    const programs = [host, await bench.program(), await bench.program()];
    const keys = Array.from({ length: 5 }, (_, n) => `race.${n}`);
    const file = (key: string): string => join(bench.dir, key);
    const starts = keys.map((key) => [...programs, ...programs].map((program) => program.call('startRun', bench.run(key, 'forever.mjs', [file(key)]))));
    const pids = (await Promise.all(starts.map((ofKey) => Promise.all(ofKey)))).map((states) => new Set(states.map(pidOf)));
    await eventually(() => pidsOf('holdpoint supervise', bench.state).length === keys.length, { what: 'the supervisors that were not first to be gone' });
    for (const key of keys) await eventually(() => linesOf(file(key)).length > 0, { what: `${key} to run` });
    expect(pids.map((seen) => [...seen].map(String))).toEqual(keys.map((key) => linesOf(file(key))));
  });

  test('the first spec of a key counts, and an ended run is not started again', async () => {
    await host.call('startRun', bench.run('first', 'print-env.mjs', ['one']));
    const first = await exitOf(host, 'first');
    const again = await host.call('startRun', bench.run('first', 'print-env.mjs', ['two']));
    expect(again).toMatchObject({ kind: 'exited', exit: first });
    expect((JSON.parse((await follow(host, 'first')).toString()) as { args: string[] }).args).toEqual(['one']);
  });

  test('the process gets its input, its places and exactly the environment that was asked for', async () => {
    const files = [{ path: 'sub/settings.json', content: '{"dir":"{{RUN_DIR}}","url":"{{GATE_URL}}"}' }];
    const env = { DIR: '{{RUN_DIR}}', TEXT: 'a "b" $c\nd' };
    await host.call('startRun', bench.run('env', 'print-env.mjs', ['{{RUN_DIR}}/x'], { args: [fixture('print-env.mjs'), '{{RUN_DIR}}/x'], env, inherit: ['PATH', 'TZ', 'ABSENT'], stdin: 'tö\n', files }));
    const seen = JSON.parse((await follow(host, 'env')).toString()) as { env: Record<string, string>; args: string[]; stdin: string };
    const dir = seen.env['DIR'] ?? '';
    delete seen.env['NODE_V8_COVERAGE']; // Node hands it down by itself when the tests are measured
    expect(seen.env).toEqual({ PATH: process.env.PATH, TZ: 'UTC', DIR: dir, TEXT: env.TEXT, HOLDPOINT_RUN: bench.wholeKey('env') });
    expect(seen).toMatchObject({ args: [`${dir}/x`], stdin: 'tö\n' });
    expect(readFileSync(join(dir, 'sub/settings.json'), 'utf8')).toBe(`{"dir":"${dir}","url":"{{GATE_URL}}"}`);
  });

  test('only the owner may read what is kept', async () => {
    await host.call('startRun', bench.run('modes', 'print-env.mjs'));
    await exitOf(host, 'modes');
    // The supervisor may be about to end, and takes its socket with it.
    const modeOf = (name: string): number => statSync(join(bench.state, name), { throwIfNoEntry: false })?.mode ?? 0;
    const names = readdirSync(bench.state, { recursive: true }).map(String);
    expect(names.filter((name) => (modeOf(name) & 0o077) !== 0)).toEqual([]);
  });
});

describe('secrets', () => {
  test('of every source reach the process, and neither disk nor a command line nor the supervisor', async () => {
    writeFileSync(join(bench.dir, 'token'), 'secret-of-a-file\n');
    const secrets = {
      A: { kind: 'value' as const, value: 'secret-of-the-worker' },
      B: { kind: 'hostEnv' as const, name: 'HOST_SECRET' },
      C: { kind: 'hostFile' as const, path: join(bench.dir, 'token') },
    };
    const state = await host.call('startRun', { ...bench.run('secret', 'forever.mjs'), secrets });
    const wanted = ['A=secret-of-the-worker', 'B=secret-of-the-host', 'C=secret-of-a-file'];
    expect(environmentOf(pidOf(state) ?? 0).split('\0')).toEqual(expect.arrayContaining(wanted));
    const supervisors = pidsOf('supervise', bench.state);
    expect(supervisors.length).toBeGreaterThan(0);
    const readable = [...supervisors.flatMap((pid) => [environmentOf(pid), commandLineOf(pid)]), commandLineOf(pidOf(state) ?? 0)];
    const kept = filesBelow(bench.state).map((file) => readFileSync(file, 'latin1'));
    expect([...readable, ...kept].filter((content) => /secret-of|canary/.test(content))).toEqual([]);
  });

  test('that are missing are told by name, and nothing is started', async () => {
    const missing = { ...bench.run('no-secret', 'forever.mjs'), secrets: { TOKEN: { kind: 'hostEnv' as const, name: 'NOT_SET' } } };
    expect(await host.failure('startRun', missing)).toEqual({ kind: 'bad_input', message: 'TOKEN: environment variable NOT_SET is not set on the host' });
    const file = { ...missing, secrets: { TOKEN: { kind: 'hostFile' as const, path: '~/nothing' } } };
    expect(await host.failure('startRun', file)).toEqual({ kind: 'bad_input', message: 'TOKEN: file ~/nothing cannot be read on the host (ENOENT)' });
    expect(await host.call('runState', { key: 'no-secret' })).toEqual({ kind: 'none' });
  });
});

describe('refused', () => {
  test.each([
    ['a key with a slash', 'bad/key', {}, /run key ".*\.bad\/key"/],
    ['a relative working directory', 'bad', { cwd: 'here' }, /absolute path/],
    ['a file outside', 'bad', { files: [{ path: '../x', content: '' }] }, /free name/],
    ['a file in place of the run\'s own', 'bad', { files: [{ path: './started', content: '' }] }, /free name/],
    ['a limit that is none', 'bad', { limits: { wallMs: -1, outBytes: 1, graceMs: 1 } }, /limits\.wallMs/],
  ])('%s', async (_, key, spec, message) => {
    const start = { ...bench.run('bad', 'forever.mjs', [], spec), key };
    expect(await host.failure('startRun', start)).toEqual({ kind: 'bad_input', message: expect.stringMatching(message) });
  });

  test('an older fence, also after a restart; a workspace that is not there', async () => {
    const workspace = join(bench.workspace);
    await host.call('claimWorkspace', { workspace, holder: 'test', fence: 1 });
    const other = await bench.program();
    await other.call('claimWorkspace', { workspace, holder: 'new', fence: 12 });
    expect(await host.failure('claimWorkspace', { workspace, holder: 'old', fence: 9 })).toMatchObject({ kind: 'stale_fence' });
    expect(await host.failure('startRun', bench.run('late', 'forever.mjs'))).toMatchObject({ kind: 'stale_fence' });
    expect(await host.failure('takeCheckpoint', { ...bench.lease, exclude: [], maxFileBytes: 1 })).toMatchObject({ kind: 'stale_fence' });
    expect(await host.failure('claimWorkspace', { workspace: '/no/such', holder: 'x', fence: 1 })).toMatchObject({ kind: 'workspace_missing' });
  });
});
