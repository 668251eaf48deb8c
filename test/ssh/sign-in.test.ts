import { expect, test } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { appendFile, chmod, copyFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { describeWithSshd, makeKey } from '../support/sshd.ts';
import type { TestSshd } from '../support/sshd.ts';
import { atEnd, client, failure, server } from './parts.ts';

const containing = (text: string): unknown => expect.stringContaining(text);

describeWithSshd('a host key that is not right ends the attempt before any sign-in', () => {
  const wrongKeys: [name: string, lines: (sshd: TestSshd, other: string) => string, kind: string][] = [
    ['unknown', () => '', 'host_key_unknown'],
    ['changed', (sshd, other) => `[127.0.0.1]:${sshd.port} ${other}\n`, 'host_key_changed'],
    ['revoked', sshd => `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n@revoked * ${sshd.hostKey}\n`, 'host_key_changed'],
  ];

  test.each(wrongKeys)('%s', async (_name, lines, kind) => {
    const sshd = await server();
    makeKey(join(sshd.dir, 'other'));
    const other = execFileSync('ssh-keygen', ['-yf', join(sshd.dir, 'other')], { encoding: 'utf8' }).trim();
    await writeFile(sshd.knownHostsFile, lines(sshd, other));
    expect(await failure(client(sshd.configFile).link(sshd.alias))).toMatchObject({ kind, where: { file: sshd.knownHostsFile } });
    await eventually(() => sshd.logs().includes('[preauth]'), { what: 'the server to see the refusal' });
    expect(sshd.connections()).toBe(1);
    expect(sshd.signInRequests()).toBe(0);
  });

  test('revoked by a list', async () => {
    const sshd = await server();
    await appendFile(sshd.configFile, `  RevokedHostKeys ${join(sshd.dir, 'host_key.pub')}\n`);
    expect(await failure(client(sshd.configFile).link(sshd.alias))).toMatchObject({ kind: 'host_key_changed', message: containing('revoked') });
    expect(sshd.signInRequests()).toBe(0);
  });

  test('StrictHostKeyChecking no changes nothing', async () => {
    const sshd = await server();
    await writeFile(sshd.knownHostsFile, '');
    await sshd.addAlias('careless', { StrictHostKeyChecking: 'no' });
    expect(await failure(client(sshd.configFile).link('careless'))).toMatchObject({ kind: 'host_key_unknown' });
  });

  test('the hashed right key is accepted', async () => {
    const sshd = await server();
    execFileSync('ssh-keygen', ['-H', '-f', sshd.knownHostsFile], { stdio: 'ignore' });
    expect((await client(sshd.configFile).link(sshd.alias)).via).toBe('ssh');
  });
});

describeWithSshd('signing in', () => {
  test('with a key the server does not know says what was offered', async () => {
    const sshd = await server();
    makeKey(join(sshd.dir, 'stranger'));
    await sshd.addAlias('stranger', { IdentityFile: join(sshd.dir, 'stranger') });
    const error = await failure(client(sshd.configFile).link('stranger'));
    expect(error).toMatchObject({ kind: 'host_auth_failed', message: containing(join(sshd.dir, 'stranger')), hint: containing('ssh -o BatchMode=yes stranger') });
    expect(error.message).toContain('publickey');
  });

  test('does not use keys that are open to others or have a passphrase, and says so', async () => {
    const sshd = await server();
    await copyFile(sshd.identityFile, join(sshd.dir, 'open'));
    await chmod(join(sshd.dir, 'open'), 0o644);
    makeKey(join(sshd.dir, 'locked'), 'secret');
    await writeFile(join(sshd.dir, 'rubbish'), 'no key', { mode: 0o600 });
    for (const [name, reason] of [['open', 'chmod 600'], ['locked', 'ssh-add'], ['rubbish', 'not a private key'], ['missing', 'nothing to offer']] as const) {
      await sshd.addAlias(name, { IdentityFile: join(sshd.dir, name) });
      expect(await failure(client(sshd.configFile).link(name))).toMatchObject({ kind: 'host_auth_failed', message: containing(reason) });
    }
  });

  test('uses the agent, with IdentitiesOnly only for keys that are named', async () => {
    const sshd = await server();
    const sshAgentSocket = await agent(join(sshd.dir, 'agent'), [sshd.identityFile]);
    await copyFile(`${sshd.identityFile}.pub`, join(sshd.dir, 'named.pub'));
    const settings = { IdentityAgent: 'SSH_AUTH_SOCK', IdentityFile: join(sshd.dir, 'named.pub') };
    await sshd.addAlias('agent', settings);
    await sshd.addAlias('unnamed', { ...settings, IdentityFile: join(sshd.dir, 'nothing') });
    await sshd.addAlias('any', { ...settings, IdentitiesOnly: 'no', IdentityFile: join(sshd.dir, 'nothing') });
    const hosts = client(sshd.configFile, { sshAgentSocket });
    expect((await hosts.link('agent')).via).toBe('ssh');
    expect((await hosts.link('any')).via).toBe('ssh');
    expect(await failure(hosts.link('unnamed'))).toMatchObject({ kind: 'host_auth_failed', message: containing('holds no key to offer') });
  });

  test('goes on with key files when the agent is dead', async () => {
    const sshd = await server();
    await sshd.addAlias('dead-agent', { IdentityAgent: join(sshd.dir, 'no-agent') });
    expect((await client(sshd.configFile).link('dead-agent')).via).toBe('ssh');
  });
});

describeWithSshd('a host that cannot be reached', () => {
  test('is told apart by port, name, silence, another protocol and weak algorithms', async () => {
    const sshd = await server();
    const weak = await server({ config: ['KexAlgorithms ecdh-sha2-nistp256'] });
    const silent = await listener(() => undefined);
    const web = await listener(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const cases: [settings: Record<string, string>, kind: string, words: string][] = [
      [{ Port: '1' }, 'host_unreachable', 'refuses connections'], // one that nobody is ever given
      [{ HostName: 'no-such-host.invalid' }, 'host_unreachable', 'no-such-host.invalid cannot be resolved'],
      [{ Port: String(silent), ConnectTimeout: '1' }, 'host_unreachable', 'handshake within 1 s'],
      [{ Port: String(web) }, 'host_unreachable', 'ended the connection'],
      [{ Port: String(weak.port) }, 'host_unsupported', 'algorithms'],
    ];
    const hosts = client(sshd.configFile);
    for (const [at, [settings, kind, words]] of cases.entries()) {
      await sshd.addAlias(`case-${at}`, settings);
      expect(await failure(hosts.link(`case-${at}`))).toMatchObject({ kind, message: containing(words) });
    }
    expect(await failure(hosts.link('no-such-alias.invalid'))).toMatchObject({ kind: 'unknown_host', hint: containing('Host no-such-alias.invalid') });
  });

  test('does not hold up the end', async () => {
    const sshd = await server();
    const silent = await listener(() => undefined);
    await sshd.addAlias('silent', { Port: String(silent) });
    const hosts = client(sshd.configFile);
    const attempt = failure(hosts.link('silent'));
    await hosts.close();
    expect(await attempt).toMatchObject({ kind: 'host_unreachable' });
  });
});

async function agent(socket: string, keys: string[]): Promise<string> {
  const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  atEnd(async () => {
    child.kill();
  });
  await eventually(() => {
    execFileSync('ssh-add', ['-q', ...keys], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' });
    return true;
  }, { what: 'the agent to take keys' });
  return socket;
}

async function listener(onConnection: Parameters<typeof createServer>[1] & object): Promise<number> {
  const sockets: { destroy(): void }[] = [];
  const listening = createServer(socket => {
    sockets.push(socket.on('error', () => undefined));
    onConnection(socket);
  });
  await new Promise<void>(resolve => listening.listen(0, '127.0.0.1', resolve));
  atEnd(async () => {
    sockets.forEach(socket => socket.destroy());
    listening.close();
  });
  return (listening.address() as AddressInfo).port;
}
