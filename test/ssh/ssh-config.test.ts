import { describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { parseJump, resolveTarget } from '../../src/ssh/ssh-config.ts';
import type { JumpHop, Target } from '../../src/ssh/ssh-config.ts';
import { runProgram } from '../../src/ssh/run-program.ts';
import { atEnd, failure } from './parts.ts';

const hop = (alias: string): JumpHop => ({ alias, user: null, port: null, through: null });

async function config(text: string): Promise<{ dir: string; file: string; resolve: (alias: JumpHop | string) => Promise<Target> }> {
  const dir = await mkdtemp(join(tmpdir(), 'holdpoint-config-'));
  atEnd(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, 'config');
  await writeFile(file, text.replaceAll('DIR', dir));
  const options = { sshConfigFile: file, sshAgentSocket: '/agent' };
  return { dir, file, resolve: alias => resolveTarget(typeof alias === 'string' ? hop(alias) : alias, options) };
}

describe('an alias of the ssh config', () => {
  test('is what ssh -G says: Include, Match, patterns', async () => {
    const { dir, resolve } = await config(`Include DIR/more\nMatch host 192.0.2.7\n  User matched\nHost vm*\n  Port 2201\n  HostName 192.0.2.7\n`);
    await writeFile(join(dir, 'more'), 'Host vm1\n  Port 2200\n  ConnectTimeout 7\n  AddressFamily inet\n');
    expect(await resolve('vm1')).toMatchObject({ hostname: '192.0.2.7', port: 2200, connectTimeoutMs: 7000, addressFamily: 4, named: true });
    expect(await resolve('vm2')).toMatchObject({ port: 2201, connectTimeoutMs: null, addressFamily: 0 });
    expect(await resolve('other.example')).toMatchObject({ hostname: 'other.example', port: 22, named: false, proxy: { kind: 'none' } });
  });

  test('says how soon a silent link is given up', async () => {
    const { resolve } = await config('Host vm\n  ServerAliveInterval 2\n  ServerAliveCountMax 4\nHost brisk\n  ServerAliveInterval 1\n  ServerAliveCountMax 0\n');
    expect((await resolve('vm')).keepalive).toEqual({ intervalMs: 2000, countMax: 4 });
    expect((await resolve('brisk')).keepalive).toEqual({ intervalMs: 1000, countMax: 1 });
    expect((await resolve('plain.example')).keepalive).toBeNull();
  });

  test('has its files with home, tokens and blanks', async () => {
    const { dir, resolve } = await config('Host vm\n  HostName h.example\n  User u\n  Port 2200\n  IdentityFile ~/.ssh/%r@%h:%p\n  IdentityFile %d/key\n'
      + '  UserKnownHostsFile "DIR/known hosts" ~/other\n  GlobalKnownHostsFile none\n  HostKeyAlias Farm\n  IdentitiesOnly yes\n');
    await writeFile(join(dir, 'known hosts'), '');
    const { homedir } = userInfo();
    expect(await resolve('vm')).toMatchObject({
      identityFiles: [join(homedir, '.ssh/u@h.example:2200'), join(homedir, 'key')],
      knownHostsFiles: [join(dir, 'known hosts'), join(homedir, 'other')],
      hostKeyName: 'farm', identitiesOnly: true, agentSocket: '/agent',
    });
  });

  test.each([['none', null], ['SSH_AUTH_SOCK', '/agent'], ['/run/%r.sock', '/run/u.sock']])('IdentityAgent %s', async (value, socket) => {
    const { resolve } = await config(`Host vm\n  User u\n  IdentityAgent ${value}\n`);
    expect(await resolve('vm')).toMatchObject({ agentSocket: socket });
  });

  test('knows its proxy', async () => {
    const { resolve } = await config('Host far\n  ProxyJump first,me@second:2222\nHost cmd\n  HostName h\n  ProxyCommand nc --x=100%% %h %p %r %n\n  User u\nHost off\n  ProxyCommand none\n');
    expect((await resolve('far')).proxy).toEqual({ kind: 'jump', hop: { alias: 'second', user: 'me', port: 2222, through: 'first' } });
    expect((await resolve('cmd')).proxy).toEqual({ kind: 'command', command: 'nc --x=100% h 22 u cmd' });
    expect((await resolve('off')).proxy).toEqual({ kind: 'none' });
    expect(await resolve({ alias: 'cmd', user: 'you', port: 5, through: 'first' })).toMatchObject({ user: 'you', port: 5, proxy: { kind: 'jump', hop: hop('first') } });
  });

  test('jump lists are read from the end', () => {
    expect(parseJump('host')).toEqual(hop('host'));
    expect(parseJump('a,b,u@[2001:db8::1]:22')).toEqual({ alias: '2001:db8::1', user: 'u', port: 22, through: 'a,b' });
    expect(parseJump('ssh://u@host:2222')).toEqual({ alias: 'host', user: 'u', port: 2222, through: null });
    expect(() => parseJump('a,')).toThrow('ProxyJump');
  });

  test('that could be taken for an option is refused, and a broken file is named', async () => {
    const { dir, file, resolve } = await config('Host vm\n');
    const marker = join(dir, 'marker');
    for (const name of [`-oProxyCommand=touch ${marker}`, '-G', '', 'a b', 'a\nb']) expect(await failure(resolve(name))).toMatchObject({ kind: 'bad_input' });
    await writeFile(file, 'Nonsense yes\n');
    expect(await failure(resolve('vm'))).toMatchObject({ kind: 'bad_input', where: { file }, message: expect.stringMatching(/nonsense/i) as unknown });
    await rm(file);
    expect(await failure(resolve('vm'))).toMatchObject({ kind: 'bad_input' });
  });

  test('needs the OpenSSH client, and says so', async () => {
    expect(await failure(runProgram('holdpoint-no-such-ssh', []))).toMatchObject({ kind: 'host_unsupported', hint: expect.stringContaining('openssh-client') as unknown });
  });
});
