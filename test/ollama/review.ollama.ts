/**
 * The reviewer against a real Ollama with a tiny real model: the protocol, not the verdict (135M parameters cannot judge
 * code). Run by `npm run test:ollama`, which brings up the server; not named *.test.ts, so that `npm test` leaves it alone.
 */
import { expect, test } from '@jest/globals';
import { createOllama } from '../../src/llm/ollama.ts';

const host = process.env.HOLDPOINT_TEST_OLLAMA ?? '';
const model = process.env.HOLDPOINT_TEST_OLLAMA_MODEL ?? '';
const never = new AbortController().signal;
const MINUTES_5 = 300_000;

const request = {
  system: 'You review a change of code. Answer in JSON: requirementsMet, issues, alternatives, quality (0 to 1), confidence (0 to 1). Keep lists empty.',
  prompt: 'The task: add two numbers. The change: return a + b. Review it: quality 0.9, confidence 0.8, all lists empty.',
  promptHash: 'hash', deadlineMs: 280_000,
};

test('a real server is reachable and has the model', async () => {
  expect(await createOllama({ host, model }).probe(never)).toMatchObject({ reachable: true, modelPresent: true, version: expect.any(String) });
});

test('a real model answers in the shape, or is told apart as rubbish', async () => {
  // Few tokens: a model this small repeats itself, and a slow machine makes three of them in a second.
  const outcome = await createOllama({ host, model, answerTokens: 80 }).review(request, never);
  if (outcome.kind === 'reviewed') {
    expect(outcome.review.quality).toBeGreaterThanOrEqual(0);
    expect(outcome.review.quality).toBeLessThanOrEqual(1);
  } else {
    expect(outcome).toMatchObject({ reason: 'rubbish', tries: 3, model });
  }
}, MINUTES_5);

test('a deadline ends a real generation', async () => {
  expect(await createOllama({ host, model }).review({ ...request, deadlineMs: 200 }, never)).toMatchObject({ kind: 'unavailable', reason: 'deadline' });
}, MINUTES_5);

test('a model that is not there is named with the cure', async () => {
  const outcome = await createOllama({ host, model: 'no-such-model' }).review(request, never);
  expect(outcome).toMatchObject({ kind: 'unavailable', reason: 'model_missing', message: expect.stringContaining('ollama pull no-such-model') as unknown });
});
