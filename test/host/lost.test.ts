/** T-A5: a run is `lost` after a reboot, whatever lies about, and is never started again under its key. */
import { readFileSync, writeFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { Bench, exitOf, type HostProgram } from './support/host-program.ts';
import { isRunning } from './support/processes.ts';

let bench: Bench;
let host: HostProgram;
const servers: Server[] = [];
beforeAll(async () => {
  bench = await Bench.open();
  host = await bench.program();
});
afterAll(async () => {
  servers.forEach((server) => server.close());
  await bench.close();
});

const OTHER_BOOT = '00000000-0000-4000-8000-000000000000';

interface Started {
  bootId: string;
  socket: string;
  supervisor: { pid: number; startTicks: number };
}

const startedOf = (key: string): Started => JSON.parse(readFileSync(join(bench.directoryOf(key), 'started'), 'utf8')) as Started;

/** What a reboot changes of a run: the boot id is another. */
const rebootedSince = (key: string, more: Partial<Started> = {}): void =>
  writeFileSync(join(bench.directoryOf(key), 'started'), JSON.stringify({ ...startedOf(key), bootId: OTHER_BOOT, ...more }));

async function startAndLose(key: string): Promise<number> {
  const state = await host.call('startRun', bench.run(key, 'forever.mjs', [join(bench.dir, key)]));
  await eventually(() => readFileSync(join(bench.dir, key), 'utf8'), { what: `${key} to run` });
  process.kill(bench.supervisorOf(key), 'SIGKILL');
  await eventually(async () => (await host.call('runState', { key })).kind === 'lost', { what: 'the run to be lost' });
  return state.kind === 'running' ? (state.process?.pid ?? 0) : 0;
}

test('after a reboot: lost, though a socket of its name answers, and not started again', async () => {
  await startAndLose('reboot');
  const dir = bench.directoryOf('reboot');
  const { socket } = startedOf('reboot');
  rmSync(join(dir, socket), { force: true });
  // Nothing of this boot may pass for the supervisor of then: not even somebody who listens.
  const server = createServer((client) => client.end());
  servers.push(server);
  const before = process.cwd();
  process.chdir(dir); // the path of a socket is short
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  process.chdir(before);
  expect((await host.call('runState', { key: 'reboot' })).kind).toBe('running');
  rebootedSince('reboot');
  expect((await host.call('runState', { key: 'reboot' })).kind).toBe('lost');
  expect((await host.call('startRun', bench.run('reboot', 'forever.mjs', [join(bench.dir, 'reboot')]))).kind).toBe('lost');
  expect(readFileSync(join(bench.dir, 'reboot'), 'utf8').trim().split('\n')).toHaveLength(1);
});

test('after a reboot the pid of its process is another\'s: a cancel leaves that one alone', async () => {
  await startAndLose('reused');
  await host.call('cancelRun', { key: 'reused', graceMs: 0 });
  const other = await host.call('startRun', bench.run('other', 'forever.mjs'));
  const process_ = other.kind === 'running' ? other.process : null;
  // As if the innocent had got the number, and even the start time, that the run's process had before the reboot.
  writeFileSync(join(bench.directoryOf('reused'), 'child'), JSON.stringify(process_));
  rebootedSince('reused');
  expect(await host.call('cancelRun', { key: 'reused', graceMs: 0 })).toMatchObject({ state: { kind: 'lost' }, killed: [] });
  expect(isRunning(process_?.pid ?? 0)).toBe(true);
});

test('a run that had ended before the reboot has still ended', async () => {
  await host.call('startRun', bench.run('ended', 'print-env.mjs'));
  const exit = await exitOf(host, 'ended');
  rebootedSince('ended');
  expect(await host.call('runState', { key: 'ended' })).toMatchObject({ kind: 'exited', exit });
});

test('a later supervisor with the pid of the first does not pass for it', async () => {
  await startAndLose('same-pid');
  const { socket, supervisor } = startedOf('same-pid');
  expect(socket).toMatch(new RegExp(`^s\\.${supervisor.pid}\\.[0-9a-f]{8}$`));
});
