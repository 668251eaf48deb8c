/** The real Claude Code CLI as a turn: what its tools see of the host, and that a tool no gate allowed ends the run at once. */
import { existsSync, lstatSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createClaudeCode } from '../../src/agents/claude-code.ts';
import { startScriptedMessages, type ScriptedMessages, type Step } from '../../src/demo/scripted-messages.ts';
import type { Agent } from '../../src/domain/agent.ts';
import { cliPath } from '../agents/support/claude-cli.ts';
import { eventually } from '../support/eventually.ts';
import { commandOf, pidsNaming, pidsWith } from '../support/marked-processes.ts';
import { environmentOf } from '../host/support/processes.ts';
import { turnOf } from '../agents/support/turn.ts';
import { openBench, type Bench } from './bench.ts';
import type { Play } from './play.ts';

const KEY = 'no-key-the-models-are-scripted-0123';
/** What the CLI itself gives to its tools. */
const OF_THE_CLI = /^(CLAUDE(CODE|_\w+)?|AI_AGENT|GIT_EDITOR|PAGER|GIT_PAGER|PWD|OLDPWD|SHLVL|_|SHELL|NODE_OPTIONS|COREPACK_ENABLE_AUTO_PIN|NoDefaultCurrentDirectoryInExePath)$/;

const umask = process.umask();
let bench: Bench;
let api: ScriptedMessages;
beforeAll(async () => {
  process.umask(0); // whoever starts the host program may be careless
  [bench, api] = await Promise.all([openBench(), startScriptedMessages()]);
});
afterAll(async () => {
  process.umask(umask);
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
  const play = await claude('ungated', [bash('touch first'), bash('sleep 90; touch second'), { text: 'Done.' }], ungated);
  const key = await play.begin();
  expect(await play.run()).toMatchObject({ outcome: 'failed', message: expect.stringContaining('not of the gate') });
  expect(await play.runRow()).toMatchObject({ exit: { reason: 'cancelled' } });
  expect([existsSync(join(play.workspace, 'first')), existsSync(join(play.workspace, 'second'))]).toEqual([true, false]);
  expect(pidsWith(`HOLDPOINT_RUN=${key}`)).toEqual([]);
});

test('the same with the gate runs to its end; a structured answer passes the gate too', async () => {
  const schema = JSON.stringify({ type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] });
  const play = await claude('gated', [bash('touch first'), { tool: 'StructuredOutput', input: { ok: true } }], (args) => [...args, '--json-schema', schema]);
  const key = await play.begin();
  expect(await play.run()).toMatchObject({ outcome: 'completed', toolCalls: 2 });
  const { api: host } = await bench.deps.hosts.link('local');
  const { data } = await host.readRun({ key, stream: 'gate', offset: 0, maxBytes: 100_000, waitMs: 0 });
  const asked = Buffer.from(data, 'base64').toString().trim().split('\n').map((line) => JSON.parse(line) as { tool: string; decision: string });
  expect(asked).toMatchObject([{ tool: 'Bash', decision: 'allow' }, { tool: 'StructuredOutput', decision: 'allow' }]);
});

test('a tool sees the names on the list; no command line holds prompt, key or token; only the owner can read what is kept', async () => {
  const play = await claude('listed', [bash('sh wait.sh'), { text: 'Done.' }]);
  writeFileSync(join(play.workspace, 'wait.sh'), 'touch first; while [ ! -e go ]; do sleep 0.05; done; env\n');
  const key = await play.begin();
  const turn = play.start();
  await eventually(() => existsSync(join(play.workspace, 'first')), { what: 'the tool to run' });
  const pids = [...new Set([...pidsWith(`HOLDPOINT_RUN=${key}`), ...pidsNaming(join(bench.dir, 'state'))])];
  const token = pids.map(environmentOf).map((env) => /(?:^|\0)GATE_TOKEN=([^\0]+)/.exec(env)?.[1]).find(Boolean) ?? 'none';
  expect(pids.length).toBeGreaterThan(2);
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  const lines = pids.map(commandOf);
  expect((await play.runRow()).spec).toMatchObject({ prompt: expect.stringMatching(/The work[^]*it works/) });
  expect(lines.filter((line) => [KEY, token, 'it works', 'The work'].some((secret) => line.includes(secret)))).toEqual([]);
  writeFileSync(join(play.workspace, 'go'), '');
  expect(await turn.result).toMatchObject({ outcome: 'completed' });

  const { spec } = bench.agents.get('listed')?.launch(turnOf({ workspace: play.workspace })) ?? { spec: { env: {}, inherit: [] } };
  // The last: Node hands it down by itself when the tests are measured.
  const listed = new Set([...Object.keys(spec.env), ...spec.inherit, 'ANTHROPIC_API_KEY', 'HOLDPOINT_RUN', 'NODE_V8_COVERAGE']);
  const names = [...(api.requests().at(-1)?.last ?? '').matchAll(/(?:^|\\n|\n|")([A-Za-z_]\w*)=/g)].map(([, name = '']) => name);
  expect(names).toEqual(expect.arrayContaining(['ANTHROPIC_API_KEY', 'HOLDPOINT_RUN', 'PATH']));
  expect(names.filter((name) => !listed.has(name) && !OF_THE_CLI.test(name))).toEqual([]);

  const state = join(bench.dir, 'state');
  // The host program goes on: what it writes under another name first may be gone by the time it is looked at.
  const kept = readdirSync(state, { recursive: true }).map(String).flatMap((name) => ({ name, stat: lstatSync(join(state, name), { throwIfNoEntry: false }) }))
    .filter(({ stat }) => stat && !stat.isSymbolicLink());
  expect(kept.length).toBeGreaterThan(10);
  expect(kept.filter(({ stat }) => ((stat?.mode ?? 0) & 0o077) !== 0)).toEqual([]);
  expect(lstatSync(state).mode & 0o077).toBe(0);
});
