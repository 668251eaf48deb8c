/** Hosts, workspaces, reviewers and agents that are not as the plan says: each ends or asks, and says why where people look. */
import { accessSync, constants, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startScriptedOllama } from '../../src/demo/scripted-ollama.ts';
import { documentOf } from '../support/documents.ts';
import { startService, type Service } from '../support/service.ts';
import { describeWithSshd, makeKey, sshdBinary, startSshd, type TestSshd } from '../support/sshd.ts';
import { asked, codeOf, planFile, reached, withScriptedAgent } from './plans.ts';

jest.setTimeout(300_000);

let service: Service;
let sshd: TestSshd | null = null;
let bare: TestSshd | null = null;

/** A PATH without git: this Node and the few tools that the host's shell needs. */
function pathWithoutGit(dir: string): string {
  const bin = join(dir, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const tool of ['sh', 'bash', 'uname', 'mkdir', 'cat', 'chmod', 'mv', 'rm', 'env', 'id', 'stty', 'head', 'tail', 'dd', 'base64', 'sha256sum', 'test', 'printf', 'wc', 'ls', 'getconf', 'ldd', 'df', 'tr', 'cut', 'sed', 'grep', 'awk']) {
    const found = ['/usr/bin', '/bin'].map((folder) => join(folder, tool)).find((file) => statSync(file, { throwIfNoEntry: false }));
    if (found) symlinkSync(found, join(bin, tool));
  }
  symlinkSync(process.execPath, join(bin, 'node'));
  return bin;
}

beforeAll(async () => {
  const dir = `${process.env.TMPDIR ?? '/tmp'}`;
  if (sshdBinary !== null) {
    sshd = await startSshd();
    bare = await startSshd();
    makeKey(join(sshd.dir, 'other'));
    const changed = join(sshd.dir, 'changed_hosts');
    writeFileSync(changed, `[127.0.0.1]:${sshd.port} ${readFileSync(join(sshd.dir, 'other.pub'), 'utf8')}`);
    await sshd.addAlias('changed', { UserKnownHostsFile: changed });
    await sshd.addAlias('stranger', { UserKnownHostsFile: '/dev/null' });
    await sshd.addAlias('away', { Port: '1' });
  }
  service = await startService(withScriptedAgent({ env: { ...(sshd && { HOLDPOINT_SSH_CONFIG_FILE: sshd.configFile }), TMPDIR: dir } }));
}, 300_000);

afterAll(async () => {
  await service.close();
  await sshd?.close();
  await bare?.close();
});

/** Starts it and waits until it has failed; gives the reason of the milestone. */
async function failure(project: string, workspace: { host: string; path: string }): Promise<string> {
  await service.json('start', planFile(service, { project, workspace }));
  const found = await reached(service, project, ({ state }) => state === 'failed', 'failed');
  expect(found.reason).toBe(`milestone m failed: ${found.milestones[0]?.reason}`);
  return found.milestones[0]?.reason ?? '';
}

/** A folder this user cannot write: any for most, one of a read-only file system for root. */
function readOnlyFolder(): string | null {
  return ['/usr', '/sys/fs', '/proc/sys'].find((path) => {
    try {
      accessSync(path, constants.W_OK);
      return false;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== 'ENOENT';
    }
  }) ?? null;
}

describe('a workspace', () => {
  test('that is missing fails the milestone, says so in status, and is not leased', async () => {
    const path = join(service.dir, 'nowhere');
    const reason = await failure('missing', { host: 'local', path });
    expect(reason).toBe(`Host "local": workspace ${path} is not a directory on this host`);
    expect((await service.cli('status', 'missing')).stdout).toContain(`m  The milestone  (failed)\n  ${reason}\n`);
    const { projects } = documentOf('status', await service.cli('status', 'missing', '--json'));
    expect(projects[0]?.milestones[0]).toMatchObject({ state: 'failed', reason, tasks: [{ state: 'cancelled' }] });
    mkdirSync(path);
    await service.json('start', planFile(service, { project: 'heir', workspace: { host: 'local', path } }));
    await asked(service, 'heir/m/milestone_completion.1');
  });

  test('that is a file, or cannot be written', async () => {
    const file = join(service.folder('files', { file: '' }), 'file');
    expect(await failure('a-file', { host: 'local', path: file })).toBe(`Host "local": workspace ${file} is not a directory on this host`);
    const folder = readOnlyFolder();
    if (folder === null) return;
    expect(await failure('read-only', { host: 'local', path: folder })).toBe(`Host "local": workspace ${folder} cannot be written by this user`);
  });
});

