/** `up` and `down` as their user meets them: real servers on free ports, found by other commands without any environment. */
import { chmodSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { processStart } from '../../src/embedded/process-identity.ts';
import { readStarted, type Started } from '../../src/embedded/started.ts';
import { startCli, type RunningCli } from '../support/cli.ts';
import { documentOf, errorOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { scratch, type Scratch } from '../support/scratch.ts';
import { freePort } from '../support/sshd.ts';
import { planText } from './plans.ts';

jest.setTimeout(400_000);

let here: Scratch;
let ports: string[];
const begun: RunningCli[] = [];

beforeAll(async () => {
  const marker: Record<string, string> = process.env.HOLDPOINT_CI ? { HOLDPOINT_CI: process.env.HOLDPOINT_CI } : {};
  here = scratch({ TEMPORAL_BIN: process.env.HOLDPOINT_TEST_TEMPORAL_BIN ?? '', ...marker });
  chmodSync(here.dir, 0o755);
  const [postgres, temporal, ui] = await Promise.all([freePort(), freePort(), freePort()]);
  ports = ['--postgres-port', String(postgres), '--temporal-port', String(temporal), '--ui-port', String(ui)];
});

afterAll(async () => {
  for (const one of begun) await one.end('SIGTERM');
  here.remove();
});

function up(...args: string[]): RunningCli {
  const one = startCli(['up', ...ports, ...args], { env: here.env, cwd: here.dir });
  begun.push(one);
  return one;
}

/** What is recorded, read before it ends. */
function recorded(): Started {
  const started = readStarted(join(here.dir, '.holdpoint/started.json'));
  if (!started) throw new Error('nothing is recorded');
  return started;
}

const left = ({ processes }: Started): string[] => processes.filter(({ pid, start }) => processStart(pid) === start).map(({ name }) => name);

test('down and status say so when nothing runs', async () => {
  expect(await here.cli('down')).toEqual({ code: 0, stderr: '', stdout: 'nothing of ours runs here\n' });
  expect(JSON.parse((await here.cli('down', '--json')).stdout)).toEqual({ ended: [] });
});

test('a port that is taken is named, and nothing is left behind', async () => {
  const server = await new Promise<Server>((resolve) => {
    const made = createServer().listen(Number(ports[1]), '127.0.0.1', () => resolve(made));
  });
  const result = await here.cli('up', ...ports, '--json');
  expect(result.code).toBe(5);
  expect(errorOf(result)).toMatchObject({ kind: 'port_taken', port: Number(ports[1]), message: `port ${ports[1]} for Postgres is taken by another program` });
  await new Promise((resolve) => server.close(resolve));
  expect(await here.cli('down')).toMatchObject({ code: 0, stdout: 'nothing of ours runs here\n' });
  expect(await here.cli('up', '--ui-port', '99999')).toEqual({ code: 2, stdout: '', stderr: 'error: --ui-port 99999 is not a port\n  give a number from 1 to 65535\n' });
});

test('is refused inside a run that it would supervise', async () => {
  const inside = scratch({ HOLDPOINT_RUN: 'main.p.m.1.t.1.1' });
  expect(await inside.cli('up')).toMatchObject({ code: 4, stderr: expect.stringContaining('is inside a run that Holdpoint supervises') });
  inside.remove();
});

test('says where everything is; other commands find it; a second one is refused; Ctrl-C ends it all', async () => {
  const one = up('--json');
  await one.printed('\n', 120_000);
  const ready = documentOf('up', { stdout: one.stdout() });
  expect(ready).toEqual({
    ready: true, temporal: `127.0.0.1:${ports[3]}`, webUi: `http://127.0.0.1:${ports[5]}`, database: expect.stringMatching(new RegExp(`^postgresql://\\w+:\\*\\*\\*@127\\.0\\.0\\.1:${ports[1]}/`)),
  });
  // Ready is what work needs; the page may follow.
  await eventually(() => fetch(ready.webUi ?? '').then(({ status }) => status === 200), { what: 'the Web UI' });
  here.write('holdpoint.yaml', planText({ project: 'kept', workspace: { host: 'local', path: join(here.dir, 'code') } }));
  expect(await here.cli('start', 'holdpoint.yaml', '--register-only')).toMatchObject({ code: 0 });
  expect(documentOf('status', await here.cli('status', '--json')).projects.map(({ project }) => project)).toEqual(['kept']);

  const { owner } = recorded();
  const second = await here.cli('up', ...ports, '--json');
  expect({ code: second.code, ...errorOf(second) }).toMatchObject({ code: 4, kind: 'folder_in_use', message: `a stack runs in ${join(here.dir, '.holdpoint')} already (process ${owner?.pid})` });
  expect(readFileSync(join(here.dir, '.holdpoint/worker.log'), 'utf8')).toContain('worker polls');

  const started = recorded();
  expect(started.processes.map(({ name }) => name)).toEqual(['postgres', 'temporal', 'worker']);
  expect(await one.end('SIGINT')).toBe(130);
  expect(left(started)).toEqual([]);
  expect(one.stderr()).toContain('ending the worker, Temporal and Postgres; running turns go on at their hosts\n');
  expect(await here.cli('down')).toMatchObject({ stdout: 'nothing of ours runs here\n' });
});

test('keeps its data, also when it was killed, and `down` in another terminal ends it', async () => {
  const killed = up();
  await killed.printed('ready\n', 120_000);
  const before = recorded();
  await killed.end('SIGKILL');
  const one = up();
  await one.printed('ready\n', 120_000);
  // Nobody waits for the worker of the one that was killed: it ends by itself.
  await eventually(() => left(before).length === 0, { what: 'the end of what was started before' });
  expect(one.stdout()).toContain(`Ctrl-C, or \`holdpoint down\` in another terminal, ends it; the data in ${join(here.dir, '.holdpoint')} stays\n`);
  expect(documentOf('status', await here.cli('status', 'kept', '--json')).projects).toHaveLength(1);
  const started = recorded();
  const { code, stdout } = await here.cli('down');
  expect({ code, stdout }).toEqual({ code: 0, stdout: `ended: ${started.processes.map(({ name, pid }) => `${name} (${pid})`).join(', ')}\n` });
  expect(await one.exited).toBe(0);
  expect(left(started)).toEqual([]);
});
