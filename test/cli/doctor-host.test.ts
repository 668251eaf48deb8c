import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CLAUDE, type Service } from '../support/service.ts';
import { describeWithSshd, freePort, makeKey, startSshd, type TestSshd } from '../support/sshd.ts';
import { examine, startedService, storeLogin, type Changes, type Examined } from './doctor-bench.ts';

/** Nothing that was told of the host beyond the one before it. */
const AFTER_HOST = ['platform', 'node', 'git', 'claude', 'claude login', 'disk'];

describeWithSshd('doctor HOST, over SSH', () => {
  let service: Service;
  let sshd: TestSshd;

  beforeAll(async () => {
    [service, sshd] = await Promise.all([startedService(false), startSshd()]);
    storeLogin(sshd.home);
  });

  afterAll(() => Promise.all([service.close(), sshd.close()]));

  /** Without a worker, which is not what these tests are about. */
  async function host(args: string[], changes: Changes = {}): Promise<Examined> {
    const found = await examine(service, args, { HOLDPOINT_SSH_CONFIG_FILE: sshd.configFile, ...changes });
    expect(found.wrong.shift()).toBe('worker');
    return found;
  }

  test('finds a host in order', async () => {
    const { code, document, wrong, check } = await host([sshd.alias, '--workspace', sshd.dir]);
    expect({ code, wrong }).toEqual({ code: 1, wrong: [] });
    expect(document.checks.slice(8).map(({ name }) => name)).toEqual([
      'host', 'host key', 'login', 'platform', 'node', 'git', 'claude', 'claude login', 'disk', 'workspace', 'watch', 'ssh crypto',
    ]);
    expect(check('host')?.detail).toMatch(/^test-host: OpenSSH_/);
    expect(check('disk')?.detail).toContain(`free at ${sshd.home}, `);
    expect(check('watch')?.detail).toMatch(/^inotify: \d+ of the \d+ watches/);
    expect(check('claude login')?.detail).toContain('stored (claude.ai)');
  });

  test('finds what is missing there', async () => {
    const { code, wrong } = await host([sshd.alias, '--workspace', join(sshd.dir, 'nowhere')], { HOLDPOINT_CLAUDE_COMMAND: 'no-such-claude' });
    expect({ code, wrong }).toEqual({ code: 1, wrong: ['claude', 'claude login', 'workspace', 'watch'] });
  });

  test('finds nobody signed in there, whoever is signed in here; a key in the environment is none, for turns do not see it', async () => {
    const other = await startSshd({ env: { ANTHROPIC_API_KEY: 'scripted' } });
    storeLogin(service.env.HOME ?? '');
    const { code, wrong, check } = await host([other.alias], { HOLDPOINT_SSH_CONFIG_FILE: other.configFile, HOLDPOINT_CLAUDE_COMMAND: CLAUDE });
    await other.close();
    expect({ code, wrong }).toEqual({ code: 1, wrong: ['claude login'] });
    expect(check('claude login')?.detail).toContain(other.alias);
  });

  test('names the stage a connection failed at', async () => {
    const strange = join(sshd.dir, 'strange');
    makeKey(strange);
    await writeFile(join(sshd.dir, 'empty'), '');
    await sshd.addAlias('stranger', { IdentityFile: strange });
    await sshd.addAlias('unmet', { UserKnownHostsFile: join(sshd.dir, 'empty') });
    await sshd.addAlias('closed', { Port: String(await freePort()) });
    const stranger = await host(['stranger']);
    expect(stranger).toMatchObject({ code: 5, wrong: ['login', ...AFTER_HOST] });
    expect(stranger.check('host key')).toEqual({ name: 'host key', ok: true, detail: 'accepted' });
    const unmet = await host(['unmet']);
    expect(unmet).toMatchObject({ code: 5, wrong: ['host key', 'login', ...AFTER_HOST] });
    expect(unmet.check('host key')?.cure).toContain('ssh-keyscan');
    expect(await host(['closed'])).toMatchObject({ code: 5, wrong: ['host', 'host key', 'login', ...AFTER_HOST] });
  });

  test('does not know an alias nobody wrote down', async () => {
    const found = await host(['never-heard-of.invalid']);
    expect(found.wrong).toEqual(['host', 'host key', 'login', ...AFTER_HOST]);
    // Without a name server nobody can tell an unknown name from one that cannot be asked about.
    expect(found.check('host')?.detail).toMatch(/There is no host|cannot be resolved/);
    expect([1, 5]).toContain(found.code);
  });

  test('says of a server that negotiates nothing acceptable that the host is at fault', async () => {
    const weak = await startSshd({ config: ['KexAlgorithms diffie-hellman-group14-sha256'] });
    const found = await host([weak.alias], { HOLDPOINT_SSH_CONFIG_FILE: weak.configFile });
    await weak.close();
    expect(found).toMatchObject({ code: 1, wrong: ['host', 'host key', 'login', ...AFTER_HOST] });
  });
});
