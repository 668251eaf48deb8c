/** What is looked at first, to pass over text that holds nothing, changes nothing about what is hidden. */
import { expect, test } from '@jest/globals';
import { fragmentFinder } from '../../src/domain/redact/fragments.ts';
import { secretForms } from '../../src/domain/redact/secret-forms.ts';
import { MASK, maskShapes } from '../../src/domain/redact/shapes.ts';
import { createRedactor } from '../../src/domain/redaction.ts';
import { pick, seededRandom } from '../support/random.ts';
import { scaled, SEED } from '../support/scale.ts';

const LETTERS = [...'abcdefXYZ0189', '"', '\\', '\n', ' ', 'ü', '/', '+', '=', '-', '_', '.', ':', '@'];
const TOKEN = [...'abcXYZ0189'];
const SIGNS = [
  'sk-', 'sk-ant-', 'ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_', 'glpat-', 'AKIA', 'ASIA', 'xoxb-', 'npm_', 'AIza', 'eyJ', 'Bearer ', 'bearer\t',
  'Basic ', 'basic  ', 'https://me:', '-----BEGIN PRIVATE KEY-----', '-----BEGIN EC PRIVATE KEY-----\\n',
];
const ENDS = ['', '@', '.', '=', '"', ' ', '\n', '.abcdefgh0', '\n-----END PRIVATE KEY-----'];

type Random = () => number;
const upTo = (random: Random, most: number): number => Math.floor(random() * (most + 1));
const word = (random: Random, letters: string[], size: number): string => Array.from({ length: size }, () => pick(random, letters)).join('');

/** A secret, one of its encodings, or a piece of one. */
function planted(random: Random, secrets: readonly string[]): string {
  const form = pick(random, secretForms(secrets)) as string | undefined ?? '';
  const from = random() < 0.5 ? 0 : upTo(random, form.length);
  return random() < 0.3 ? form : form.slice(from, from + 4 + upTo(random, form.length));
}

const shape = (random: Random): string => pick(random, SIGNS) + word(random, TOKEN, upTo(random, 40)) + pick(random, ENDS);

function textOf(random: Random, secrets: readonly string[]): string {
  const parts = Array.from({ length: upTo(random, 5) }, () => pick(random, [planted(random, secrets), shape(random), word(random, LETTERS, upTo(random, 30))]));
  return parts.join(word(random, LETTERS, upTo(random, 2)));
}

/** The plain form: every secret, every piece and every expression is looked for in every text. */
function plain(secrets: readonly string[]): (text: string) => string {
  const forms = secretForms(secrets);
  const pieces = fragmentFinder(forms);
  return (text) => {
    const whole = forms.reduce((masked, form) => masked.replaceAll(form, MASK), text);
    const known = pieces(whole).reduceRight((masked, { start, end }) => masked.slice(0, start) + MASK + masked.slice(end), whole);
    // A sign after the end, and nothing to it: all expressions are tried.
    return maskShapes(`${known}"sk-`).slice(0, -4);
  };
}

const plainJson = (value: unknown, hide: (text: string) => string): unknown =>
  JSON.parse(JSON.stringify(value), (_, item: unknown) => {
    if (typeof item === 'string') return hide(item);
    return typeof item === 'object' && item !== null && !Array.isArray(item) ? Object.fromEntries(Object.entries(item).map(([key, kept]) => [hide(key), kept])) : item;
  });

test('hides the same as the plain form, in texts and in JSON', () => {
  const random = seededRandom(SEED);
  let hidden = 0;
  for (let round = 0; round < scaled(600, 100_000); round += 1) {
    const secrets = Array.from({ length: upTo(random, 3) }, () => word(random, LETTERS, 4 + upTo(random, 40)));
    const [fast, slow] = [createRedactor(secrets), plain(secrets)];
    const texts = Array.from({ length: 4 }, () => textOf(random, secrets));
    expect({ secrets, out: texts.map((text) => fast.text(text)) }).toEqual({ secrets, out: texts.map(slow) });
    const [a = '', b = '', c = '', d = ''] = texts;
    const json = { [a]: [b, 1, null, { c, '': [] }], deep: { d: [[d]] } };
    expect(fast.json(json)).toEqual(plainJson(json, slow));
    hidden += texts.filter((text) => slow(text) !== text).length;
  }
  // The texts are of both kinds.
  expect(hidden).toBeGreaterThan(scaled(600, 100_000));
  expect(hidden).toBeLessThan(3.5 * scaled(600, 100_000));
});

test('JSON in which nothing is hidden is handed on as it is; the value that was given never changes', () => {
  const redactor = createRedactor(['a-secret-that-is-known']);
  const clean = { a: [{ b: 'text' }], c: null };
  expect(redactor.json(clean)).toBe(clean);
  const dirty = { clean, said: ['a-secret-that-is-known'] };
  expect(redactor.json(dirty)).toEqual({ clean, said: [MASK] });
  expect(dirty.said).toEqual(['a-secret-that-is-known']);
});
