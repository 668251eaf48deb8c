import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uniqueSlug } from '../src/slug.js';

test('a free slug is taken as it is', () => assert.equal(uniqueSlug('Hello World', new Set()), 'hello-world'));

test('a taken slug gets the next free number', () => {
  assert.equal(uniqueSlug('Hello', new Set(['hello'])), 'hello-2');
  assert.equal(uniqueSlug('Hello', new Set(['hello', 'hello-2'])), 'hello-3');
});

test('a title without letters or digits still gets a name', () => assert.equal(uniqueSlug('!!!', new Set()), 'untitled'));

test('a long title is cut between words', () => {
  assert.equal(uniqueSlug('the quick brown fox', new Set(), 15), 'the-quick-brown');
  assert.equal(uniqueSlug('the quick brown fox', new Set(), 14), 'the-quick');
});

test('a single long word is cut where it must be', () => assert.equal(uniqueSlug('abcdefghij', new Set(), 5), 'abcde'));

test('the number fits within the length too', () => {
  assert.equal(uniqueSlug('abcdefghij', new Set(['abcde']), 5), 'abc-2');
  assert.ok(uniqueSlug('the quick brown fox', new Set(['the-quick-brown']), 15).length <= 15);
});

test('what was taken is not changed', () => {
  const taken = new Set(['a']);
  uniqueSlug('A', taken);
  assert.deepEqual([...taken], ['a']);
});
