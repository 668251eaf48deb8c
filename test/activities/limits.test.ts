/**
 * Ends of the model's API, from the real CLI to the decision: the API says no (scripted, on loopback), the activities run the
 * turn, and what follows is held against the rules. Usage windows are kept by the way.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JudgeResult } from '../../src/activities/contract.ts';
import { createClaudeCode } from '../../src/agents/claude-code.ts';
import { readStatus } from '../../src/db/status.ts';
import { usageWindows } from '../../src/db/usage-windows.ts';
import { startScriptedMessages, type ScriptedMessages, type Step } from '../../src/demo/scripted-messages.ts';
import type { Agent } from '../../src/domain/agent.ts';
import type { AgentAuth, Plan } from '../../src/domain/plan.ts';
import type { UsageWindow } from '../../src/domain/usage.ts';
import { cliPath } from '../agents/support/claude-cli.ts';
import { openBench, type Bench } from './bench.ts';
import { inContext } from './play.ts';

let bench: Bench;
let api: ScriptedMessages;

const from = { on: 'worker', env: 'ANY' } as const;

/** Without the CLI's own retries, which take seconds; what follows them is the same. */
function claude(kind: 'apiKey' | 'oauthToken'): Agent {
  const agent = createClaudeCode({ command: cliPath(), baseUrl: api.url, auth: { kind, source: from }, resolve: () => 'sk-dummy' });
  const launch: Agent['launch'] = (turn) => {
    const made = agent.launch(turn);
    return { ...made, spec: { ...made.spec, env: { ...made.spec.env, CLAUDE_CODE_MAX_RETRIES: '0' } } };
  };
  return { ...agent, launch };
}

beforeAll(async () => {
  [bench, api] = await Promise.all([openBench(), startScriptedMessages()]);
  for (const kind of ['apiKey', 'oauthToken'] as const) bench.agents.set(kind, claude(kind));
});
afterAll(async () => {
  await bench.close();
  await api.close();
});

const withAgent = (kind: 'apiKey' | 'oauthToken', more: (plan: Plan) => void = () => undefined) => ({
  change: (plan: Plan) => {
    const auth: AgentAuth = { kind, source: from };
    Object.assign(plan.agent, { name: kind, auth });
    more(plan);
  },
});

const says = (status: number, type: string, message: string, headers: Record<string, string> = {}): Step[] =>
  Array.from({ length: 12 }, () => ({ error: { status, type, message, headers } }));

const epoch = (inMs: number): string => String(Math.floor((Date.now() + inMs) / 1_000));
const rejectedUntil = (reset: string): Record<string, string> => ({
  'anthropic-ratelimit-unified-status': 'rejected', 'anthropic-ratelimit-unified-reset': reset, 'anthropic-ratelimit-unified-representative-claim': 'five_hour',
  'anthropic-ratelimit-unified-5h-utilization': '1', 'anthropic-ratelimit-unified-5h-reset': reset, 'anthropic-ratelimit-unified-5h-status': 'rejected',
  'anthropic-ratelimit-unified-7d-utilization': '0.4', 'anthropic-ratelimit-unified-7d-reset': epoch(400_000_000),
});

const held = { decision: 'breakpoint', hold: true, failed: false } as const;
const ENDS: [what: string, auth: 'apiKey' | 'oauthToken', steps: Step[], failure: string, judged: Partial<JudgeResult>][] = [
  ['529', 'apiKey', says(529, 'overloaded_error', 'Overloaded'), 'overloaded', { decision: 'wait', rule: 'overloaded', until: null, failed: false }],
  ['500', 'apiKey', says(500, 'api_error', 'Internal server error'), 'overloaded', { decision: 'wait', rule: 'overloaded', failed: false }],
  ['503', 'apiKey', says(503, 'api_error', 'Service unavailable'), 'overloaded', { decision: 'wait', rule: 'overloaded', failed: false }],
  ['401', 'apiKey', says(401, 'authentication_error', 'invalid x-api-key'), 'sign_in_required', { ...held, rule: 'sign_in_required', breakpoint: 'sign_in_required' }],
  ['an expired login', 'oauthToken', says(401, 'authentication_error', 'OAuth token has expired.'), 'sign_in_required', { ...held, breakpoint: 'sign_in_required' }],
  ['403', 'apiKey', says(403, 'permission_error', 'Your account is on hold.'), 'access_denied', { ...held, rule: 'access_refused', breakpoint: 'consecutive_failures' }],
  ['402', 'apiKey', says(402, 'billing_error', 'Your credit balance is too low to access the Anthropic API.'), 'billing', { ...held, rule: 'access_refused' }],
  ['404', 'apiKey', says(404, 'not_found_error', 'model: gone'), 'model_not_found', { ...held, rule: 'access_refused', breakpoint: 'consecutive_failures' }],
];

