import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Ollama } from 'ollama';
import { startScriptedOllama, type ScriptedOllama } from '../../src/demo/scripted-ollama.ts';

let server: ScriptedOllama;
let client: Ollama;
beforeEach(async () => {
  server = await startScriptedOllama({
    script: {
      models: ['tiny'],
      prompts: [{ match: 'ascii', replies: [{ text: 'rubbish' }, { review: { quality: 0.9 } }] }, { match: 'broken', replies: [{ error: { status: 500, message: 'no' } }] }],
      otherwise: { review: { quality: 0.5 } },
    },
  });
  client = new Ollama({ host: server.url });
});
afterEach(() => server.close());

const chat = async (content: string, model = 'tiny') =>
  (await client.chat({ model, messages: [{ role: 'user', content }], format: { type: 'object' }, options: { temperature: 0 } })).message.content;

test('the real client reads version, models and scripted reviews; the last reply of a prompt is repeated', async () => {
  expect((await client.list()).models.map((model) => model.name)).toEqual(['tiny']);
  expect(await client.version()).toEqual({ version: '0.0.0-scripted' });
  expect(await chat('task ascii')).toBe('rubbish');
  expect(await chat('task ascii')).toBe('{"quality":0.9}');
  expect(await chat('task ascii')).toBe('{"quality":0.9}');
  expect(await chat('another')).toBe('{"quality":0.5}');
  expect(server.stats()).toMatchObject({ chat: 4, structured: 4, tags: 1, version: 1 });
});

test('faults: an HTTP error and a missing model', async () => {
  await expect(chat('broken')).rejects.toThrow('no');
  await expect(chat('x', 'other')).rejects.toThrow('model \'other\' not found');
});
