/** Secrets hidden in a file that is read in pieces: nothing moves, and the cuts do not matter. */
import { expect, test } from '@jest/globals';
import { createByteMask } from '../../src/domain/redact/byte-mask.ts';
import { pick, seededRandom } from '../support/random.ts';
import { scaled, SEED } from '../support/scale.ts';

const KEY = 'Zq7-kanarie_"PLANTED"\\4f9c1e77b2aa/tail0199';
const SHORT = 'pa55word';
const mask = createByteMask([KEY, SHORT, 'line one of a longer one\nline two of a longer one']);

const hidden = (text: string): string => mask?.hide(Buffer.from(text)).toString() ?? '';

test('nothing to hide is no mask', () => {
  expect([createByteMask([]), createByteMask(['abc', ' '])]).toEqual([null, null]);
});

test.each([
  ['whole', KEY], ['short', SHORT], ['in JSON', JSON.stringify(KEY).slice(1, -1)], ['URL-encoded', encodeURIComponent(KEY)], ['base64', Buffer.from(KEY).toString('base64').replace(/.{1,4}$/, '')],
  ['hex', Buffer.from(KEY).toString('hex')], ['a long piece', KEY.slice(0, 12)], ['a line of several', 'line two of a longer one'],
])('%s becomes as many stars', (_, form) => {
  expect(hidden(`<<${form}>>`)).toBe(`<<${'*'.repeat(form.length)}>>`);
});

/** As a follower reads: pieces of any size while the file grows, each with what is around it. */
function followed(file: Buffer, random: () => number): Buffer {
  if (!mask) throw new Error('no mask');
  const pieces: Buffer[] = [];
  let size = 0;
  let offset = 0;
  while (offset < file.length) {
    size = Math.min(file.length, size + Math.floor(random() * 40));
    const from = Math.max(0, offset - mask.reach);
    const around = file.subarray(from, Math.min(size, offset + 25 + mask.reach));
    const sure = size < file.length && from + around.length >= size ? size - mask.undecided(around) : from + around.length;
    const to = Math.max(offset, Math.min(offset + 1 + Math.floor(random() * 25), sure));
    pieces.push(mask.hide(around).subarray(offset - from, to - from));
    offset = to;
  }
  return Buffer.concat(pieces);
}

test('read while it grows, in any pieces, it is the file hidden as a whole', () => {
  const random = seededRandom(SEED);
  const parts = [KEY, SHORT, JSON.stringify({ text: KEY }), KEY.slice(0, 9), KEY.slice(9), SHORT.slice(0, 4), '\n', ' ordinary text ', '{"a":', '\\', '"', 'ü', Buffer.from(KEY).toString('base64')];
  for (let round = 0; round < scaled(150, 5_000); round += 1) {
    const file = Buffer.from(Array.from({ length: 12 }, () => pick(random, parts)).join(''));
    expect(followed(file, random).toString('latin1')).toBe(mask?.hide(file).toString('latin1'));
  }
});
