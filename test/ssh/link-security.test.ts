/** What a connection is made of, seen from the server's side: pinned algorithms, and no agent that comes along. */
import { expect, test } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { describeWithSshd } from '../support/sshd.ts';
import type { TestSshd } from '../support/sshd.ts';
import { atEnd, client, failure, openssh, server } from './parts.ts';

/** A server with one weakness and nothing better; `legacy` lets OpenSSH's own client in all the same. */
const WEAK: [name: string, config: string[], legacy: string[]][] = [
  ['Diffie-Hellman with SHA-1', ['KexAlgorithms diffie-hellman-group14-sha1'], ['KexAlgorithms=+diffie-hellman-group14-sha1']],
  ['a NIST curve for the key exchange', ['KexAlgorithms ecdh-sha2-nistp256'], []],
  ['CBC', ['Ciphers aes128-cbc'], ['Ciphers=+aes128-cbc']],
  ['CTR without authentication of its own', ['Ciphers aes256-ctr', 'MACs hmac-sha1'], ['MACs=+hmac-sha1']],
  ['a host key signed with SHA-1', ['HostKey RSA', 'HostKeyAlgorithms ssh-rsa'], ['HostKeyAlgorithms=+ssh-rsa']],
];

async function weakServer(config: string[]): Promise<TestSshd> {
  const first = await server();
  const rsa = join(first.dir, 'rsa');
  execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', rsa]);
  const weak = await server({ config: config.map((line) => line.replace('HostKey RSA', `HostKey ${rsa}`)) });
  const key = readFileSync(`${rsa}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
  writeFileSync(weak.knownHostsFile, `[127.0.0.1]:${weak.port} ${weak.hostKey}\n[127.0.0.1]:${weak.port} ${key}\n`);
  return weak;
}

describeWithSshd('a server that offers only', () => {
  test.each(WEAK)('%s is refused with a sentence, before any sign-in', async (_name, config, legacy) => {
    const weak = await weakServer(config);
    const error = await failure(client(weak.configFile).link(weak.alias));
    expect(error).toMatchObject({ kind: 'host_unsupported', hint: expect.stringContaining('curve25519') as unknown });
    expect(error.message).toContain('offers only algorithms that are not accepted');
    expect(weak.signInRequests()).toBe(0);
    // The server is a working one: who accepts its algorithms is let in.
    const { out } = await openssh('ssh', ['-F', weak.configFile, ...legacy.flatMap((option) => ['-o', option]), weak.alias, 'echo in']);
    expect(out.trim()).toBe('in');
  });
});

describeWithSshd('the ssh agent', () => {
  test('does not come along, though the ssh config says ForwardAgent yes', async () => {
    const sshd = await server({ config: ['AllowAgentForwarding yes'] });
    const socket = join(sshd.dir, 'agent');
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    atEnd(async () => void agent.kill());
    // Its socket is there a moment before it listens.
    const add = (): unknown => execFileSync('ssh-add', ['-q', sshd.identityFile], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' });
    await eventually(() => (add(), true), { timeoutMs: 60_000, what: 'the agent to take the key' });
    await sshd.addAlias('generous', { ForwardAgent: 'yes', IdentityAgent: socket });
    const link = await client(sshd.configFile, { sshAgentSocket: socket }).link('generous');
    expect(readFileSync(`/proc/${link.hello.pid}/environ`, 'latin1')).not.toContain('SSH_AUTH_SOCK');
    expect(sshd.logs()).not.toContain('auth-agent-req');
    // The same alias with OpenSSH's own client: the server would have seen it.
    expect((await openssh('ssh', ['-F', sshd.configFile, 'generous', 'echo $SSH_AUTH_SOCK'])).out).toContain('/agent.');
    await eventually(() => sshd.logs().includes('auth-agent-req'), { what: 'the request for the agent' });
  });
});
