import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GateLine } from '../../src/host/gate/gate-server.ts';
import { Bench, type HostProgram } from './support/host-program.ts';

let bench: Bench;
let host: HostProgram;
let gate: { url: string; token: string };

/** A run with a gate whose address is in a file of the run directory. */
beforeAll(async () => {
  bench = await Bench.open();
  host = await bench.program();
  mkdirSync(join(bench.dir, 'outside'));
  symlinkSync(join(bench.dir, 'outside/new'), join(bench.workspace, 'dangling'));
  const policy = { workspace: bench.workspace, allow: ['Edit(**)', 'Write(**)', 'Bash(npm test*)'], ask: ['Bash(git push*)'], deny: ['Edit(secret/**)'] };
  const spec = { gate: policy, env: { PLACE: '{{RUN_DIR}}' }, files: [{ path: 'gate.json', content: '{"url":"{{GATE_URL}}","token":"{{GATE_TOKEN}}"}' }] };
  const state = await host.call('startRun', bench.run('gate', 'forever.mjs', [], spec));
  const pid = state.kind === 'running' ? state.process?.pid : undefined;
  const place = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').find((entry) => entry.startsWith('PLACE='))?.slice(6) ?? '';
  gate = JSON.parse(readFileSync(join(place, 'gate.json'), 'utf8')) as typeof gate;
});
afterAll(() => bench.close());

const post = (body: string, token = gate.token): Promise<Response> =>
  fetch(gate.url, { method: 'POST', body, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } });

async function decision(body: string): Promise<{ decision: string; reason: string }> {
  const { hookSpecificOutput: out } = (await (await post(body)).json()) as { hookSpecificOutput: Record<string, string> };
  expect(out['hookEventName']).toBe('PreToolUse');
  return { decision: out['permissionDecision'] ?? '', reason: out['permissionDecisionReason'] ?? '' };
}

const call = (tool: string, input: unknown, id = 'toolu_1'): string => JSON.stringify({ tool_name: tool, tool_input: input, tool_use_id: id, hook_event_name: 'PreToolUse' });

async function lines(): Promise<GateLine[]> {
  const { data } = await host.call('readRun', { key: 'gate', stream: 'gate', offset: 0, maxBytes: 100_000, waitMs: 0 });
  return Buffer.from(data, 'base64').toString().trim().split('\n').filter(Boolean).map((line) => JSON.parse(line) as GateLine);
}

test.each([
  ['an edit in the workspace', 'Edit', { file_path: 'src/a.ts' }, 'allow'],
  ['a denied folder', 'Edit', { file_path: 'secret/a' }, 'deny'],
  ['a path outside', 'Write', { file_path: '/etc/cron.d/x' }, 'deny'],
  ['a link to a place outside that does not exist yet', 'Write', { file_path: 'dangling' }, 'deny'],
  ['a command that is allowed', 'Bash', { command: 'npm test' }, 'allow'],
    ['an unknown tool', 'NoSuchTool', {}, 'deny'],
])('%s', async (_, tool, input, wanted) => {
  expect(await decision(call(tool, input))).toMatchObject({ decision: wanted });
});

test.each([['nothing', ''], ['no JSON', '{'], ['another shape', '{"tool":"Edit"}'], ['null', 'null'], ['a tool that is no text', '{"tool_name":1,"tool_input":{}}']])(
  'what cannot be read is denied: %s', async (_, body) => {
    expect(await decision(body)).toEqual({ decision: 'deny', reason: 'The gate could not read this tool call.' });
  });

test('without the token nothing is answered', async () => {
  const before = (await lines()).length;
  expect((await post(call('Edit', { file_path: 'a' }), 'wrong')).status).toBe(401);
  expect((await lines()).length).toBe(before);
});

test('every decision can be read beside the run, also of calls made at once', async () => {
  const before = (await lines()).length;
  const ids = Array.from({ length: 20 }, (_, n) => `toolu_many_${n}`);
  await Promise.all(ids.map((id) => decision(call('Edit', { file_path: 'a' }, id))));
  const added = (await lines()).slice(before);
  expect(added.map(({ toolUseId }) => toolUseId).sort()).toEqual(ids.sort());
  expect(new Set(added.map(({ decision: told, tool }) => `${told} ${tool}`))).toEqual(new Set(['allow Edit']));
});
