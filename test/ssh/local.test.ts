import { describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd, client, failure } from './parts.ts';

async function scratch(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'holdpoint-local-'));
  atEnd(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

describe('the host "local"', () => {
  test('is the same program as a child, with the environment it was given', async () => {
    const home = await scratch();
    const link = await client(null, { stateDir: join(home, 'state'), env: { HOME: home, PATH: '/usr/bin:/bin' } }).link('local');
    expect(link).toMatchObject({ via: 'local', serverVersion: null, cryptoBinding: null, hello: { home } });
    expect(await failure(link.api.runState({ key: '../up' }))).toMatchObject({ kind: 'bad_input' });
  });

  test('is started again after its death', async () => {
    const home = await scratch();
    const hosts = client(null, { stateDir: join(home, 'state'), env: { HOME: home } });
    const link = await hosts.link('local');
    process.kill(link.hello.pid, 'SIGKILL');
    expect((await link.closed).message).toContain('SIGKILL');
    expect((await hosts.link('local')).hello.pid).not.toBe(link.hello.pid);
  });

  test('says why it cannot start', async () => {
    const home = await scratch();
    expect(await failure(client(null, { nodeBinary: join(home, 'no-node') }).link('local'))).toMatchObject({ kind: 'host_unreachable', message: expect.stringContaining('ENOENT') as unknown });
    const broken = client(null, { bundlePath: join(home, 'no-bundle.mjs'), env: {} });
    expect((await failure(broken.link('local'))).message).toMatch(/Cannot find module/);
  });
});
