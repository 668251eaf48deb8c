import { expect, test } from '@jest/globals';
import { builtinAgents } from '../../src/agents/builtin.ts';
import { createAgents, loadAgentPackages } from '../../src/agents/registry.ts';
import type { AgentSettings } from '../../src/domain/plan.ts';

const settings = (name: string): AgentSettings => ({
  name, model: 'm', auth: { kind: 'login' }, maxTurns: 1, attempts: 1, budgetUsd: null, instructions: null, mcp: {}, timeoutMs: 1_000,
});
const fixture = (file: string) => new URL(`../fixtures/agent-package/${file}`, import.meta.url).href;
const builtin = (scripted: { command: string } | null = null) =>
  builtinAgents({ claudeCode: { command: 'claude', baseUrl: null }, resolve: () => '', scripted });

test('Claude Code is there, the scripted agent only where it is asked for', () => {
  expect(createAgents(builtin()).names()).toEqual(['claude-code']);
  expect(createAgents(builtin({ command: 'node' })).names()).toEqual(['claude-code', 'scripted']);
  expect(createAgents(builtin()).make(settings('claude-code'))).toMatchObject({ name: 'claude-code', command: 'claude' });
});

test('a name nobody registered is bad input that lists what there is', () => {
  expect(() => createAgents(builtin()).make(settings('gpt'))).toThrow(expect.objectContaining({
    kind: 'bad_input', message: 'There is no agent "gpt".', hint: 'Registered: claude-code.',
  }));
});

test('a package named in the configuration registers an agent, made for the plan\'s settings', async () => {
  const agents = createAgents(builtin(), await loadAgentPackages([fixture('index.mjs')]));
  expect(agents.names()).toEqual(['claude-code', 'echo']);
  expect(agents.make(settings('echo'))).toMatchObject({ name: 'echo', command: 'm' });
});

test('two agents of one name are refused', async () => {
  await expect(loadAgentPackages([fixture('index.mjs'), fixture('index.mjs')])).rejects.toMatchObject({ kind: 'bad_input' });
  expect(() => createAgents(builtin(), builtin())).toThrow('Two agents are registered under the name "claude-code".');
});

test.each([
  ['is not there', 'holdpoint-agent-that-is-not-there', 'cannot be loaded'],
  ['exports no function', fixture('wrong.mjs'), 'no default export'],
])('a package that %s is named', async (_name, specifier, message) => {
  await expect(loadAgentPackages([specifier])).rejects.toMatchObject({ kind: 'bad_input', message: expect.stringContaining(message) as unknown });
});
