import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slugify } from '../src/slug.js';

const CASES = [
  ['Hello World', 'hello-world'],
  ['One two  three', 'one-two-three'],
  ['Hello, World!', 'hello-world'],
  ['  spaces around  ', 'spaces-around'],
  ['snake_case and-dashes', 'snake-case-and-dashes'],
  ['Version 2.0', 'version-2-0'],
  ['--already--dashed--', 'already-dashed'],
  ['!!!', ''],
];

for (const [title, slug] of CASES) {
  test(`"${title}" is "${slug}"`, () => assert.equal(slugify(title), slug));
}
