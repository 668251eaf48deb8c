import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TESTED_VERSION } from '../../src/cli/doctor/claude.ts';
import { checkDisk, checkGit, checkWatch } from '../../src/cli/doctor/host.ts';
import { DEFAULT_REVIEWER_MODEL } from '../../src/domain/plan-schema/file.ts';
import { runCli, startCli } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { CLAUDE, type Service } from '../support/service.ts';
import { freePort } from '../support/sshd.ts';
import { createEmptyDatabase } from '../support/test-db.ts';
import { doctorEnv, examine, script, startedService, startSilent, storeLogin } from './doctor-bench.ts';

let service: Service;

beforeAll(async () => {
  service = await startedService(true);
  storeLogin(service.env.HOME ?? '');
});

afterAll(() => service.close());

describe('with everything in place', () => {
  test('says so, with versions, and leaves the stored login as it is', async () => {
    const file = join(service.env.HOME ?? '', '.claude/.credentials.json');
    const before = readFileSync(file, 'utf8');
    const { code, document, check } = await examine(service, []);
    expect(document.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(code).toBe(0);
    expect(document.checks.map(({ name }) => name)).toEqual([
      'database', 'migrations', 'temporal', 'namespace', 'search attributes', 'worker', 'reviewer', 'model',
      'host', 'platform', 'node', 'git', 'claude', 'claude login', 'disk',
    ]);
    expect(check('claude')?.detail).toBe(`${TESTED_VERSION} at ${CLAUDE}`);
    expect(check('claude login')?.detail).toContain('stored (claude.ai)');
    expect(check('worker')?.detail).toContain(`${service.worker.pid}@`);
    expect(check('model')?.detail).toBe(DEFAULT_REVIEWER_MODEL);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(JSON.stringify(document)).not.toContain('scripted-token');
  });

  test('tells people the same in a table', async () => {
    const { code, stdout, stderr } = await runCli(['doctor', 'local'], { env: doctorEnv(service, {}), cwd: service.dir });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^✓ {2}database +Postgres \d/m);
    expect(stdout).toMatch(/everything is in order\n$/);
  });

  test('looks at a workspace when asked', async () => {
    const folder = service.folder('code', { 'file.txt': 'x' });
    const { check } = await examine(service, ['--workspace', 'code']);
    expect(check('workspace')).toEqual({ name: 'workspace', ok: true, detail: folder });
    expect(check('watch')).toMatchObject({ ok: true, detail: expect.stringMatching(/^inotify: 1 of the \d+ watches/) as unknown });
    const missing = await examine(service, ['--workspace', join(folder, 'nowhere')]);
    expect(missing).toMatchObject({ code: 1, wrong: ['workspace', 'watch'] });
  });

  test('does not judge the login of an address of the user\'s own', async () => {
    const { code, check } = await examine(service, [], { HOLDPOINT_CLAUDE_BASE_URL: service.messages.url, HOME: service.folder('stranger', { 'a': '' }) });
    expect(code).toBe(0);
    expect(check('claude login')?.detail).toContain('not checked');
  });
});

describe('the version it was tested with', () => {
  test('is the one that is installed', () => {
    const { version } = JSON.parse(readFileSync(join(CLAUDE, '../package.json'), 'utf8')) as { version: string };
    expect(TESTED_VERSION).toBe(version);
  });

  test('is named when there is another, which is asked without a way out to the network', async () => {
    const other = script(join(service.dir, 'other'), 'claude', '[ "$1" = --version ] || env > "$0.env"; echo "9.8.7 (Claude Code)"');
    const { code, check } = await examine(service, [], { HOLDPOINT_CLAUDE_COMMAND: other });
    expect(code).toBe(0);
    expect(check('claude')?.detail).toBe(`9.8.7 (tested with ${TESTED_VERSION}) at ${other}`);
    expect(check('claude login')?.detail).toContain('not checked');
    expect(readFileSync(`${other}.env`, 'utf8')).toMatch(/^HTTPS_PROXY=http:\/\/127\.0\.0\.1:9$/m);
  });
});

