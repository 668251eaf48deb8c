/** The real CLI, in a clean environment, against a scripted Messages API on loopback. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createClaudeCode } from '../../src/agents/claude-code.ts';
import { startScriptedMessages, type ScriptedMessages, type Step } from '../../src/demo/scripted-messages.ts';
import type { AgentTurn } from '../../src/domain/agent.ts';
import type { AgentAuth } from '../../src/domain/plan.ts';
import { agentContract, type Wish } from './contract.ts';
import { cliPath } from './support/claude-cli.ts';
import { runLaunch } from './support/run-launch.ts';
import { SCENARIOS } from './support/stream-scenarios.ts';
import { turnOf } from './support/turn.ts';

const DUMMY = 'sk-dummy-for-tests';
const apiKey: AgentAuth = { kind: 'apiKey', source: { on: 'worker', env: 'TEST_KEY' } };

const agentFor = (url: string, auth: AgentAuth = apiKey, command = cliPath()) =>
  createClaudeCode({ command, baseUrl: url, auth, resolve: () => DUMMY });

const stepsFor = (wish: Wish, workspace: string): Step[] =>
  (wish.kind === 'write'
    ? [{ tool: 'Write', input: { file_path: join(workspace, wish.file), content: wish.content } }, { text: wish.say }]
    : [{ tool: 'Bash', input: { command: `touch ${wish.file}; while [ -e ${wish.file} ]; do sleep 0.1; done`, description: 'wait' } }]);

agentContract('claude-code', async () => {
  const api = await startScriptedMessages();
  return {
    agent: agentFor(api.url),
    missing: agentFor(api.url, apiKey, '/nonexistent/claude'),
    prompt: (wish, workspace) => {
      api.setScenario({ steps: stepsFor(wish, workspace) });
      return 'Task: as scripted';
    },
    close: () => api.close(),
  };
});

let api: ScriptedMessages;
let scratch: string;
beforeEach(async () => {
  api = await startScriptedMessages();
  scratch = await mkdtemp(join(tmpdir(), 'holdpoint-claude-'));
  await mkdir(join(scratch, 'w'));
});
afterEach(async () => {
  await api.close();
  await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
});

async function run(more: Partial<AgentTurn> = {}, auth: AgentAuth = apiKey, login: Record<string, string> = {}) {
  const agent = agentFor(api.url, auth);
  const turn = turnOf({ workspace: join(scratch, 'w'), ...more });
  const result = await runLaunch(agent.launch(turn), { runDir: join(scratch, 'state', 'runs', 'r'), home: join(scratch, 'home'), login });
  const fold = agent.fold();
  for (const line of result.lines) fold.line(line);
  return { ...result, turn, summary: fold.summary(result.exit) };
}

test('the plan\'s instructions reach the model, and changed ones hold for a resumed session', async () => {
  api.setScenario({ steps: [{ text: 'one' }, { text: 'two' }] });
  const { turn } = await run({ instructions: 'Never touch the MARKER-A file.' });
  await run({ sessionId: turn.sessionId, resume: true, instructions: 'Never touch the MARKER-B file.' });
  const [first, second] = api.requests().map((request) => request.system);
  expect(first).toContain('MARKER-A');
  expect(second).toContain('MARKER-B');
  expect(second).not.toContain('MARKER-A');
});

test('only what the gate is asked about is offered: no questions, no background work, no repository files', async () => {
  api.setScenario({ steps: [{ text: 'one' }] });
  await run();
  expect([...(api.requests()[0]?.tools ?? [])].sort()).toEqual(['Bash', 'Edit', 'NotebookEdit', 'Read', 'Write']);
});

test('a prompt that begins with a slash still goes to the model', async () => {
  api.setScenario({ steps: [{ text: 'one' }] });
  const { summary } = await run({ prompt: '/clear the table' });
  expect(summary.outcome).toEqual({ kind: 'completed', text: 'one' });
  expect(api.requests()[0]?.prompt).toContain('/clear the table');
});

test('a key keeps its session beside the run directories and leaves the user\'s home alone', async () => {
  api.setScenario({ steps: [{ text: 'one' }] });
  const { turn } = await run();
  expect(await readdir(join(scratch, 'state', 'sessions'))).toEqual([turn.sessionId]);
  expect(await readdir(join(scratch, 'home')).catch(() => [])).toEqual([]);
});

test('without a login the CLI says so, and the turn waits for a person', async () => {
  const { summary } = await run({}, { kind: 'login' });
  expect(summary.outcome).toMatchObject({ kind: 'failed', reason: 'sign_in_required', message: expect.stringContaining('Not logged in') as unknown });
  expect(api.stats().main).toBe(0);
});

test('the host user\'s own login is used as it is', async () => {
  const folder = join(scratch, 'home', '.claude');
  await mkdir(folder, { recursive: true });
  const login = { accessToken: 'dummy', refreshToken: 'dummy', expiresAt: 4_102_444_800_000, scopes: ['user:inference'], subscriptionType: 'max' };
  await writeFile(join(folder, '.credentials.json'), JSON.stringify({ claudeAiOauth: login }));
  api.setScenario({ steps: [{ text: 'Signed in.' }] });
  const { summary } = await run({}, { kind: 'login' });
  expect(summary.outcome).toEqual({ kind: 'completed', text: 'Signed in.' });
  expect(api.requests().map((request) => request.auth)).toEqual(['bearer']);
});

test('an MCP server the plan vouches for is offered, behind the gate; one of the repository is not', async () => {
  const server = { command: process.execPath, args: [fileURLToPath(new URL('../fixtures/mcp-server.mjs', import.meta.url))] };
  await writeFile(join(scratch, 'w', '.mcp.json'), JSON.stringify({ mcpServers: { stranger: server } }));
  api.setScenario({ steps: [{ tool: 'mcp__own__ping' }, { text: 'done', expect: 'pong' }] });
  const { summary, asked } = await run({ mcpServers: { own: server } });
  expect(summary).toMatchObject({ outcome: { kind: 'completed' }, bypasses: [] });
  expect(asked).toEqual(['mcp__own__ping']);
  expect(api.requests()[0]?.tools.filter((tool) => tool.startsWith('mcp'))).toEqual(['mcp__own__ping']);
});

test('settings, hooks and instructions of the repository are shut out', async () => {
  const settings = { permissions: { allow: ['Bash'] }, disableAllHooks: true, hooks: { SessionStart: [{ hooks: [{ type: 'command', command: 'touch planted' }] }] } };
  await mkdir(join(scratch, 'w', '.claude'));
  await writeFile(join(scratch, 'w', '.claude', 'settings.json'), JSON.stringify(settings));
  await writeFile(join(scratch, 'w', 'CLAUDE.md'), 'MARKER-OF-THE-REPOSITORY');
  api.setScenario({ steps: [{ tool: 'Bash', input: { command: 'true', description: 'x' } }, { text: 'done' }] });
  const { asked, summary } = await run();
  expect([asked, summary.outcome?.kind]).toEqual([['Bash'], 'completed']);
  expect((await readdir(join(scratch, 'w'))).sort()).toEqual(['.claude', 'CLAUDE.md']);
  expect(JSON.stringify(api.requests())).not.toContain('MARKER-OF-THE-REPOSITORY');
});

test('behind a proxy of the host the gate is still reached', async () => {
  const nowhere = 'http://127.0.0.1:9';
  api.setScenario({ steps: [{ tool: 'Bash', input: { command: 'true', description: 'x' } }, { text: 'done' }] });
  const { asked, summary } = await run({}, apiKey, { HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere, NO_PROXY: 'elsewhere' });
  expect([asked, summary.outcome]).toEqual([['Bash'], { kind: 'completed', text: 'done' }]);
});

test('nothing of the host\'s environment reaches the agent but what is on the list', async () => {
  api.setScenario({ steps: [{ tool: 'Bash', input: { command: 'env', description: 'x' } }, { text: 'done', expect: 'GATE_TOKEN' }] });
  await run({}, apiKey, { DATABASE_URL: 'postgres://secret', AWS_SECRET_ACCESS_KEY: 'secret', TZ: 'Asia/Tokyo' });
  const environment = api.requests().at(-1)?.last ?? '';
  expect(environment).toContain('TZ=Asia/Tokyo');
  expect(environment).not.toMatch(/postgres:|AWS_/);
});

test('a token is sent as bearer, and the CLI\'s own message about a limit comes through', async () => {
  api.setScenario({ steps: SCENARIOS['http-429-rejected']?.steps ?? [] });
  const { summary } = await run({}, { kind: 'oauthToken', source: { on: 'worker', env: 'TEST_TOKEN' } });
  expect(summary.outcome).toMatchObject({ kind: 'limited', until: '2100-01-01T00:00:00.000Z', message: expect.stringContaining('hit your limit') as unknown });
  expect(api.requests().map((request) => request.auth)).toEqual(['bearer']);
});
