import { expect, test } from '@jest/globals';
import { tokenCounter } from '../../src/llm/tokens.ts';

test('tokens are counted, marks of speakers as the text they are', async () => {
  const count = await tokenCounter();
  expect([count(''), count('hello world'), count('<|endoftext|>') > 3]).toEqual([0, 2, true]);
});

test('pieces count a little more than the whole, never much', async () => {
  const count = await tokenCounter();
  const text = 'export const slug = (title) => title.toLowerCase();\n'.repeat(200);
  const each = count('export const slug = (title) => title.toLowerCase();\n');
  expect(count(text)).toBeGreaterThanOrEqual(each * 200 * 0.9);
  expect(count(text)).toBeLessThanOrEqual(each * 200 * 1.1);
});

test('a word without an end is counted too', async () => {
  const count = await tokenCounter();
  expect(count('a'.repeat(1_000_000))).toBeGreaterThan(100_000);
});
