import { expect, test } from '@jest/globals';
import { startScriptedOllama, type OllamaReply, type ScriptedOllama } from '../../src/demo/scripted-ollama.ts';
import { createOllama } from '../../src/llm/ollama.ts';
import { GOOD, request, reviewerContract, type Behaviour } from './contract.ts';

const MODEL = 'tiny';

function repliesOf(behaviour: Behaviour): OllamaReply[] {
  if (behaviour.kind === 'answers') return behaviour.texts.map((text) => ({ text }));
  return [behaviour.kind === 'silent' ? { hang: true } : { error: { status: 500, message: 'the model runner has crashed' } }];
}

const serverFor = (behaviour: Behaviour): Promise<ScriptedOllama> =>
  startScriptedOllama({ script: {
    models: behaviour.kind === 'noModel' ? ['another'] : [`${MODEL}:latest`, MODEL],
    prompts: [{ match: 'Review', replies: repliesOf(behaviour) }],
    otherwise: { hang: true },
  } });

reviewerContract('ollama', async (behaviour) => {
  const server = await serverFor(behaviour);
  if (behaviour.kind === 'down') await server.close();
  return {
    reviewer: createOllama({ host: server.url, model: MODEL }),
    asked: () => server.stats().chat,
    close: () => server.close(),
  };
});

test('each try carries the schema and temperature 0', async () => {
  const server = await serverFor({ kind: 'answers', texts: ['{}', '{}', JSON.stringify(GOOD)] });
  try {
    await createOllama({ host: server.url, model: MODEL }).review(request(), new AbortController().signal);
    expect(server.stats()).toMatchObject({ chat: 3, structured: 3 });
  } finally {
    await server.close();
  }
});

test.each([['short', 100, 8_192], ['long', 30_000, 16_384], ['endless', 500_000, 32_768]])('a %s prompt gets room for itself and the answer', async (_name, length, context) => {
  const server = await serverFor({ kind: 'answers', texts: [JSON.stringify(GOOD)] });
  try {
    await createOllama({ host: server.url, model: MODEL }).review(request({ prompt: 'Review'.padEnd(length, '.') }), new AbortController().signal);
    expect(server.stats().contexts).toEqual([context]);
  } finally {
    await server.close();
  }
});

test('after rubbish the model is told what was wrong with it', async () => {
  const server = await startScriptedOllama({ script: {
    models: [MODEL],
    prompts: [{ match: 'confidence', replies: [{ review: GOOD }] }],
    otherwise: { review: { ...GOOD, confidence: 7 } },
  } });
  try {
    expect(await createOllama({ host: server.url, model: MODEL }).review(request(), new AbortController().signal)).toMatchObject({ kind: 'reviewed', tries: 2 });
  } finally {
    await server.close();
  }
});

test('a server that is down is named with the reason', async () => {
  const server = await serverFor({ kind: 'silent' });
  await server.close();
  const outcome = await createOllama({ host: server.url, model: MODEL }).review(request(), new AbortController().signal);
  expect(outcome).toMatchObject({ message: expect.stringMatching(new RegExp(`^Ollama at ${server.url} cannot answer: .*ECONNREFUSED`)) as unknown });
});

test('a model without a tag is the one tagged latest', async () => {
  const server = await startScriptedOllama({ script: { models: [`${MODEL}:latest`], otherwise: { hang: true } } });
  try {
    expect(await createOllama({ host: server.url, model: MODEL }).probe(new AbortController().signal)).toMatchObject({ modelPresent: true });
  } finally {
    await server.close();
  }
});

test.each([[4_096, 4_096], [1_000_000, 32_768], [undefined, null]])('a model that was made to read %p tokens at once is given %p', async (contextLength, tokens) => {
  const server = await startScriptedOllama({ script: { models: [MODEL], otherwise: { hang: true }, ...(contextLength !== undefined && { contextLength }) } });
  try {
    expect(await createOllama({ host: server.url, model: MODEL }).window?.(5_000, new AbortController().signal)).toEqual({ kind: 'window', tokens });
  } finally {
    await server.close();
  }
});

test('no more context is asked for than the model has', async () => {
  const server = await serverFor({ kind: 'answers', texts: [JSON.stringify(GOOD)] });
  try {
    await createOllama({ host: server.url, model: MODEL }).review(request({ promptTokens: 900, windowTokens: 2_048 }), new AbortController().signal);
    expect(server.stats().contexts).toEqual([2_048]);
  } finally {
    await server.close();
  }
});

test.each([['fits', 8_191, 'reviewed'], ['was cut', 8_192, 'unavailable']])('a prompt that %s: %d tokens counted by the server', async (_name, promptTokens, kind) => {
  const server = await startScriptedOllama({ script: { models: [MODEL], otherwise: { review: GOOD }, promptTokens } });
  try {
    const outcome = await createOllama({ host: server.url, model: MODEL }).review(request(), new AbortController().signal);
    expect(outcome).toMatchObject({ kind, ...(kind === 'unavailable' ? { reason: 'prompt_cut', tries: 1 } : { modelTokens: promptTokens }) });
  } finally {
    await server.close();
  }
});

test.each(['noModel', 'down'] as const)('asking for the window of a model ends in the documented way: %s', async (kind) => {
  const server = await serverFor({ kind });
  if (kind === 'down') await server.close();
  try {
    expect(await createOllama({ host: server.url, model: MODEL }).window?.(5_000, new AbortController().signal))
      .toMatchObject({ kind: 'unavailable', reason: kind === 'down' ? 'unreachable' : 'model_missing' });
  } finally {
    if (kind !== 'down') await server.close();
  }
});
