/** The real Claude Code CLI as a turn: what its tools see of the host, and that a tool no gate allowed ends the run at once. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createClaudeCode } from '../../src/agents/claude-code.ts';
import { startScriptedMessages, type ScriptedMessages, type Step } from '../../src/demo/scripted-messages.ts';
import type { Agent } from '../../src/domain/agent.ts';
import { cliPath } from '../agents/support/claude-cli.ts';
import { pidsWith } from '../support/marked-processes.ts';
import { openBench, type Bench } from './bench.ts';
import type { Play } from './play.ts';

const KEY = 'no-key-the-models-are-scripted-0123';
let bench: Bench;
let api: ScriptedMessages;
beforeAll(async () => {
  [bench, api] = await Promise.all([openBench(), startScriptedMessages()]);
}, 60_000);
afterAll(async () => {
  await bench.close();
  await api.close();
});

const bash = (command: string): Step => ({ tool: 'Bash', input: { command, description: 'scripted' } });

async function claude(name: string, steps: Step[], change: (args: string[]) => string[] = (args) => args): Promise<Play> {
  api.setScenario({ steps });
  const agent = createClaudeCode({ command: cliPath(), baseUrl: api.url, auth: { kind: 'apiKey', source: { on: 'worker', env: 'K' } }, resolve: () => KEY });
  const launch: Agent['launch'] = (turn) => {
    const { spec, secrets } = agent.launch(turn);
    return { spec: { ...spec, args: change(spec.args) }, secrets };
  };
  bench.agents.set(name, { ...agent, launch });
  return (await bench.project(name, { change: (plan) => { plan.agent.name = name; } })).claim();
}

test('a tool that ran without the gate: the run is ended before the next one has done its work', async () => {
  const ungated = (args: string[]): string[] => [...args, '--settings', '{}', '--allowedTools', 'Bash'];
  const play = await claude('ungated', [bash('touch first'), bash('sleep 6; touch second'), { text: 'Done.' }], ungated);
  const key = await play.begin();
  expect(await play.run()).toMatchObject({ outcome: 'failed', message: expect.stringContaining('not of the gate') });
  expect(await play.runRow()).toMatchObject({ exit: { reason: 'cancelled' } });
  expect([existsSync(join(play.workspace, 'first')), existsSync(join(play.workspace, 'second'))]).toEqual([true, false]);
  expect(pidsWith(`HOLDPOINT_RUN=${key}`)).toEqual([]);
}, 60_000);

test('the same with the gate runs to its end; a structured answer passes the gate too', async () => {
  const schema = JSON.stringify({ type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] });
  const play = await claude('gated', [bash('touch first'), { tool: 'StructuredOutput', input: { ok: true } }], (args) => [...args, '--json-schema', schema]);
  const key = await play.begin();
  expect(await play.run()).toMatchObject({ outcome: 'completed', toolCalls: 2 });
  const { api: host } = await bench.deps.hosts.link('local');
  const { data } = await host.readRun({ key, stream: 'gate', offset: 0, maxBytes: 100_000, waitMs: 0 });
  const asked = Buffer.from(data, 'base64').toString().trim().split('\n').map((line) => JSON.parse(line) as { tool: string; decision: string });
  expect(asked).toMatchObject([{ tool: 'Bash', decision: 'allow' }, { tool: 'StructuredOutput', decision: 'allow' }]);
}, 60_000);
