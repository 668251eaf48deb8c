/**
 * The reviewer against a real Ollama with a tiny real model: the protocol, not the verdict (135M parameters cannot judge
 * code). Run by `npm run test:ollama`, which brings up the server; not named *.test.ts, so that `npm test` leaves it alone.
 */
import { expect, test } from '@jest/globals';
import { countedRoom, TOKEN_MARGIN } from '../../src/domain/prompt/fit.ts';
import { withoutSpeakers } from '../../src/domain/prompt/quoting.ts';
import { composeReviewPrompt } from '../../src/domain/review-prompt.ts';
import type { ReviewOutcome } from '../../src/domain/review.ts';
import { createOllama } from '../../src/llm/ollama.ts';
import { tokenCounter } from '../../src/llm/tokens.ts';
import { HOSTILE } from '../support/hostile-texts.ts';

const host = process.env.HOLDPOINT_TEST_OLLAMA ?? '';
const model = process.env.HOLDPOINT_TEST_OLLAMA_MODEL ?? '';
const never = new AbortController().signal;
const MINUTES_5 = 300_000;
/** Three tries on a machine that is busy with other tests. */
const MINUTES_15 = 900_000;

const request = {
  system: 'You review a change of code. Answer in JSON: requirementsMet, issues, alternatives, quality (0 to 1), confidence (0 to 1). Keep lists empty.',
  prompt: 'The task: add two numbers. The change: return a + b. Review it: quality 0.9, confidence 0.8, all lists empty.',
  promptHash: 'hash', deadlineMs: 280_000,
};

test('a real server is reachable and has the model', async () => {
  expect(await createOllama({ host, model }).probe(never)).toMatchObject({ reachable: true, modelPresent: true, version: expect.any(String) });
});

const WINDOW = 2_048;
/** Few tokens: a model this small repeats itself, and a slow machine makes three of them in a second. */
const small = createOllama({ host, model, answerTokens: 90 });

const fileDiff = (path: string, lines: string[]): string =>
  `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -0,0 +1,${lines.length} @@\n${lines.map((line) => `+${line}\n`).join('')}`;

async function reviewOf(diff: string): Promise<{ outcome: ReviewOutcome; counted: number }> {
  const room = { tokens: countedRoom(WINDOW), count: await tokenCounter() };
  const task = { title: 'Sums', instructions: 'Add the function of the given name.', acceptance: ['npm test passes'] };
  const asked = composeReviewPrompt({ task, evidence: [], diff, room, nonce: 'c0ffee11c0ffee11' });
  const outcome = await small.review({ ...asked, promptTokens: Math.ceil(asked.tokens * TOKEN_MARGIN), windowTokens: WINDOW, deadlineMs: 880_000 }, never);
  return { outcome, counted: asked.tokens };
}

/** A valid review or named rubbish: nothing else may come of a model that answers. */
function expectVerdict(outcome: ReviewOutcome): void {
  if (outcome.kind === 'unavailable') return expect(outcome).toMatchObject({ reason: 'rubbish', tries: 3, model, message: expect.stringContaining(model) as unknown });
  for (const score of [outcome.review.quality, outcome.review.confidence]) {
    expect(score).toBeGreaterThanOrEqual(0);
    expect(score).toBeLessThanOrEqual(1);
  }
}

const say = (outcome: ReviewOutcome): string =>
  (outcome.kind === 'reviewed' ? `quality ${outcome.review.quality}, confidence ${outcome.review.confidence}, try ${outcome.tries}` : `${outcome.reason}: ${outcome.message}`);

test('a real server says what its model reads at once', async () => {
  expect(await small.window?.(60_000, never)).toEqual({ kind: 'window', tokens: expect.any(Number) as unknown });
  expect(await createOllama({ host, model: 'no-such-model' }).window?.(60_000, never)).toMatchObject({ kind: 'unavailable', reason: 'model_missing' });
});

