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
    agents: [], reviewers: [],
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
