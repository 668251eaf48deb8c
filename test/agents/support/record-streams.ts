/**
 * Records test/fixtures/streams from the real CLI against a scripted API: `node test/agents/support/record-streams.ts [NAME...]`.
 * Needs @anthropic-ai/claude-code installed. Paths of this machine are rewritten, long lists of no use are dropped.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClaudeCode } from '../../../src/agents/claude-code.ts';
import { startScriptedMessages, type Step } from '../../../src/demo/scripted-messages.ts';
import type { RunExit } from '../../../src/domain/host-api.ts';
import { cliPath } from './claude-cli.ts';
import { runLaunch, type RunResult } from './run-launch.ts';
import { SCENARIOS, WORKSPACE, type StreamScenario } from './stream-scenarios.ts';
import { turnOf } from './turn.ts';

const FIXTURES = new URL('../../fixtures/streams/', import.meta.url);
const DROPPED = ['capabilities', 'plugins', 'memory_paths', 'agents', 'slash_commands', 'skills', 'modelUsage', 'subagent_stats', 'messaging_socket_path'];

async function record(name: string, scenario: StreamScenario): Promise<RunExit> {
  const scratch = await mkdtemp(join(tmpdir(), 'holdpoint-record-'));
  const workspace = join(scratch, 'w');
  const steps = JSON.parse(JSON.stringify(scenario.steps).replaceAll(`${WORKSPACE}/`, `${workspace}/`)) as Step[];
  const api = await startScriptedMessages({ scenario: { steps } });
  try {
    await mkdir(workspace);
    const result = await run(scenario, { scratch, workspace, url: api.url });
    const lines = [...result.lines.slice(0, -1), ...(scenario.noise ?? []), ...result.lines.slice(-1)];
    await writeFile(new URL(`${name}.jsonl`, FIXTURES), lines.map((line) => clean(line, scratch) + '\n').join(''));
    return { ...result.exit, at: '2026-01-01T00:00:00.000Z' };
  } finally {
    await api.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

function run(scenario: StreamScenario, at: { scratch: string; workspace: string; url: string }): Promise<RunResult> {
  const kind = scenario.auth ?? 'apiKey';
  const agent = createClaudeCode({
    command: cliPath(), baseUrl: at.url, auth: { kind, source: { on: 'worker', env: 'ANY' } }, resolve: () => 'sk-dummy',
  });
  const launch = agent.launch(turnOf({ workspace: at.workspace, sessionId: '11111111-2222-4333-8444-555555555555', ...scenario.turn }));
  Object.assign(launch.spec.env, scenario.env);
  if (scenario.env && 'ANTHROPIC_API_KEY' in scenario.env) launch.secrets = {};
  const { kill } = scenario;
  return runLaunch(launch, {
    runDir: join(at.scratch, 'host', 'runs', 'r1'),
    home: join(at.scratch, 'home'),
    ...(scenario.decide && { decide: scenario.decide }),
    ...(scenario.extraArgs && { extraArgs: scenario.extraArgs }),
    ...(kill && { kill: { whenFile: join(at.workspace, kill.whenFile), signal: kill.signal } }),
  });
}

function clean(line: string, scratch: string): string {
  const slug = scratch.replaceAll(/[^a-zA-Z0-9]/g, '-');
  const text = line.replaceAll(`${scratch}/w`, WORKSPACE).replaceAll(scratch, '/scratch').replaceAll(`${slug}-w`, '-w').replaceAll(slug, '-scratch');
  try {
    const json = JSON.parse(text) as Record<string, unknown>;
    if (Array.isArray(json)) return text;
    for (const key of DROPPED) delete json[key];
    return JSON.stringify(json);
  } catch {
    return text;
  }
}

const wanted = process.argv.slice(2);
const index = new URL('exits.json', FIXTURES);
const exits = JSON.parse(await readFile(index, 'utf8').catch(() => '{}')) as Record<string, RunExit>;
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  exits[name] = await record(name, scenario);
  process.stdout.write(`${name}: code ${exits[name].code}, signal ${exits[name].signal}\n`);
}
await writeFile(index, JSON.stringify(exits, null, 1) + '\n');