describeWithSshd('a host', () => {
  test.each([
    ['nobody', /^There is no host "?nobody"?|nobody.*(cannot be resolved|not known|ENOTFOUND|no such host)/i],
    ['changed', /host key|key of host/i],
    ['stranger', /not known|unknown|known_hosts/i],
  ])('"%s" fails the milestone with a sentence', async (host, words) => {
    expect(await failure(`host-${host}`, { host, path: '/srv/code' })).toMatch(words);
  });

  test('that is away is asked about, after the patience of the plan', async () => {
    await service.json('start', planFile(service, { project: 'host-away', workspace: { host: 'away', path: '/srv/code' }, more: { policy: { hostPatience: '1s' } } }));
    await asked(service, 'host-away/m/host_unreachable.1');
    expect((await service.cli('inbox')).stdout).toMatch(/host-away\/m\/host_unreachable\.1 {2}high[^]*Host "away" cannot be reached: 127\.0\.0\.1 port 1[^]*actions: retry, abort\n/);
    await service.json('answer', 'host-away/m/host_unreachable.1', 'abort');
    await reached(service, 'host-away', ({ state }) => state === 'failed', 'its end');
  });

  test('without git fails with a sentence', async () => {
    const home = await startSshd({ path: pathWithoutGit(bare!.dir) });
    const config = readFileSync(home.configFile, 'utf8').replace('Host test-host', 'Host no-git');
    writeFileSync(sshd!.configFile, `${readFileSync(sshd!.configFile, 'utf8')}${config}`);
    const path = join(home.dir, 'code');
    mkdirSync(path);
    const reason = await failure('no-git', { host: 'no-git', path }).finally(() => home.close());
    expect(reason).toMatch(/git/);
  });
});

describe('the reviewer', () => {
  test('that is away is asked about, and a retry after it is back goes on with the same turn', async () => {
    const { port } = new URL(service.ollama.url);
    await service.ollama.close();
    await service.json('start', planFile(service, { project: 'unreviewed' }));
    const id = 'unreviewed/m/one.1/reviewer_unavailable.1';
    await asked(service, id);
    const entry = documentOf('inbox', await service.cli('inbox', '--json')).breakpoints.find((one) => one.id === id);
    expect(entry).toMatchObject({ priority: 'medium', actions: ['retry', 'approve', 'skip-review', 'abort'], reason: expect.stringMatching(new RegExp(`127\\.0\\.0\\.1:${port}`)) });
    const review = { requirementsMet: [{ requirement: 'all', met: true }], issues: [], alternatives: [], quality: 0.9, confidence: 0.9 };
    const back = await startScriptedOllama({ port: Number(port), script: { models: ['other'], otherwise: { review } } });
    await service.json('answer', id, 'retry');
    await asked(service, id.replace('.1/reviewer_unavailable.1', '.1/reviewer_unavailable.2'));
    const missing = documentOf('inbox', await service.cli('inbox', '--json')).breakpoints.find((one) => one.id.endsWith('reviewer_unavailable.2'));
    expect(missing?.reason).toMatch(/scripted.*(not there|missing|pull)|pull scripted/);
    await back.close();
    const whole = await startScriptedOllama({ port: Number(port), script: { models: ['scripted'], otherwise: { review } } });
    await service.json('answer', missing?.id ?? '', 'retry');
    await asked(service, 'unreviewed/m/milestone_completion.1');
    const [project] = documentOf('status', await service.cli('status', 'unreviewed', '--json')).projects;
    expect(project?.milestones[0]?.tasks[0]?.turns).toHaveLength(1);
    await whole.close();
  });
});

describe('the agent', () => {
  test('whose program is not there is asked about, with its name', async () => {
    const plan = planFile(service, { project: 'no-claude', more: { agent: { name: 'claude-code', auth: { apiKey: { env: 'TEST_API_KEY' } }, attempts: 1 } } });
    rmSync(join(codeOf(service, 'no-claude'), '..', 'data'), { force: true, recursive: true });
    const other = await startService(withScriptedAgent({ env: { HOLDPOINT_CLAUDE_COMMAND: join(dirname(plan), 'claude') } }));
    try {
      await other.json('start', plan);
      await asked(other, 'no-claude/m/one.1/consecutive_failures.1');
      expect((await other.cli('inbox')).stdout).toContain(join(dirname(plan), 'claude'));
    } finally {
      await other.close();
    }
  });

  test('whose credential is missing fails the milestone, and the variable is named', async () => {
    await service.json('start', planFile(service, { project: 'no-key', more: { agent: { name: 'claude-code', auth: { apiKey: { env: 'NO_SUCH_KEY' } } } } }));
    const { milestones } = await reached(service, 'no-key', ({ state }) => state === 'failed', 'failed');
    expect(milestones[0]?.reason).toMatch(/NO_SUCH_KEY/);
  });

  test('whose name nobody registered fails the milestone, and says which there are', async () => {
    await service.json('start', planFile(service, { project: 'no-agent', more: { agent: { name: 'codex' } } }));
    const { milestones } = await reached(service, 'no-agent', ({ state }) => state === 'failed', 'failed');
    expect(milestones[0]?.reason).toMatch(/codex.*claude-code/);
  });
});