describe('what is out of reach', () => {
  test('the database: exit 5, all else is still checked, and no password is shown', async () => {
    const port = await freePort();
    const found = await examine(service, [], { DATABASE_URL: `postgres://someone:hidden@127.0.0.1:${port}/holdpoint` });
    expect(found).toMatchObject({ code: 5, wrong: ['database', 'migrations'] });
    expect(found.check('database')?.detail).toContain(`127.0.0.1:${port}`);
    expect(JSON.stringify(found.document)).not.toContain('hidden');
  });

  test('Temporal', async () => {
    const found = await examine(service, [], { TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` });
    expect(found).toMatchObject({ code: 5, wrong: ['temporal', 'namespace', 'search attributes', 'worker'] });
    expect(found.check('temporal')?.cure).toContain('TEMPORAL_ADDRESS');
  });

  test('Ollama', async () => {
    const found = await examine(service, [], { OLLAMA_HOST: `127.0.0.1:${await freePort()}` });
    expect(found).toMatchObject({ code: 5, wrong: ['reviewer', 'model'] });
    expect(found.check('reviewer')?.cure).toContain('ollama serve');
  });

  test('servers that take connections and say nothing', async () => {
    const silent = await startSilent();
    const at = `127.0.0.1:${silent.port}`;
    const found = await examine(service, [], { DATABASE_URL: `postgres://a:b@${at}/c`, TEMPORAL_ADDRESS: at, OLLAMA_HOST: at });
    await silent.close();
    expect(found).toMatchObject({ code: 5 });
    expect(found.wrong).toEqual(['database', 'migrations', 'temporal', 'namespace', 'search attributes', 'worker', 'reviewer', 'model']);
  });

  test('shows people causes, not what follows from them', async () => {
    const env = doctorEnv(service, { OLLAMA_HOST: `127.0.0.1:${await freePort()}` });
    const { code, stdout } = await runCli(['doctor'], { env, cwd: service.dir });
    expect(code).toBe(5);
    expect(stdout).toMatch(/^✗ {2}reviewer /m);
    expect(stdout).toMatch(/^\? {2}model /m);
    expect(stdout).toMatch(/1 of 15 checks failed; what to do:\n {2}reviewer: .*ollama serve.*\n$/);
  });

  test('Ctrl-C ends the waiting', async () => {
    const silent = await startSilent();
    const running = startCli(['doctor', '--json'], { env: doctorEnv(service, { OLLAMA_HOST: `127.0.0.1:${silent.port}` }), cwd: service.dir });
    await eventually(() => silent.met() > 0, { what: 'doctor to ask Ollama' });
    expect(await running.end('SIGINT')).toBe(130);
    expect(running.stdout()).toBe('');
    await silent.close();
  });
});

describe('what is there but not as it should be: exit 1', () => {
  test('a database that was not migrated', async () => {
    const empty = await createEmptyDatabase();
    const found = await examine(service, [], { DATABASE_URL: empty.url });
    await empty.drop();
    expect(found).toMatchObject({ code: 1, wrong: ['migrations'] });
    expect(found.check('migrations')?.cure).toContain('holdpoint migrate');
  });

  test('a namespace that does not exist, or lacks search attributes and a worker', async () => {
    const missing = await examine(service, [], { TEMPORAL_NAMESPACE: 'nobody-made-this' });
    expect(missing).toMatchObject({ code: 1, wrong: ['namespace', 'search attributes', 'worker'] });
    expect(missing.check('namespace')?.cure).toContain('temporal operator namespace create --namespace nobody-made-this');
    // The server's own namespace: nothing of ours is registered there.
    const bare = await examine(service, [], { TEMPORAL_NAMESPACE: 'temporal-system' });
    expect(bare).toMatchObject({ code: 1, wrong: ['search attributes', 'worker'] });
    expect(bare.check('search attributes')?.detail).toContain('HoldpointProject');
  });

  test('a model that was not pulled', async () => {
    const found = await examine(service, [], { HOLDPOINT_REVIEWER_MODEL: 'absent:1b' });
    expect(found).toMatchObject({ code: 1, wrong: ['model'] });
    expect(found.check('model')?.cure).toContain('ollama pull absent:1b');
  });

  test('a reviewer nobody registered', async () => {
    expect(await examine(service, [], { HOLDPOINT_REVIEWER: 'oracle' })).toMatchObject({ code: 1, wrong: ['reviewer', 'model'] });
  });

  test('no git and no Claude Code on PATH', async () => {
    const found = await examine(service, [], { PATH: service.folder('bare', { 'a': '' }), HOLDPOINT_CLAUDE_COMMAND: null });
    expect(found).toMatchObject({ code: 1, wrong: ['git', 'claude', 'claude login'] });
    expect(found.check('git')?.cure).toContain('Install git');
    expect(found.check('claude')?.cure).toContain(`@anthropic-ai/claude-code@${TESTED_VERSION}`);
  });

  test('a git that cannot merge worktrees', async () => {
    const path = script(join(service.dir, 'old-git'), 'git', 'echo "git version 2.37.9 (Apple Git-140)"');
    const found = await examine(service, [], { PATH: join(service.dir, 'old-git') });
    expect(found).toMatchObject({ code: 1, wrong: ['git'] });
    expect(found.check('git')).toMatchObject({ detail: `2.37.9 (Apple Git-140) at ${path} is too old for worktrees and forks`, cure: expect.stringContaining('git 2.38 or newer') as unknown });
  });

  test.each([
    ['git version 2.38.0', true], ['git version 2.39.5 (Apple Git-154)', true], ['git version 2.100.1', true], ['git version 3.0', true], ['git version 2.43.0.windows.1', true],
    ['git version 2.37.7', false], ['git version 2.4.12', false], ['git version 1.99', false], ['git, of some kind', false],
  ])('%s: new enough is %s', (version, ok) => {
    expect(checkGit({ git: { path: '/usr/bin/git', version } }, 'here').ok).toBe(ok);
  });

  test('a Claude Code that does not run', async () => {
    const broken = script(join(service.dir, 'broken'), 'claude', 'echo "native binary not installed" >&2; exit 1');
    expect(await examine(service, [], { HOLDPOINT_CLAUDE_COMMAND: broken })).toMatchObject({ code: 1, wrong: ['claude', 'claude login'] });
  });

  test('nobody signed in', async () => {
    const found = await examine(service, [], { HOME: service.folder('nobody', { 'a': '' }) });
    expect(found).toMatchObject({ code: 1, wrong: ['claude login'] });
    expect(found.check('claude login')?.cure).toContain('auth login');
  });

  test.each([
    ['polling (nfs4)', null, 'polling (nfs4)'], ['inotify', null, 'inotify'],
    ['inotify', { limit: 7, needed: 7 }, 'inotify: 7 of the 7 watches its user may have'], ['inotify', { limit: 7, needed: 8 }, 'polling: inotify has 7 watches for its user'],
  ])('watching by %s with %j is no failure', (mode, watches, detail) => {
    expect(checkWatch({ watch: { mode, watches } })).toMatchObject({ ok: true, detail: expect.stringContaining(detail) as unknown });
  });

  test('a disk that is nearly full', () => {
    const finding = checkDisk([{ path: '/home/me', freeBytes: 5 * 1024 ** 3 }, { path: '/srv', freeBytes: 1024 ** 3 - 1 }]);
    expect(finding).toMatchObject({ ok: false, cure: expect.stringMatching(/^Make room at \/srv:/) as unknown });
  });
});

describe('bad input: exit 2, an error document and no check', () => {
  test.each([
    ['a configuration with a mistake', [], { HOLDPOINT_AGENT_SEATS: 'many' }],
    ['a relative workspace on another machine', ['elsewhere', '--workspace', 'code'], {}],
  ])('%s', async (_name, args, changes) => {
    const { code, stdout } = await runCli(['doctor', ...args, '--json'], { env: doctorEnv(service, changes), cwd: service.dir });
    expect({ code, ...(JSON.parse(stdout) as object) }).toMatchObject({ code: 2, error: { kind: 'bad_input' } });
  });
});
