import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startScriptedMessages, type ScriptedMessages } from '../../src/demo/scripted-messages.ts';

let api: ScriptedMessages;
beforeEach(async () => { api = await startScriptedMessages(); });
afterEach(() => api.close());

interface Ask {
  session?: string;
  stream?: boolean;
  tools?: string[];
  messages?: { role: string; content: unknown }[];
}

const ask = ({ session = 's', stream = false, tools = ['Bash'], messages = [{ role: 'user', content: 'do it' }] }: Ask = {}) =>
  fetch(`${api.url}/v1/messages?beta=true`, {
    method: 'POST',
    headers: { 'x-claude-code-session-id': session },
    body: JSON.stringify({ model: 'm', stream, messages, tools: tools.map((name) => ({ name })) }),
  });

const textOf = async (response: Response): Promise<string | undefined> =>
  ((await response.json()) as { content?: { text: string }[] }).content?.[0]?.text;

test('each session follows its own script and a used-up script answers 418', async () => {
  api.setScenario({ steps: [{ text: 'one' }, { text: 'two' }], sessions: { other: [{ text: 'mine' }] } });
  expect(await textOf(await ask())).toBe('one');
  expect(await textOf(await ask({ session: 'other' }))).toBe('mine');
  expect(await textOf(await ask())).toBe('two');
  expect((await ask()).status).toBe(418);
  expect(api.stats()).toMatchObject({ main: 4, side: 0, sessions: { s: { served: 3, steps: 2 }, other: { served: 1, steps: 1 } } });
});

test('a script is found by a substring of the newest prompt that matches, tool results aside', async () => {
  api.setScenario({
    prompts: [{ match: 'Task: ascii', steps: [{ text: 'a1' }, { text: 'a2' }] }, { match: 'Task: unicode', steps: [{ text: 'u1' }] }],
    steps: [{ text: 'none' }],
  });
  const first = { role: 'user', content: 'Task: ascii' };
  const result = { role: 'user', content: [{ type: 'tool_result', content: 'Task: unicode' }] };
  const next = { role: 'user', content: [{ type: 'text', text: 'Task: unicode' }] };
  expect(await textOf(await ask({ messages: [first] }))).toBe('a1');
  expect(await textOf(await ask({ messages: [first, result] }))).toBe('a2');
  expect(await textOf(await ask({ messages: [first, result, next] }))).toBe('u1');
  expect(await textOf(await ask({ session: 't', messages: [first] }))).toBe('a1');
  expect(await textOf(await ask({ messages: [{ role: 'user', content: 'hello' }] }))).toBe('none');
});

test('requests without tools are answered aside and consume nothing', async () => {
  api.setScenario({ steps: [{ text: 'one' }] });
  expect(await textOf(await ask({ tools: [] }))).toBe('side');
  expect(await textOf(await ask())).toBe('one');
  expect(api.stats()).toMatchObject({ main: 1, side: 1 });
});

test('an expectation that is not met is refused and listed', async () => {
  api.setScenario({ steps: [{ text: 'one', expect: 'absent' }] });
  expect((await ask()).status).toBe(418);
  expect(api.stats().mismatches).toEqual([{ session: 's', expect: 'absent', last: '{"role":"user","content":"do it"}' }]);
});

test('a stream has text in chunks, a call and the stop reason', async () => {
  api.setScenario({ steps: [{ text: 'abcdef', chunks: 3, tool: 'Bash', input: { command: 'ls' }, id: 'toolu_1' }] });
  const body = await (await ask({ stream: true })).text();
  expect(body.match(/"text_delta","text":"(..)"/g)).toHaveLength(3);
  expect(body).toContain('"partial_json":"{\\"command\\":\\"ls\\"}"');
  expect(body).toContain('"stop_reason":"tool_use"');
});

test('an error carries its status, its type and its headers; a reset closes the socket', async () => {
  api.setScenario({ steps: [{ error: { status: 429, type: 'rate_limit_error', headers: { 'retry-after': '3' } } }, { reset: true }] });
  const limited = await ask();
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '3']);
  await expect(ask()).rejects.toThrow();
});

test('an answer waits until it is released, and requests are logged before', async () => {
  api.setScenario({ steps: [{ text: 'late', waitFor: 'go' }] });
  const answer = ask();
  const released = await fetch(`${api.url}/__release?name=go`, { method: 'POST' });
  expect(released.status).toBe(200);
  expect(await textOf(await answer)).toBe('late');
  const logged = (await (await fetch(`${api.url}/__requests`)).json()) as { prompt: string; counted: boolean }[];
  expect(logged).toEqual([expect.objectContaining({ prompt: 'do it', counted: true })]);
});

test('a new scenario over HTTP starts over', async () => {
  await ask();
  await fetch(`${api.url}/__scenario`, { method: 'PUT', body: JSON.stringify({ whenDone: 'loop', steps: [{ text: 'again' }] }) });
  expect(api.stats().main).toBe(0);
  await ask();
  expect(await textOf(await ask())).toBe('again');
});
