import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slugify } from '../src/slug.js';

const CASES = [
  ['Crème Brûlée', 'creme-brulee'],
  ['Cre\u0300me', 'creme'],
  ['Ångström', 'angstrom'],
  ['Größe', 'grosse'],
  ['Æsir & Øresund', 'aesir-oresund'],
  ['Łódź', 'lodz'],
  ['naïve—really', 'naive-really'],
];

for (const [title, slug] of CASES) {
  test(`"${title}" is "${slug}"`, () => assert.equal(slugify(title), slug));
}
