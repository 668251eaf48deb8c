/** Work that runs is paused, resumed, cancelled; what must not start is refused; what comes malformed changes nothing. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { processStart } from '../../src/embedded/process-identity.ts';
import { runCli, startCli, type RunningCli } from '../support/cli.ts';
import { documentOf, errorOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { startService, type Service } from '../support/service.ts';
import { commandOf } from '../support/marked-processes.ts';
import { asked, codeOf, planFile, planText, reached, withScriptedAgent } from './plans.ts';

jest.setTimeout(300_000);

let service: Service;
const begun: RunningCli[] = [];

beforeAll(async () => {
  service = await startService(withScriptedAgent());
}, 300_000);

afterAll(async () => {
  for (const one of begun) await one.end('SIGKILL');
  await service.close();
});

const json = async (...args: string[]) => service.cli(...args, '--json');
function begin(...args: string[]): RunningCli {
  const one = startCli(args, { env: service.env, cwd: service.dir });
  begun.push(one);
  return one;
}

/** The pid of the agent's process. */
const pidOf = async (project: string): Promise<number> => {
  const found = await reached(service, project, ({ milestones }) => !!milestones[0]?.tasks[0]?.turns[0]?.runs[0]?.pid, 'an agent that runs');
  return found.milestones[0]?.tasks[0]?.turns[0]?.runs[0]?.pid ?? 0;
};

/** The line in a shell that knows where Temporal is and nothing else. */
const shell = (line: string) => promisify(execFile)('/bin/sh', ['-c', line], {
  env: {
    PATH: `${join(process.env.HOLDPOINT_TEST_TEMPORAL_BIN ?? '', '..')}:/usr/bin:/bin`, HOME: service.dir,
    TEMPORAL_ADDRESS: service.env.TEMPORAL_ADDRESS ?? '', TEMPORAL_NAMESPACE: service.env.TEMPORAL_NAMESPACE ?? '',
  },
});

describe('start without our CLI', () => {
  test('--register-only prints the line for the temporal CLI, and that line starts it', async () => {
    const plan = planFile(service, { project: 'registered' });
    const { stdout, code } = await service.cli('start', plan, '--register-only');
    expect(code).toBe(0);
    const [, sha256 = '', line = ''] = /^stored plan ([0-9a-f]{64}) of registered; start it with\n(.*)\n$/.exec(stdout) ?? [];
    expect(line).toBe(`temporal workflow start --type projectWorkflow --task-queue holdpoint --workflow-id holdpoint/registered --input '{"project":"registered","planSha256":"${sha256}"}'`);
    expect(JSON.parse((await json('start', plan, '--register-only')).stdout)).toEqual({ project: 'registered', planSha256: sha256, startWith: line });
    await shell(line);
    await asked(service, 'registered/m/milestone_completion.1');
  });

  test('a malformed signal is ignored and logged, the workflow lives, and a good one releases it', async () => {
    const signal = (input: string) => shell(`temporal workflow signal --workflow-id holdpoint/registered/m --name answer --input '${input}'`);
    for (const input of ['"approve"', '{"breakpoint":7}', '{"breakpoint":"registered/m/milestone_completion.1","action":"explode"}', 'null']) await signal(input);
    await eventually(() => service.worker.log().split('answer ignored').length > 4, { what: 'four lines in the log' });
    expect(service.worker.log()).toContain('the payload is not an object');
    await reached(service, 'registered', ({ milestones }) => milestones[0]?.state === 'waiting', 'still waiting');
    await signal('{"breakpoint":"registered/m/milestone_completion.1","action":"approve","by":"grace"}');
    await reached(service, 'registered', ({ state }) => state === 'completed', 'its end');
    const late = errorOf(await json('answer', 'registered/m/milestone_completion.1', 'approve'));
    expect(late).toMatchObject({ kind: 'already_answered', first: { action: 'approve', by: 'grace' } });
  });
});

describe('what must not start', () => {
  test('a plan with mistakes', async () => {
    const folder = service.folder('broken', { 'holdpoint.yaml': planText({ project: 'broken', more: { agnet: {} } }) });
    const result = await json('start', join(folder, 'holdpoint.yaml'));
    expect({ code: result.code, ...errorOf(result) }).toMatchObject({ code: 2, kind: 'bad_input', message: expect.stringContaining('unknown key "agnet"') });
    expect(await json('start', 'nowhere.yaml')).toMatchObject({ code: 2 });
    expect(documentOf('status', await json('status')).projects.map(({ project }) => project)).not.toContain('broken');
  });

  test('a workspace around the data folder', async () => {
    const folder = service.folder('around', { 'holdpoint.yaml': planText({ project: 'around', workspace: { host: 'local', path: service.dir } }) });
    const result = await json('start', join(folder, 'holdpoint.yaml'));
    expect({ code: result.code, ...errorOf(result) }).toMatchObject({
      code: 4, kind: 'policy', message: `the data folder ${join(service.dir, 'data')} is inside the workspace ${service.dir}`, hint: expect.stringContaining('HOLDPOINT_DATA_DIR'),
    });
  });
});

