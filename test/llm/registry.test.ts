import { expect, test } from '@jest/globals';
import { builtinReviewers, createReviewers, loadReviewerPackages } from '../../src/llm/registry.ts';

const builtin = builtinReviewers({ ollama: { host: 'http://127.0.0.1:1' } });
const settings = (name: string) => ({ name, model: 'tiny', deadlineMs: 1_000 });

test('ollama is there, with the plan\'s model', () => {
  expect(createReviewers(builtin).make(settings('ollama'))).toMatchObject({ name: 'ollama', model: 'tiny' });
});

test('a name nobody registered is bad input that lists what there is', () => {
  expect(() => createReviewers(builtin).make(settings('oracle'))).toThrow(expect.objectContaining({
    kind: 'bad_input', message: 'There is no reviewer "oracle".', hint: 'Registered: ollama.',
  }));
});

test('a package named in the configuration registers a reviewer', async () => {
  const reviewers = createReviewers(builtin, await loadReviewerPackages([new URL('../fixtures/reviewer-package/index.mjs', import.meta.url).href]));
  expect(reviewers.names()).toEqual(['ollama', 'yes']);
  expect(await reviewers.make(settings('yes')).review({ system: '', prompt: '', promptHash: 'h', deadlineMs: 1 }, new AbortController().signal))
    .toMatchObject({ kind: 'reviewed', model: 'tiny' });
});
