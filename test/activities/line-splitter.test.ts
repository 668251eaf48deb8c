/** Any bytes in any cutting give the same lines. */
import { expect, test } from '@jest/globals';
import { LineSplitter, type Line } from '../../src/activities/line-splitter.ts';
import { seeded } from './bytes.ts';

const cutAll = (bytes: Buffer, cuts: () => number, from = 0): { lines: Line[]; splitter: LineSplitter } => {
  const splitter = new LineSplitter(from);
  const lines: Line[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = cuts();
    lines.push(...splitter.push(bytes.subarray(at, at + length)));
    at += length;
    expect(splitter.consumed + splitter.heldBytes).toBe(from + Math.min(at, bytes.length));
  }
  return { lines, splitter };
};

test.each(Array.from({ length: 60 }, (_, seed) => seed))('random bytes, random cuts, seed %i', (seed) => {
  const random = seeded(seed);
  // Newlines are common, so that empty lines and lines cut everywhere occur.
  const bytes = Buffer.from(Array.from({ length: random(2_000) }, () => (random(6) === 0 ? 10 : random(256))));
  const offset = random(3) * 1_000_003;
  const { lines, splitter } = cutAll(bytes, () => 1 + random(seed % 3 === 0 ? 2 : 90), offset);
  lines.push(...splitter.flush());

  const text = bytes.toString('latin1');
  const wanted = (text.endsWith('\n') || text === '' ? text.slice(0, -1) : text).split('\n');
  expect(lines.map(({ raw }) => raw.toString('latin1'))).toEqual(text === '' ? [] : wanted);
  lines.forEach(({ offset: at, raw }) => expect(bytes.subarray(at - offset, at - offset + raw.length).equals(raw)).toBe(true));
  expect(splitter.consumed).toBe(offset + bytes.length);
});

test('what has no newline is held back until the end, and given out once', () => {
  const splitter = new LineSplitter(5);
  expect(splitter.push(Buffer.from('ab'))).toEqual([]);
  expect([splitter.consumed, splitter.heldBytes]).toEqual([5, 2]);
  expect(splitter.flush()).toEqual([{ offset: 5, raw: Buffer.from('ab') }]);
  expect(splitter.flush()).toEqual([]);
  expect(splitter.consumed).toBe(7);
});
