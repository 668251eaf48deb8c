/** The mutations of test/mutations stay applicable: `npm run test:mutations` runs them, this only keeps them from rotting. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { misfit, mutations } from '../support/mutations/patch.ts';

const ROOT = join(import.meta.dirname, '../..');

test.each(mutations(ROOT).map((mutation) => [mutation.name, mutation] as const))('%s applies and names a test', async (_, mutation) => {
  expect(await misfit(ROOT, mutation)).toBeNull();
  const file = join(ROOT, mutation.caughtBy);
  expect(existsSync(file)).toBe(true);
  // The full name joins the names of `describe` and `test`; a part of it that crosses them is not in the text, but its words are.
  const text = readFileSync(file, 'utf8');
  for (const word of mutation.test.split(' ').filter((part) => /^[a-z]{4,}$/.test(part))) expect(text).toContain(word);
});
