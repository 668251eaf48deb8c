import { describe, expect, test } from '@jest/globals';
import { loadConfig, type Env } from '../src/config.ts';
import { HoldpointError } from '../src/domain/failure-kind.ts';

const noFile = (): null => null;

function failure(env: Env, files: Record<string, string> = {}): HoldpointError {
  try {
    loadConfig(env, '/srv/x', (path) => files[path] ?? null);
  } catch (error) {
    if (error instanceof HoldpointError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

test('without anything said, everything has a default and nothing can be changed', () => {
  const config = loadConfig({ PATH: '/bin', TEMPORAL_ADDRESS: 'x' }, '/srv/x', noFile);
  expect(config).toEqual({
    databaseUrl: 'postgres://holdpoint:holdpoint@127.0.0.1:5432/holdpoint', ollamaHost: 'http://127.0.0.1:11434', dataDir: '/srv/x/.holdpoint',
    install: 'main', sshConfigFile: null, sshAuthSock: null, hostStateDir: null, hostBundle: null, workflowBundle: null, agentSeats: 2, hostSeats: {}, taskQueue: 'holdpoint',
    claudeCommand: 'claude', claudeBaseUrl: null, logLevel: 'info', metricsAddress: null, buildId: null, readyFile: null, reviewer: {},
    agents: [], reviewers: [], notify: [], webUiUrl: null,
  });
  expect(() => Object.assign(config, { install: 'other' })).toThrow(TypeError);
});

test('the environment goes before the file, the file before the default', () => {
  const files = { '/srv/x/.holdpoint/config.yaml': 'agentSeats: 3\ninstall: lab\nreviewerModel: small\nagents: [one, two]\n' };
  const env = { HOLDPOINT_AGENT_SEATS: '5', HOLDPOINT_REVIEWER_DEADLINE: '90s', HOLDPOINT_REVIEWERS: 'a, b', HOLDPOINT_CLAUDE_COMMAND: '' };
  const config = loadConfig(env, '/srv/x', (path) => (files as Record<string, string>)[path] ?? null);
  expect(config).toMatchObject({
    agentSeats: 5, install: 'lab', agents: ['one', 'two'], reviewers: ['a', 'b'], claudeCommand: 'claude', reviewer: { model: 'small', deadlineMs: 90_000 },
  });
});

test('the file can be elsewhere, and must then exist', () => {
  const found = loadConfig({ HOLDPOINT_CONFIG: 'conf/my.yaml' }, '/srv/x', (path) => (path === '/srv/x/conf/my.yaml' ? 'install: lab' : null));
  expect(found.install).toBe('lab');
  expect(failure({ HOLDPOINT_CONFIG: 'conf/my.yaml' }).message).toContain('HOLDPOINT_CONFIG: there is no file /srv/x/conf/my.yaml');
});

test.each([
  ['127.0.0.1:4000', 'http://127.0.0.1:4000'], ['gpu-box', 'http://gpu-box:11434'], ['0.0.0.0', 'http://127.0.0.1:11434'],
  ['http://gpu-box:80', 'http://gpu-box'], ['https://models.example.com/', 'https://models.example.com'], ['[::1]:4000', 'http://[::1]:4000'],
])('OLLAMA_HOST %s is %s', (given, url) => {
  expect(loadConfig({ OLLAMA_HOST: given }, '/', noFile).ollamaHost).toBe(url);
});

describe('mistakes', () => {
  test('all at once, each by its variable or its place in the file, no value shown', () => {
    const error = failure({
      HOLDPOINT_AGENT_SEAT: '2', HOLDPOINT_AGENT_SEATS: 'many', HOLDPOINT_LOG_LEVEL: 'loud', DATABASE_URL: 'mysql://u:topsecret@h/d', OLLAMA_HOST: 'http://',
      HOLDPOINT_RUN: 'a.b.c', HOLDPOINT_TEST_DATABASE_URL: 'x',
    }, { '/srv/x/.holdpoint/config.yaml': 'instal: lab\nagentSeats: 0\n' });
    expect(error.kind).toBe('bad_input');
    expect(error.message.split('\n')).toEqual([
      'The configuration has 7 mistakes:',
      'HOLDPOINT_AGENT_SEAT: unknown variable (did you mean "HOLDPOINT_AGENT_SEATS"?)',
      'DATABASE_URL: must be an address such as postgres://user@host:5432/database',
      'OLLAMA_HOST: must be an address such as 127.0.0.1:11434',
      'HOLDPOINT_AGENT_SEATS: must be a whole number',
      "HOLDPOINT_LOG_LEVEL: must be trace, debug, info, warn, error or silent",
      '/srv/x/.holdpoint/config.yaml:1:1 instal: unknown key "instal" (did you mean "install"?)',
      '/srv/x/.holdpoint/config.yaml:2:13 agentSeats: must be between 1 and 1000',
    ]);
  });

  test.each([['0'], ['1001'], ['1.5'], ['-1']])('%s agent seats are refused', (seats) => {
    expect(failure({ HOLDPOINT_AGENT_SEATS: seats }).message).toContain('HOLDPOINT_AGENT_SEATS: must be');
  });
});

test('seats of hosts: as text or as a mapping, each number a possible one', () => {
  const seatsOf = (text: string): unknown => loadConfig({ HOLDPOINT_HOST_SEATS: text }, '/srv/x', noFile).hostSeats;
  expect(seatsOf('build-vm=2, *=4')).toEqual({ 'build-vm': 2, '*': 4 });
  expect(loadConfig({}, '/srv/x', () => 'hostSeats: {build-vm: 2}').hostSeats).toEqual({ 'build-vm': 2 });
  for (const wrong of ['build-vm', 'build-vm=0', 'build-vm=-1', 'a=1,b', '=3']) expect(() => seatsOf(wrong)).toThrow(/HOLDPOINT_HOST_SEATS: .*must be HOST=NUMBER/);
});

describe('notify', () => {
  const notifyOf = (yaml: string) => loadConfig({}, '/srv/x', () => yaml).notify;

  test('channels with all they take, secrets by name only', () => {
    const yaml = `notify:
  - name: team
    webhook: {url: {env: HOOK_URL}, secret: {file: /etc/hook.key}}
    on: [opened, escalated]
    kinds: [agent_question]
    leastPriority: medium
    batch: 5m
    quiet: {from: "22:00", to: "07:30", zone: Europe/Berlin}
  - {name: pager, command: [/usr/local/bin/page, --now]}
  - {name: screen, desktop: true}
`;
    expect(notifyOf(yaml)).toEqual([
      {
        name: 'team', on: ['opened', 'escalated'], kinds: ['agent_question'], leastPriority: 'medium', batchMs: 300_000,
        quiet: { from: 1320, to: 450, zone: 'Europe/Berlin', except: 'high' },
        transport: { kind: 'webhook', url: { on: 'worker', env: 'HOOK_URL' }, secret: { on: 'worker', file: '/etc/hook.key' } },
      },
      expect.objectContaining({ name: 'pager', quiet: null, batchMs: 0, transport: { kind: 'command', command: ['/usr/local/bin/page', '--now'] } }),
      expect.objectContaining({ name: 'screen', transport: { kind: 'desktop' } }),
    ]);
    expect(loadConfig({ HOLDPOINT_NOTIFY: '[{"name": "screen", "desktop": true}]' }, '/srv/x', noFile).notify).toHaveLength(1);
  });

  test.each([
    ['notify: [{name: a}]', 'needs exactly one of webhook, command, desktop'],
    ['notify: [{name: a, desktop: true, command: [x]}]', 'needs exactly one of webhook, command, desktop'],
    ['notify: [{name: a, desktop: true}, {name: a, desktop: true}]', 'two channels have the same name'],
    ['notify: [{name: a, webhook: {url: "ftp://x"}}]', 'must be an address such as https://hooks.example.com/T1'],
    ['notify: [{name: a, webhook: {url: "https://x", secret: hunter2}}]', 'secret'],
    ['notify: [{name: a, desktop: true, quiet: {from: "25:00", to: "07:00"}}]', 'must be a time of day such as 22:00, in quotes'],
    ['notify: [{name: a, desktop: true, quiet: {from: "22:00", to: "07:00", zone: Mars/Base}}]', 'must be a time zone such as Europe/Berlin'],
    ['notify: [{name: a, desktop: true, kinds: [agent_qestion]}]', 'agent_question'],
  ])('%s is refused', (yaml, message) => {
    const { message: said } = failure({}, { '/srv/x/.holdpoint/config.yaml': yaml });
    expect(said).toContain(message);
    expect(said).toContain('/srv/x/.holdpoint/config.yaml:1:');
    expect(said).not.toContain('hunter2');
  });
});
