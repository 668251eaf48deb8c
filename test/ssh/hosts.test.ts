import { expect, test } from '@jest/globals';
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeWithSshd } from '../support/sshd.ts';
import { eventually } from '../support/eventually.ts';
import { BRISK, client, failure, isAlive, proxied, server } from './parts.ts';

describeWithSshd('a link over SSH', () => {
  test('answers, names its server, and is one connection for all callers', async () => {
    const sshd = await server();
    const hosts = client(sshd.configFile);
    const [link, same] = await Promise.all([hosts.link(sshd.alias), hosts.link(sshd.alias)]);
    expect(same).toBe(link);
    expect(link).toMatchObject({ name: 'test-host', via: 'ssh', hello: { platform: 'linux', home: sshd.home } });
    expect(link.serverVersion).toMatch(/^OpenSSH_/);
    expect(['native', 'js']).toContain(link.cryptoBinding);
    expect(sshd.connections()).toBe(1);
    expect(await link.api.runState({ key: 'nothing.here' })).toEqual({ kind: 'none' });
  });

  test('gives errors of the host their own kind and the name of the host', async () => {
    const sshd = await server();
    const link = await client(sshd.configFile).link(sshd.alias);
    const missing = await failure(link.api.claimWorkspace({ workspace: join(sshd.dir, 'nowhere'), holder: 'test', fence: 1 }));
    expect(missing).toMatchObject({ kind: 'workspace_missing' });
    expect(missing.message).toContain('test-host');
    const workspace = join(sshd.dir, 'here');
    await mkdir(workspace);
    await link.api.claimWorkspace({ workspace, holder: 'new', fence: 2 });
    expect(await failure(link.api.claimWorkspace({ workspace, holder: 'old', fence: 1 }))).toMatchObject({ kind: 'stale_fence' });
  });

  test('uploads the program once, complete or not at all', async () => {
    const sshd = await server();
    const cache = join(sshd.home, '.cache/holdpoint');
    await (await client(sshd.configFile).link(sshd.alias)).close();
    const bundles = (await readdir(cache)).filter(name => name.includes('.mjs'));
    expect(bundles).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.mjs$/)]);
    const file = join(cache, bundles[0] ?? '');
    const { ino } = await stat(file);
    await (await client(sshd.configFile).link(sshd.alias)).close();
    expect((await stat(file)).ino).toBe(ino);
    const content = await readFile(file);
    await writeFile(file, content.subarray(0, 100));
    await client(sshd.configFile).link(sshd.alias);
    expect(await readFile(file)).toEqual(content);
  });

  test('keeps state where it is told to', async () => {
    const sshd = await server();
    const stateDir = join(sshd.dir, "state 'of' $HOME");
    await client(sshd.configFile, { stateDir }).link(sshd.alias);
    expect((await stat(stateDir)).isDirectory()).toBe(true);
  });

  test('is gone with a reason after a reset, fails what was pending, and is made again', async () => {
    const sshd = await server();
    const proxy = await proxied(sshd);
    const hosts = client(sshd.configFile);
    const link = await hosts.link('proxied');
    const pending = failure(link.api.readRun({ key: 'a.b', stream: 'out', offset: 0, maxBytes: 1, waitMs: 60_000 }));
    proxy.reset();
    expect(await link.closed).toMatchObject({ kind: 'host_unreachable' });
    expect((await pending).kind).toMatch(/host_unreachable|bad_input/);
    expect(await failure(link.api.runState({ key: 'a.b' }))).toMatchObject({ kind: 'host_unreachable' });
    const again = await hosts.link('proxied');
    expect(again).not.toBe(link);
    expect(await again.api.runState({ key: 'a.b' })).toEqual({ kind: 'none' });
  });

  test('that breaks while it is made says so, and the next attempt is a new one', async () => {
    const sshd = await server({ forceCommand: 'exec tail --pid=$PPID -f /dev/null' });
    const hosts = client(sshd.configFile);
    const attempt = failure(hosts.link(sshd.alias));
    await eventually(() => sshd.logs().includes('Starting session'), { what: 'the first command to start' });
    sshd.dropSessions();
    expect(await attempt).toMatchObject({ kind: 'host_unreachable', message: expect.stringContaining('was lost') as unknown });
    const next = failure(hosts.link(sshd.alias));
    await eventually(() => sshd.connections() === 2, { what: 'a second connection' });
    await hosts.close();
    expect(await next).toMatchObject({ kind: 'host_unreachable' });
  });

  test('that went silent is given up by keepalive, not before', async () => {
    const sshd = await server();
    const proxy = await proxied(sshd);
    const link = await client(sshd.configFile, { keepalive: BRISK }).link('proxied');
    proxy.swallow();
    const silentSince = performance.now();
    const pending = failure(link.api.runState({ key: 'a.b' }));
    expect(await link.closed).toMatchObject({ kind: 'host_unreachable', message: expect.stringContaining('stopped answering') as unknown });
    // Three intervals unanswered, seen in the fourth.
    expect(performance.now() - silentSince).toBeGreaterThan(2 * BRISK.intervalMs);
    expect(await pending).toMatchObject({ kind: 'host_unreachable' });
  });

  test('is gone when the host program dies, and leaves none behind when closed', async () => {
    const sshd = await server();
    const hosts = client(sshd.configFile);
    const link = await hosts.link(sshd.alias);
    process.kill(link.hello.pid, 'SIGKILL');
    expect(await link.closed).toMatchObject({ kind: 'host_unreachable' });
    const { pid } = (await hosts.link(sshd.alias)).hello;
    await hosts.close();
    await eventually(() => !isAlive(pid), { what: 'the host program to end' });
    expect(await failure(hosts.link(sshd.alias))).toMatchObject({ kind: 'host_unreachable' });
  });
});
