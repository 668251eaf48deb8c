/** Every recorded stream of the real CLI and the outcome it must be read as. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { createFold } from '../../src/agents/claude-code/fold.ts';
import type { StreamSummary } from '../../src/domain/agent.ts';
import type { RunExit } from '../../src/domain/host-api.ts';
import type { TurnOutcome } from '../../src/domain/turn-outcome.ts';
import { SCENARIOS } from './support/stream-scenarios.ts';

const FOLDER = new URL('../fixtures/streams/', import.meta.url);
const exits = JSON.parse(readFileSync(new URL('exits.json', FOLDER), 'utf8')) as Record<string, RunExit>;

const linesOf = (name: string): string[] => readFileSync(new URL(`${name}.jsonl`, FOLDER), 'utf8').split('\n').slice(0, -1);

function fold(name: string, exit: RunExit | null = exits[name] ?? null): StreamSummary {
  const folded = createFold();
  for (const line of linesOf(name)) folded.line(line);
  return folded.summary(exit);
}

const text = (value: string): unknown => expect.stringContaining(value);
const failed = (reason: string, message: string) => ({ kind: 'failed', reason, message: text(message) });
const interrupted = (message: string) => ({ kind: 'interrupted', message: text(message) });
const push = { command: 'git push', description: 'scripted' };

const EXPECTED: Record<string, unknown> = {
  success: { kind: 'completed', text: 'All done.' },
  'failed-tool-then-success': { kind: 'completed', text: 'It failed, and I say so.' },
  'thinking-and-two-calls': { kind: 'completed', text: 'Both.' },
  'text-only': { kind: 'completed', text: 'Nothing to do.' },
  'not-json-line': { kind: 'completed', text: 'Fine.' },
  'cut-then-whole': { kind: 'completed', text: 'The whole of it.' },
  'retry-then-success': { kind: 'completed', text: 'At last.' },
  'max-turns': { kind: 'maxTurns', turns: 2 },
  budget: { kind: 'overBudget', message: text('maximum budget') },
  'max-tokens': failed('agent_error', 'output token maximum'),
  refusal: { kind: 'refused', message: text('safeguards') },
  'pause-turn': interrupted('paused'),
  'http-401': failed('sign_in_required', 'Invalid API key'),
  'http-402-billing': failed('billing', 'Credit balance'),
  'http-403': failed('access_denied', '403'),
  'http-400-credit': failed('billing', 'Credit balance'),
  'http-400': failed('api_error', 'something is wrong'),
  'http-404-model': failed('model_not_found', 'no-such-model'),
  'http-429-plain': { kind: 'limited', until: null, message: text('429') },
  'http-429-retry-after': { kind: 'limited', until: null, message: text('429') },
  'http-401-expired': failed('sign_in_required', 'OAuth token has expired'),
  'http-403-revoked': failed('sign_in_required', 'revoked'),
  'http-403-organization': failed('access_denied', 'organization'),
  'http-503': failed('overloaded', '503'),
  'usage-warning': { kind: 'completed', text: 'Nearly spent.' },
  'http-429-rejected': { kind: 'limited', until: '2100-01-01T00:00:00.000Z', message: text('hit your limit') },
  'http-500': failed('overloaded', '500'),
  'http-529': failed('overloaded', '529'),
  'no-key': failed('sign_in_required', 'Not logged in'),
  'socket-reset': failed('overloaded', 'ECONNRESET'),
  'denied-by-gate': { kind: 'completed', text: 'Then I leave it.' },
  deferred: { kind: 'deferred', toolUseId: 'toolu_push', tool: 'Bash', input: push },
  bypassed: failed('gate_bypassed', 'Bash ran by permission of "config"'),
  'killed-in-tool': interrupted('signal SIGKILL'),
  'sigint-in-tool': { kind: 'interrupted' },
  'sigterm-in-tool': interrupted('code 143'),
  'unknown-session': { kind: 'interrupted', message: expect.stringContaining('No conversation found') },
  'bad-flag': failed('agent_error', 'before it said anything'),
};

test('the table, the scenarios and the recordings name the same streams', () => {
  const recorded = readdirSync(FOLDER).filter((file) => file.endsWith('.jsonl')).map((file) => file.replace('.jsonl', ''));
  expect(recorded.sort()).toEqual(Object.keys(EXPECTED).sort());
  expect(Object.keys(SCENARIOS).sort()).toEqual(Object.keys(EXPECTED).sort());
});

test.each(Object.entries(EXPECTED))('%s', (name, outcome) => {
  expect(fold(name).outcome).toMatchObject(outcome as TurnOutcome);
});

describe('what is counted', () => {
  test('calls, cost and tokens of a whole run, one message of two lines once', () => {
    expect(fold('success')).toMatchObject({
      sessionId: '11111111-2222-4333-8444-555555555555', agentVersion: '2.1.330', toolCalls: 2, denials: [], bypasses: [],
      resultText: 'All done.', inputTokens: 300, outputTokens: 60, apiRetries: 0, openCall: null,
    });
    expect(fold('success').costUsd).toBeCloseTo(0.0024, 10);
  });

  test('what was used is counted up to a kill, and the call under way is named', () => {
    expect(fold('killed-in-tool')).toMatchObject({
      inputTokens: 100, costUsd: 0, toolCalls: 1,
      openCall: { tool: 'Bash', toolUseId: 'toolu_long', input: { description: 'scripted' } },
    });
  });

  test('a denial is listed once, with what the gate said', () => {
    expect(fold('denied-by-gate').denials).toEqual([{ tool: 'Bash', toolUseId: 'toolu_rm', message: text('not allowed by the plan') }]);
  });

  test('the usage windows of the account, of each the last word', () => {
    const resetsAt = expect.stringMatching(/^20\d\d-.*Z$/) as unknown;
    expect(fold('usage-warning').usage).toEqual([
      { name: 'five_hour', utilization: 0.96, status: 'allowed_warning', resetsAt }, { name: 'seven_day', utilization: 0.42, status: 'allowed', resetsAt },
    ]);
    expect(fold('http-429-rejected').usage).toEqual([{ name: 'five_hour', utilization: null, status: 'rejected', resetsAt: '2100-01-01T00:00:00.000Z' }]);
    expect(fold('success').usage).toEqual([]);
  });

  test('retries of the API', () => {
    expect(fold('retry-then-success').apiRetries).toBe(1);
  });
});

test('each line becomes an event for the log', () => {
  const folded = createFold();
  const events = linesOf('success').map((line) => folded.line(line)).filter((event) => event.kind !== 'other');
  expect(events.map(({ kind, tool, toolUseId, text: told }) => ({ kind, tool, toolUseId, told }))).toEqual([
    { kind: 'init', told: text('version 2.1.330') },
    { kind: 'text', told: 'I write the file.' },
    { kind: 'toolUse', tool: 'Write', toolUseId: 'toolu_write', told: 'Write /w/hello.txt' },
    { kind: 'toolResult', toolUseId: 'toolu_write', told: text('File created') },
    { kind: 'toolUse', tool: 'Bash', toolUseId: 'toolu_cat', told: 'Bash cat hello.txt' },
    { kind: 'toolResult', toolUseId: 'toolu_cat', told: 'hello' },
    { kind: 'text', told: 'All done.' },
    { kind: 'result', told: 'All done.' },
  ]);
});

test('lines that are no JSON object or of a type of the future are kept and passed over', () => {
  const folded = createFold();
  const kinds = linesOf('not-json-line').map((line) => folded.line(line).kind);
  expect(kinds).toEqual(['init', 'text', 'unreadable', 'unreadable', 'unreadable', 'other', 'unreadable', 'result']);
});
