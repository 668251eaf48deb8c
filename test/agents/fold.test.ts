/** What no recording shows: several results, results that are overtaken, ends that the supervisor makes. */
import { expect, test } from '@jest/globals';
import { createFold } from '../../src/agents/claude-code/fold.ts';
import type { StreamSummary } from '../../src/domain/agent.ts';
import type { RunExit } from '../../src/domain/host-api.ts';

const exit = (more: Partial<RunExit> = {}): RunExit =>
  ({ code: 0, signal: null, reason: 'exited', message: null, at: '2026-01-01T00:00:00.000Z', ...more });

function fold(lines: unknown[], end: RunExit | null = exit()): StreamSummary {
  const folded = createFold();
  for (const line of lines) folded.line(JSON.stringify(line));
  return folded.summary(end);
}

const init = { type: 'system', subtype: 'init', session_id: 's', claude_code_version: '2.1.330' };
const done = (result: string, costUSD = 1) => ({
  result, type: 'result', subtype: 'success', is_error: false, terminal_reason: 'completed', stop_reason: 'end_turn',
  total_cost_usd: 99, usage: { input_tokens: 10, output_tokens: 5 }, model_usage_since_last_result: { m: { costUSD } },
});
const says = (id: string, content: unknown[], usage = { input_tokens: 3, output_tokens: 1 }) => ({ type: 'assistant', message: { id, content, usage } });
const call = (id: string, name = 'Bash') => ({ type: 'tool_use', id, name, input: { command: 'x' } });
const answered = (id: string, meta: object | null, block: object = {}) => ({
  type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: id, content: 'ok', ...block }] },
  ...(meta && { tool_result_meta: [{ id, ...meta }] }),
});
const by = (source: string) => ({ permission_decision: { decision: 'accept', source } });

test('of several results the last one counts and each is paid for', () => {
  const summary = fold([init, says('1', []), done('first', 1), init, says('2', []), done('second', 2)]);
  expect(summary).toMatchObject({ outcome: { kind: 'completed', text: 'second' }, costUsd: 3, inputTokens: 20, outputTokens: 10 });
});

test('work that begins after a result and never ends is an interruption', () => {
  expect(fold([init, done('first'), init, says('2', [call('t')])], exit({ code: null, signal: 'SIGKILL' }))).toMatchObject({
    outcome: { kind: 'interrupted' }, openCall: { toolUseId: 't' }, inputTokens: 13,
  });
});

test('events before init and after the result change nothing', () => {
  const hook = { type: 'system', subtype: 'hook_response', hook_name: 'PreToolUse:Bash', outcome: 'success' };
  expect(fold([hook, { type: 'progress' }, init, says('1', []), done('fine'), hook, { type: 'attachment' }]).outcome).toEqual({ kind: 'completed', text: 'fine' });
});

test.each([
  ['wall_limit', { kind: 'failed', reason: 'time_limit' }],
  ['output_limit', { kind: 'failed', reason: 'output_limit' }],
  ['cancelled', { kind: 'interrupted' }],
] as const)('an end made by the supervisor: %s', (reason, outcome) => {
  expect(fold([init, says('1', [])], exit({ code: null, signal: 'SIGKILL', reason })).outcome).toMatchObject(outcome);
});

test('a process that hangs after its result is ended by the limit, and its work counts', () => {
  expect(fold([init, says('1', []), done('fine')], exit({ code: null, signal: 'SIGKILL', reason: 'wall_limit' })).outcome).toEqual({ kind: 'completed', text: 'fine' });
});

test('a program that is not there says where to look', () => {
  for (const end of [exit({ code: null, reason: 'spawn_failed', message: 'spawn claude ENOENT' }), exit({ code: 127 })]) {
    expect(fold([], end).outcome).toMatchObject({ kind: 'failed', reason: 'agent_error', message: expect.stringContaining('Is claude installed on the host') });
  }
});

test('exit 0 without a result is no success', () => {
  expect(fold([init, says('1', [])]).outcome).toMatchObject({ kind: 'interrupted' });
  expect(fold([]).outcome).toMatchObject({ kind: 'interrupted' });
});

test('while it runs there is no outcome', () => {
  expect(fold([init, says('1', [call('t')])], null).outcome).toBeNull();
});

test('success that is not finished is not completed', () => {
  for (const change of [{ terminal_reason: 'stop_hook_prevented' }, { is_error: undefined }, { stop_reason: 'max_tokens' }, { terminal_reason: undefined }]) {
    expect(fold([init, { ...done('x'), ...change }]).outcome?.kind).not.toBe('completed');
  }
});

test('a second deferral has no terminal reason and is one all the same', () => {
  const deferred = { ...done(''), terminal_reason: undefined, stop_reason: 'tool_deferred', num_turns: 18, deferred_tool_use: { id: 't', name: 'Bash', input: {} } };
  expect(fold([init, deferred]).outcome).toEqual({ kind: 'deferred', toolUseId: 't', tool: 'Bash', input: {} });
});

test.each([
  ['by a rule', by('config'), {}, 'config'],
  ['by a person at the terminal', by('user_temporary'), {}, 'user_temporary'],
  ['without any word on permission', null, {}, 'nothing'],
  ['by a rule, and prints what a malformed call prints', by('config'), { content: '<tool_use_error>x' }, 'config'],
  ['by a rule, and failed', by('config'), { is_error: true }, 'config'],
])('a call that ran %s is a bypass, whatever the result says', (_name, meta, block, source) => {
  const summary = fold([init, says('1', [call('t')]), answered('t', meta, block), done('fine')]);
  expect(summary.bypasses).toEqual([{ tool: 'Bash', toolUseId: 't', source }]);
  expect(summary.outcome).toMatchObject({ kind: 'failed', reason: 'gate_bypassed' });
});

test.each([
  ['the gate allowed it', by('hook'), {}],
  ['the call was malformed', by('config'), { content: '<tool_use_error>No such tool</tool_use_error>', is_error: true }],
  ['it was interrupted', { non_execution_kind: 'user-rejected' }, { is_error: true }],
])('no bypass: %s', (_name, meta, block) => {
  expect(fold([init, says('1', [call('t')]), answered('t', meta, block), done('fine')]).bypasses).toEqual([]);
});

test('a limit that was lifted again does not delay the next failure', () => {
  const limit = (status: string) => ({ type: 'rate_limit_event', rate_limit_info: { status, resetsAt: 4_102_444_800 } });
  const rejected = { ...done(''), is_error: true, api_error_status: 429, terminal_reason: 'api_error' };
  expect(fold([init, limit('rejected'), rejected]).outcome).toMatchObject({ kind: 'limited', until: '2100-01-01T00:00:00.000Z' });
  expect(fold([init, limit('rejected'), limit('allowed'), rejected]).outcome).toMatchObject({ kind: 'limited', until: null });
});

test('the summary is plain JSON and changes nothing', () => {
  const folded = createFold();
  folded.line(JSON.stringify(init));
  const first = folded.summary(null);
  expect(JSON.parse(JSON.stringify(first))).toEqual(first);
  expect(folded.summary(null)).toEqual(first);
});