describe('pause and resume', () => {
  test('a paused project stops before its next step and goes on after resume', async () => {
    await service.cli('start', planFile(service, { project: 'paused', tasks: [[{ waitFor: 'go' }, { write: 'a.txt' }]] }));
    await pidOf('paused');
    expect(await service.cli('pause', 'paused')).toEqual({ code: 0, stderr: '', stdout: 'paused pauses before its next step\n' });
    service.folder('paused/code', { go: '' });
    await reached(service, 'paused', ({ state, milestones }) => state === 'paused' && milestones[0]?.state === 'paused', 'paused');
    expect(JSON.parse((await json('resume', 'paused/m')).stdout)).toEqual({ target: 'paused/m', accepted: true });
    expect(await service.cli('resume', 'paused')).toEqual({ code: 0, stderr: '', stdout: 'paused goes on\n' });
    await asked(service, 'paused/m/milestone_completion.1');
  });

  test.each([['pause', 'paused/m/one', 'bad_input', 2], ['resume', 'paused/n', 'unknown_target', 3], ['pause', 'registered', 'not_open', 4], ['cancel', 'registered/m', 'not_open', 4]])(
    '%s %s: %s', async (command, target, kind, code) => {
      const result = await json(command, target);
      expect({ code: result.code, kind: errorOf(result).kind }).toEqual({ code, kind });
    });
});

describe('cancel', () => {
  test('ends the agent and everything it started, and says what', async () => {
    const steps = [{ run: 'sleep 601 & echo $! > child.pid; sleep 600' }];
    await service.cli('start', planFile(service, { project: 'doomed', tasks: [steps], more: { policy: { permissions: { allow: ['Bash(*)', 'Write(**)'] }, hostPatience: '5s' } } }));
    const agent = await pidOf('doomed');
    const file = join(codeOf(service, 'doomed'), 'child.pid');
    // Its name is told later on: until it has become `sleep` it is a shell.
    const child = await eventually(() => [Number(readFileSync(file, 'utf8'))].find((pid) => commandOf(pid).startsWith('sleep')), { what: 'its child' });
    expect([agent, child].map((pid) => processStart(pid) === undefined)).toEqual([false, false]);

    const second = planFile(service, { project: 'neighbour', workspace: { host: 'local', path: codeOf(service, 'doomed') } });
    const refused = await json('start', second);
    expect({ code: refused.code, ...errorOf(refused) }).toMatchObject({ code: 4, kind: 'workspace_leased', message: expect.stringContaining('in use by milestone doomed/m since ') });

    const result = await service.cli('cancel', 'doomed');
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(/^doomed: cancelled\ncancelled: ended [^]*sleep[^]*; nothing is left \((cgroup|marker)\)\none #1: its files are kept as checkpoint [0-9a-f]{40}, 1 changed\n$/);
    expect([agent, child].map((pid) => processStart(pid))).toEqual([undefined, undefined]);
    const project = await reached(service, 'doomed', ({ state }) => state === 'cancelled', 'cancelled');
    expect(project).toMatchObject({ reason: 'cancelled', milestones: [{ state: 'cancelled', tasks: [{ state: 'cancelled' }] }] });
    expect(documentOf('start', await json('start', second)).started).toBe(true);
    expect(await service.cli('cancel', 'neighbour/m', '--json')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\{"target":"neighbour\/m","accepted":true,"closed":"cancelled","messages":\[.*\]\}\n$/) });
  });
});

describe('Ctrl-C', () => {
  test.each([
    ['SIGINT', ['status', 'paused', '--watch']], ['SIGTERM', ['status', 'paused', '--watch', '--json']], ['SIGINT', ['logs', 'paused', '-f']],
  ] as const)('%s leaves %j with 130 and without a word', async (signal, args) => {
    const one = begin(...args);
    await one.printed(/paused|toolUse/, 60_000);
    expect(await one.end(signal)).toBe(130);
    expect(one.stderr()).toBe('');
  });

  test('a reader that goes away ends what is watched, without a word', async () => {
    const line = `exec ${process.execPath} --disable-warning=ExperimentalWarning ${join(import.meta.dirname, '../../src/cli.ts')}`;
    const pipe = (command: string) => promisify(execFile)('/bin/bash', ['-c', `set -o pipefail; (${line} ${command}) | head -1`], { env: service.env, cwd: service.dir });
    expect(await pipe('status')).toEqual({ stdout: expect.stringMatching(/^\S+ {2}\w+ .*\n$/), stderr: '' });
    expect(await pipe('logs paused --json')).toEqual({ stdout: expect.stringMatching(/^\{"at".*\n$/), stderr: '' });
  });
});

describe('worker', () => {
  test('a worker that is told to stop ends with 0; with Ctrl-C it is 130', async () => {
    const start = async (name: string): Promise<RunningCli> => {
      const ready = join(service.dir, name);
      const one = startCli(['worker'], { env: { ...service.env, HOLDPOINT_READY_FILE: ready }, cwd: service.dir });
      begun.push(one);
      await eventually(() => existsSync(ready), { timeoutMs: 60_000, what: 'a worker that polls' });
      return one;
    };
    const [first, second] = await Promise.all([start('ready-1'), start('ready-2')]);
    expect(await Promise.all([first.end('SIGTERM'), second.end('SIGINT')])).toEqual([0, 130]);
    expect(first.stderr()).toContain('shutting down; running turns go on at their hosts');
  });

  test('one without a database says so and fails', async () => {
    const result = await runCli(['worker'], { env: { ...service.env, DATABASE_URL: 'postgres://u@127.0.0.1:1/d' }, cwd: service.dir });
    expect(result).toMatchObject({ code: 5, stdout: '', stderr: expect.stringContaining('Postgres at 127.0.0.1:1/d (user u) does not answer') });
  });
});