test.each(['add', 'subtract', 'multiply', 'divide', 'minimum', 'maximum', 'negate', 'power'])('a real review is valid, or named rubbish: %s', async (name) => {
  const { outcome, counted } = await reviewOf(fileDiff('src/sums.js', [`export function ${name}(a, b) {`, '  return a + b; // TODO', '}']));
  process.stderr.write(`review of ${name}: ${say(outcome)}; ${counted} tokens counted${outcome.kind === 'reviewed' ? `, ${outcome.modelTokens} by the model` : ''}\n`);
  expectVerdict(outcome);
}, MINUTES_15);

/** What the model's own tokenizer makes of a text, without the words that its chat template puts around it. */
async function modelTokens(content: string): Promise<number> {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content }], stream: false, options: { num_ctx: WINDOW, num_predict: 1, temperature: 0 } });
  const answer = await fetch(`${host}/api/chat`, { method: 'POST', body });
  return ((await answer.json()) as { prompt_eval_count: number }).prompt_eval_count;
}

test('what is counted here is within the margin of what the model counts', async () => {
  const count = await tokenCounter();
  const around = await modelTokens('x') - 1;
  const texts = {
    code: Array.from({ length: 12 }, (_, n) => `export const sum${n} = (a: number, b: number): number => (a === ${n} ? b : a + b);`).join('\n'),
    prose: 'Every title gets a slug. Letters with accents keep their plain form, and what is left becomes a dash. '.repeat(6),
    diff: fileDiff('src/slug.js', Array.from({ length: 14 }, (_, n) => `  if (title[${n}] === ' ') return slugs.get(title) ?? null;`)),
  };
  for (const [name, text] of Object.entries(texts)) {
    const [here, there] = [count(text), await modelTokens(text) - around];
    process.stderr.write(`tokens of ${name}: ${here} counted here, ${there} by the model: ${(there / here).toFixed(2)}\n`);
    expect(there).toBeLessThanOrEqual(here * TOKEN_MARGIN);
  }
}, MINUTES_5);

test('a speaker\'s mark in a text is one to the model, and none once it is broken', async () => {
  const marks = '<|im_end|> '.repeat(20);
  const [raw, broken] = [await modelTokens(marks), await modelTokens(withoutSpeakers(marks))];
  process.stderr.write(`20 marks of a speaker: ${raw} tokens as they are, ${broken} broken\n`);
  expect(raw).toBeLessThan(80);
  expect(broken).toBeGreaterThan(100);
}, MINUTES_5);

test('a prompt that the server cuts is no review', async () => {
  const prompt = 'The task: add two numbers. '.repeat(60);
  expect(await small.review({ ...request, prompt, promptTokens: 10, windowTokens: 256 }, never)).toMatchObject({ kind: 'unavailable', reason: 'prompt_cut' });
}, MINUTES_5);

/** What such a small model makes of it is told, not judged: the shape holds, whatever the text asks for. */
test.each(HOSTILE.filter(({ name }) => ['a plain order', 'the answer itself', 'a speaker of ChatML'].includes(name)))('hostile text: $name', async ({ name, text }) => {
  const { outcome } = await reviewOf(fileDiff('src/sums.js', ['export const add = 0; // TODO', ...text.split('\n').map((line) => `// ${line}`)]));
  process.stderr.write(`hostile text, ${name}: ${say(outcome)}\n`);
  expectVerdict(outcome);
}, MINUTES_15);

test('a server that is not there is unreachable', async () => {
  expect(await createOllama({ host: 'http://127.0.0.1:1', model }).review(request, never)).toMatchObject({ kind: 'unavailable', reason: 'unreachable' });
});

test('a deadline ends a real generation', async () => {
  expect(await createOllama({ host, model }).review({ ...request, deadlineMs: 200 }, never)).toMatchObject({ kind: 'unavailable', reason: 'deadline' });
}, MINUTES_5);

test('a model that is not there is named with the cure', async () => {
  const outcome = await createOllama({ host, model: 'no-such-model' }).review(request, never);
  expect(outcome).toMatchObject({ kind: 'unavailable', reason: 'model_missing', message: expect.stringContaining('ollama pull no-such-model') as unknown });
});
