/** The demo's sshd where somebody else has taken the port that was chosen for it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { writeSshFiles, type SshFiles } from '../../src/demo/ssh/host.ts';
import { findSshd, startOn, startOpenSsh } from '../../src/demo/ssh/openssh.ts';
import { describeWithSshd } from '../support/sshd.ts';

describeWithSshd('the OpenSSH server of a demo', () => {
  let files: SshFiles;
  let env: Record<string, string>;
  const sshd = findSshd(process.env.PATH ?? '') ?? '';

  beforeAll(() => {
    files = writeSshFiles(mkdtempSync(join(tmpdir(), 'holdpoint-openssh-')));
    env = { HOME: join(files.dir, 'home'), PATH: '/usr/bin:/bin' };
  });
  afterAll(() => rmSync(files.dir, { recursive: true, force: true }));

  test('serves on a port of its own choice', async () => {
    const server = await startOpenSsh(sshd, files, env, false);
    expect(server).toMatchObject({ software: 'OpenSSH sshd', version: expect.stringMatching(/^OpenSSH_/) });
    await server.close();
  });

  test('says that the port is taken, also where the other greets as an sshd does', async () => {
    const other = createServer((socket) => void socket.on('error', () => undefined).end('SSH-2.0-OpenSSH_another\r\n'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(startOn(port, { sshd, files, env, outlive: false })).rejects.toMatchObject({ kind: 'port_taken', details: { port } });
    await new Promise((resolve) => other.close(resolve));
  });
});
