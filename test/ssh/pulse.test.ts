/** A host program that hangs while sshd goes on answering, and one that only takes long. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pulse } from '../../src/ssh/pulse.ts';
import { eventually } from '../support/eventually.ts';
import { describeWithSshd } from '../support/sshd.ts';
import { atEnd, BRISK, client, failure, isAlive, server } from './parts.ts';

describe('a pulse', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  function start(): { pulse: Pulse; asked: () => number; stopped: () => number; answer: (value: boolean) => void } {
    let [asked, stopped, answers] = [0, 0, true];
    const pulse: Pulse = new Pulse({
      intervalMs: 100, countMax: 3,
      ask: () => {
        asked += 1;
        if (answers) pulse.heard();
      },
      stopped: () => void (stopped += 1),
    });
    return { pulse, asked: () => asked, stopped: () => stopped, answer: (value) => void (answers = value) };
  }

  test('is taken while somebody waits, and not otherwise', async () => {
    const { pulse, asked } = start();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(asked()).toBe(0);
    const call = Promise.withResolvers<void>();
    const waiting = pulse.during(call.promise);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(asked()).toBe(10);
    call.resolve();
    await waiting;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(asked()).toBe(10);
  });

  test('of the dead stops after three silent intervals, within the fourth, once', async () => {
    const { pulse, stopped, answer } = start();
    answer(false);
    void pulse.during(new Promise(() => undefined));
    await jest.advanceTimersByTimeAsync(399);
    expect(stopped()).toBe(0);
    await jest.advanceTimersByTimeAsync(1);
    expect(stopped()).toBe(1);
    void pulse.during(new Promise(() => undefined));
    await jest.advanceTimersByTimeAsync(10_000);
    expect(stopped()).toBe(1);
  });

  test('goes on after a call that came to its deadline, until something was heard', async () => {
    const { pulse, stopped, answer } = start();
    answer(false);
    const call = pulse.during(new Promise((resolve) => void setTimeout(resolve, 150)));
    await jest.advanceTimersByTimeAsync(150);
    await call;
    await jest.advanceTimersByTimeAsync(300);
    expect(stopped()).toBe(1);
  });
});

describeWithSshd('a host program', () => {
  test('that hangs is given up while sshd still answers, ended, and started anew', async () => {
    const sshd = await server();
    const hosts = client(sshd.configFile, { keepalive: BRISK, callTimeoutMs: 120_000 });
    const link = await hosts.link(sshd.alias);
    process.kill(link.hello.pid, 'SIGSTOP');
    const since = performance.now();
    const pending = failure(link.api.readRun({ key: 'a.b', stream: 'out', offset: 0, maxBytes: 1, waitMs: 60_000 }));
    expect(await link.closed).toMatchObject({ kind: 'host_unreachable', message: expect.stringContaining('does not answer') as unknown });
    // Three intervals of silence; the upper bound is the deadline of the test.
    expect(performance.now() - since).toBeGreaterThan(2 * BRISK.intervalMs);
    expect(await pending).toMatchObject({ kind: 'host_unreachable' });
    expect((await hosts.link(sshd.alias)).hello.pid).not.toBe(link.hello.pid);
    await eventually(() => !isAlive(link.hello.pid), { what: 'the hanging program to be ended' });
  });

  test('that hangs with no call pending is found out by the next one, whose own deadline comes first', async () => {
    const sshd = await server();
    const hosts = client(sshd.configFile, { keepalive: { intervalMs: 2_500, countMax: 3 }, callTimeoutMs: 6_000 }); // time to start the program too
    const link = await hosts.link(sshd.alias);
    process.kill(link.hello.pid, 'SIGSTOP');
    expect(await failure(link.api.runState({ key: 'a.b' }))).toMatchObject({ kind: 'host_unreachable', message: expect.stringContaining('"runState" within 6 s') as unknown });
    expect(await link.closed).toMatchObject({ kind: 'host_unreachable' });
  });

  test('on this machine that hangs is ended as well', async () => {
    const home = await mkdtemp(join(tmpdir(), 'holdpoint-hang-'));
    atEnd(() => rm(home, { recursive: true, force: true }));
    const link = await client(null, { stateDir: join(home, 'state'), env: { HOME: home }, keepalive: BRISK, callTimeoutMs: 120_000 }).link('local');
    process.kill(link.hello.pid, 'SIGSTOP');
    expect(await failure(link.api.runState({ key: 'a.b' }))).toMatchObject({ kind: 'host_unreachable' });
    await eventually(() => !isAlive(link.hello.pid), { what: 'the hanging program to be ended' });
  });

  test('that takes long over a call is left alone', async () => {
    const sshd = await server();
    const keepalive = { intervalMs: 1_500, countMax: 5 };
    const link = await client(sshd.configFile, { keepalive }).link(sshd.alias);
    const workspace = join(sshd.dir, 'quiet');
    await mkdir(workspace);
    await writeFile(join(workspace, 'file'), 'text');
    const request = { workspace, holder: 'test', fence: 1, exclude: [], maxFileBytes: 1_000_000 };
    const { tree } = await link.api.takeCheckpoint(request);
    const batch = await link.api.watchChanges({ ...request, base: tree, cursor: 0, waitMs: 10_000 });
    expect(batch).toMatchObject({ tree, changes: [] });
    expect(await link.api.runState({ key: 'a.b' })).toEqual({ kind: 'none' });
  });
});
