/** The deployment of docs/security.md: a service key whose line in authorized_keys starts the host program and nothing else. */
import { expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { openBench } from '../activities/bench.ts';
import { blocksOf } from '../docs/blocks.ts';
import { eventually } from '../support/eventually.ts';
import { describeWithSshd } from '../support/sshd.ts';
import type { TestSshd } from '../support/sshd.ts';
import { atEnd, bundlePath, client, failure, openssh, server } from './parts.ts';
import type { Ran } from './parts.ts';

const sha256Of = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

/** The line of the document, with this test's places in place of its own. */
function authorizedLine(folder: string, publicKey: string, state: string): string {
  const [block] = blocksOf('docs/security.md').filter(({ attributes }) => attributes['run-by'] === 'test/ssh/forced-command.test.ts');
  const line = block?.text.trim().replaceAll('/usr/local/lib/holdpoint', folder).replace('/var/lib/holdpoint', state) ?? '';
  return line.replace(/ssh-ed25519 .*$/, publicKey).replace('PATH=/usr/local/bin:/usr/bin:/bin', `PATH=${dirname(process.execPath)}:/usr/bin:/bin`);
}

interface ForcedHost {
  sshd: TestSshd;
  /** Where the host program lies. */
  folder: string;
  state: string;
}

/** A host whose only key is the service's, with the program of this worker in place. */
async function forcedHost(state?: string): Promise<ForcedHost> {
  const sshd = await server({ config: ['AllowAgentForwarding yes', 'AllowTcpForwarding yes', 'X11Forwarding yes', 'PermitTunnel yes', 'Subsystem sftp internal-sftp'] });
  const folder = join(sshd.dir, 'lib');
  mkdirSync(folder);
  copyFileSync(bundlePath, join(folder, 'host.mjs'));
  const places = { sshd, folder, state: state ?? join(sshd.dir, 'state') };
  writeFileSync(join(sshd.dir, 'authorized_keys'), `${authorizedLine(folder, readFileSync(`${sshd.identityFile}.pub`, 'utf8').trim(), places.state)}\n`);
  return places;
}

/** OpenSSH's own client with the service's key: what somebody who has stolen it would use. */
const steal = ({ sshd }: ForcedHost, args: string[], input = 'id\n'): Promise<Ran> =>
  openssh('ssh', ['-F', sshd.configFile, '-o', 'BatchMode=yes', '-o', 'ExitOnForwardFailure=yes', ...args], input);

describeWithSshd('a forced command', () => {
  test('lets the host program start, with nothing put on the host', async () => {
    const { sshd, state } = await forcedHost();
    const link = await client(sshd.configFile).link(sshd.alias);
    expect(link.hello).toMatchObject({ platform: 'linux', home: sshd.home });
    expect(await link.api.runState({ key: 'nothing.here' })).toEqual({ kind: 'none' });
    expect(existsSync(state)).toBe(true);
    expect(existsSync(join(sshd.home, '.cache'))).toBe(false);
  });

  test('finds another version beside its own, and says what is missing otherwise', async () => {
    const { sshd, folder } = await forcedHost();
    writeFileSync(join(folder, 'host.mjs'), `${readFileSync(bundlePath, 'utf8')}\n// an older one\n`);
    const missing = await failure(client(sshd.configFile).link(sshd.alias));
    const name = `${sha256Of(bundlePath)}.mjs`;
    expect(missing).toMatchObject({ kind: 'host_unsupported', message: expect.stringContaining(`no host program ${name} in ${folder}`) as unknown });
    expect(missing.hint).toContain(`put ${bundlePath} of this machine there`);
    // Named by a hash that is not its own, a file is not started.
    writeFileSync(join(folder, name), 'process.exit(0)');
    expect(await failure(client(sshd.configFile).link(sshd.alias))).toMatchObject({ kind: 'host_unsupported' });
    copyFileSync(bundlePath, join(folder, name));
    const link = await client(sshd.configFile).link(sshd.alias);
    expect(await link.api.runState({ key: 'nothing.here' })).toEqual({ kind: 'none' });
  });

  const right = `holdpoint serve ${sha256Of(bundlePath)} holdpoint-${'0'.repeat(32)}`;
  const commands: [name: string, command: (marker: string) => string[]][] = [
    ['a shell', () => []],
    ['another command', (marker) => [`id; touch ${marker}`]],
    ['the right command and another one', (marker) => [`${right}; touch ${marker}`]],
    ['the right command and another line', (marker) => [`${right}\ntouch ${marker}`]],
    ['the right command with a substitution', (marker) => [`holdpoint serve $(touch ${marker}) holdpoint-${'0'.repeat(32)}`]],
    ['a file of its own', (marker) => [`holdpoint serve ${dirname(marker)}/other holdpoint-${'0'.repeat(32)}`]],
  ];

  test('refuses everything else', async () => {
    const host = await forcedHost();
    const marker = join(host.sshd.dir, 'marker');
    for (const [name, command] of commands) {
      const { code, out, err } = await steal(host, ['-T', host.sshd.alias, ...command(marker)]);
      expect([name, code, out, err]).toEqual([name, 126, '', expect.stringContaining('starts the host program of Holdpoint and nothing else')]);
    }
    expect(existsSync(marker)).toBe(false);
    const sftp = await openssh('sftp', ['-F', host.sshd.configFile, '-o', 'BatchMode=yes', '-b', '-', host.sshd.alias], 'ls /\n');
    expect([sftp.code === 0, sftp.out.includes('etc')]).toEqual([false, false]);
  });

  test('comes without forwards of any kind, terminal or agent', async () => {
    const host = await forcedHost();
    const { sshd } = host;
    const inside = createServer((socket) => void socket.on('error', () => undefined).end('inside'));
    await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve));
    atEnd(async () => void inside.close());
    const { port } = inside.address() as AddressInfo;
    expect(await steal(host, ['-W', `127.0.0.1:${port}`, sshd.alias])).toMatchObject({ out: '', err: expect.stringContaining('prohibited') as unknown });
    expect((await steal(host, ['-N', '-R', `0:127.0.0.1:${port}`, sshd.alias])).err).toContain('remote port forwarding failed');
    expect(await steal(host, ['-tt', '-A', sshd.alias])).toMatchObject({ out: '' });
    await eventually(() => sshd.logs().includes('Pty allocation disabled') || sshd.logs().includes('pty-req'), { what: 'the request for a terminal' });
    expect(sshd.logs()).not.toMatch(/Allocating pty|session_pty_req: session \d+ alloc/);
  });

  test('carries a whole turn', async () => {
    const bench = await openBench();
    atEnd(() => bench.close());
    const { sshd } = await forcedHost(join(bench.dir, 'state'));
    const { hosts } = bench.deps;
    bench.deps.hosts = client(sshd.configFile); // with the bundle, also where the tests are measured
    atEnd(async () => void (bench.deps.hosts = hosts));
    const play = await bench.project('forced', {
      steps: [{ run: 'echo written > made.txt' }, { say: 'done' }],
      checks: [{ name: 'made', run: 'grep written made.txt' }],
      change: (plan) => {
        plan.workspace.host = sshd.alias;
      },
    });
    await play.claim();
    expect(await play.whole()).toMatchObject({ outcome: 'completed', message: 'done' });
    expect((await play.checks()).checks).toEqual([expect.objectContaining({ name: 'made', exitCode: 0 })]);
    expect(readFileSync(join(play.workspace, 'made.txt'), 'utf8')).toBe('written\n');
    // The list of claims is kept for all installations of a user; no program was put there.
    expect(readdirSync(join(sshd.home, '.cache/holdpoint'))).toEqual(['fences']);
  });
});