test.each(ENDS)('%s of the real CLI is no failure of the work', async (what, auth, steps, failure, judged) => {
  api.setScenario({ steps });
  const play = await (await bench.project(`ends-${what.replaceAll(/\W+/g, '-')}`, withAgent(auth))).claim();
  await play.begin();
  expect(await play.run()).toMatchObject({ outcome: 'failed', failure });
  expect(await play.judge(1, { attemptsLeft: 0, failuresBefore: 2 })).toMatchObject(judged);
});

test('429 with a long retry-after, which the CLI does not hand on: a limit whose end nobody knows', async () => {
  api.setScenario({ steps: says(429, 'rate_limit_error', 'Too many requests', { 'retry-after': '3600' }) });
  const play = await (await bench.project('retry-after', withAgent('apiKey'))).claim();
  await play.begin();
  expect(await play.run()).toMatchObject({ outcome: 'limited', until: null });
  expect(await play.judge()).toMatchObject({ decision: 'wait', rule: 'limited', breakpoint: 'rate_limit_hit', until: null, failed: false });
});

test('a rejected window is kept and holds the next turn; passed over, the session is resumed and ends the turn', async () => {
  const reset = epoch(3_600_000);
  const until = new Date(Number(reset) * 1_000).toISOString();
  api.setScenario({ steps: [{ text: 'I begin.', tool: 'Bash', input: { command: 'ls', description: 'scripted' } }, ...says(429, 'rate_limit_error', 'limit', rejectedUntil(reset)).slice(0, 1), { text: 'All done.' }] });
  const play = await (await bench.project('rejected', withAgent('oauthToken'))).claim();
  await play.begin();
  expect(await play.run()).toMatchObject({ outcome: 'limited', until });
  expect(await play.judge()).toMatchObject({ decision: 'wait', rule: 'limited', breakpoint: 'rate_limit_hit', until });
  const { usage } = await readStatus(bench.deps.db, 'rejected');
  expect(usage).toMatchObject([
    { host: 'local', account: 'oauthToken oauthToken worker ANY', name: 'five_hour', utilization: 1, status: 'rejected', resetsAt: until },
    { name: 'seven_day', utilization: 0.4 },
  ]);

  const again = { ...play.turn(), seq: 2, note: null };
  expect(await inContext(bench.activities, 'beginTurn', again)).toEqual({ runKey: '', full: { until, reason: expect.stringMatching(/^100 % of the usage window five_hour/) } });
  expect(await inContext(bench.activities, 'beginTurn', { ...again, usageSkipped: until })).toMatchObject({ runKey: expect.stringMatching(/\.1\.2$/) });
  expect((await play.runRow(1, 2)).spec).toMatchObject({ resume: true });
  expect(await play.run(1, 2)).toMatchObject({ outcome: 'completed', message: 'All done.' });
});

test('no turn begins above the share that the plan names, of a window that has not reset; the last word counts', async () => {
  const window = (utilization: number, inMs: number): UsageWindow => ({ name: 'five_hour', utilization, status: null, resetsAt: new Date(Date.now() + inMs).toISOString() });
  const tell = async (name: string, usage: UsageWindow[], startBelow: number | null) => {
    const play = await (await bench.project(name, { steps: [{ usage }], change: (plan) => { plan.policy.usage = { startBelow }; } })).claim();
    await play.begin(1, {});
    await play.run();
    return inContext(bench.activities, 'beginTurn', { ...play.turn(2), seq: 1, note: null });
  };
  expect(await tell('full', [window(0.5, 3_600_000)], 0.5)).toMatchObject({ runKey: '', full: { reason: expect.stringContaining('50 %') } });
  expect(await tell('emptier', [window(0.4, 3_600_000)], null)).not.toHaveProperty('full');
  expect(await usageWindows(bench.deps.db, { hosts: ['local'], account: 'scripted login' })).toMatchObject([{ name: 'five_hour', utilization: 0.4 }]);
  expect(await tell('over', [window(1, -1_000)], null)).not.toHaveProperty('full');
});
