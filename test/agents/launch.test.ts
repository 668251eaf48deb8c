/** The command line, files, environment and secrets of Claude Code, without starting it. */
import { expect, test } from '@jest/globals';
import { createClaudeCode, type ClaudeCodeOptions } from '../../src/agents/claude-code.ts';
import type { AgentTurn } from '../../src/domain/agent.ts';
import type { AgentAuth } from '../../src/domain/plan.ts';
import { turnOf } from './support/turn.ts';

const SESSION = '11111111-2222-4333-8444-555555555555';

function launch(turn: Partial<AgentTurn> = {}, options: Partial<ClaudeCodeOptions> = {}) {
  const agent = createClaudeCode({ command: 'claude', baseUrl: null, auth: { kind: 'login' }, resolve: () => 'worker-secret', ...options });
  return agent.launch(turnOf({ workspace: '/srv/w', sessionId: SESSION, ...turn }));
}

const said = (text: string): string => `${JSON.stringify({ type: 'user', message: { role: 'user', content: [{ type: 'text', text }] }, parent_tool_use_id: null })}\n`;

const after = (args: string[], flag: string): string | undefined => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined);

test('the plainest turn', () => {
  const { spec, secrets } = launch();
  expect(spec).toMatchObject({ command: 'claude', cwd: '/srv/w', stdin: said('Task: do it'), moreInput: { until: { type: 'result' } } });
  expect(spec.args.join(' ')).toBe(
    '-p --input-format stream-json --replay-user-messages --output-format stream-json --verbose --include-hook-events --permission-mode default --setting-sources  --strict-mcp-config '
    + '--disable-slash-commands --settings {{RUN_DIR}}/gate.json --tools Bash,Read,Edit,Write,NotebookEdit '
    + `--session-id ${SESSION} --max-turns 20`,
  );
  expect(spec.args[spec.args.indexOf('--setting-sources') + 1]).toBe('');
  expect(secrets).toEqual({});
});

test('every wish of a turn has its flag', () => {
  const { args } = launch({ resume: true, model: 'sonnet', maxTurns: 7, budgetUsd: 2.5, instructions: 'x', mcpServers: { db: { command: 'm' } } }).spec;
  expect([after(args, '--resume'), after(args, '--model'), after(args, '--max-turns'), after(args, '--max-budget-usd')]).toEqual([SESSION, 'sonnet', '7', '2.5']);
  expect([after(args, '--append-system-prompt-file'), after(args, '--mcp-config')]).toEqual(['{{RUN_DIR}}/instructions.md', '{{RUN_DIR}}/mcp.json']);
  expect(args).not.toContain('--session-id');
});

test('the gate is the only hook before a call, blocks when it fails, and nothing is allowed by a rule; the end of a call is told and blocks nothing', () => {
  const { spec } = launch();
  const gate = spec.files.find((file) => file.path === 'gate.json');
  const hook = { type: 'http', headers: { Authorization: 'Bearer $GATE_TOKEN' }, allowedEnvVars: ['GATE_TOKEN'] };
  const ended = [{ matcher: '*', hooks: [{ ...hook, url: '{{GATE_URL}}/ended', timeout: 5 }] }];
  expect(JSON.parse(gate?.content ?? '')).toEqual({ hooks: {
    PreToolUse: [{ matcher: '*', hooks: [{ ...hook, url: '{{GATE_URL}}', onFailure: 'block', timeout: 60 }] }], PostToolUse: ended, PostToolUseFailure: ended,
  } });
  expect(spec.env.GATE_TOKEN).toBe('{{GATE_TOKEN}}');
  expect(spec.args).not.toContain('--allowedTools');
});

test('MCP servers and instructions travel in files, and only when there are some', () => {
  const names = (turn: Partial<AgentTurn>) => launch(turn).spec.files.map((file) => file.path);
  expect(names({})).toEqual(['gate.json']);
  expect(names({ instructions: 'be careful', mcpServers: { db: { command: 'm' } } })).toEqual(['gate.json', 'instructions.md', 'mcp.json']);
  expect(launch({ mcpServers: { db: { command: 'm' } } }).spec.files.at(-1)?.content).toBe('{"mcpServers":{"db":{"command":"m"}}}');
});

test('a login uses the CLI\'s own folder; a key gets a folder per session', () => {
  expect(launch().spec.env).not.toHaveProperty('CLAUDE_CONFIG_DIR');
  const { env } = launch({}, { auth: { kind: 'apiKey', source: { on: 'worker', env: 'KEY' } } }).spec;
  expect(env.CLAUDE_CONFIG_DIR).toBe(`{{RUN_DIR}}/../../sessions/${SESSION}`);
});

test.each<[string, AgentAuth, object]>([
  ['a key of the worker', { kind: 'apiKey', source: { on: 'worker', env: 'KEY' } }, { ANTHROPIC_API_KEY: { kind: 'value', value: 'worker-secret' } }],
  ['a key in the host\'s environment', { kind: 'apiKey', source: { on: 'host', env: 'KEY' } }, { ANTHROPIC_API_KEY: { kind: 'hostEnv', name: 'KEY' } }],
  ['a key in a file of the host', { kind: 'apiKey', source: { on: 'host', file: '/k' } }, { ANTHROPIC_API_KEY: { kind: 'hostFile', path: '/k' } }],
  ['a token', { kind: 'oauthToken', source: { on: 'worker', file: '/t' } }, { CLAUDE_CODE_OAUTH_TOKEN: { kind: 'value', value: 'worker-secret' } }],
])('%s is a secret of the run and nowhere else', (_name, auth, expected) => {
  const { spec, secrets } = launch({}, { auth });
  expect(secrets).toEqual(expected);
  expect(JSON.stringify(spec)).not.toContain('worker-secret');
});

test('the environment is a list of our own, and loopback never goes through a proxy', () => {
  const { spec } = launch({}, { baseUrl: 'http://127.0.0.1:1' });
  expect(spec.env).toEqual({
    LANG: 'C.UTF-8', NO_PROXY: '127.0.0.1,localhost,::1', no_proxy: '127.0.0.1,localhost,::1', GATE_TOKEN: '{{GATE_TOKEN}}',
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:1', CLAUDE_CODE_MAX_RETRIES: '3', CLAUDE_CODE_DISABLE_ATTACHMENTS: '1',
    CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1', CLAUDE_CODE_DISABLE_CRON: '1', CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1',
  });
  expect(spec.inherit.filter((name) => /ANTHROPIC|CLAUDE|TOKEN|KEY|DATABASE|AWS/.test(name))).toEqual([]);
});
