import { expect, test } from '@jest/globals';
import { bytesOfShown, shownPath } from '../../src/host/snapshot/path-text.ts';
import { seededRandom } from '../support/random.ts';
import { SEED } from '../support/scale.ts';
import { ODD_NAMES } from '../support/tree-operations.ts';

const shown = (bytes: Buffer): string => shownPath(bytes.toString('latin1'));

test('what is no UTF-8 is written by its bytes, everything else as it is', () => {
  expect(shown(Buffer.from('café\nde/日本'))).toBe('café\nde/日本');
  expect(shown(Buffer.from([0x66, 0xff, 0x66]))).toBe('f\\xfff');
  expect(shown(Buffer.from('back\\slash\\x'))).toBe('back\\slash\\x');
});

test('a shown path leads back to its bytes: no two look alike', () => {
  const random = seededRandom(SEED);
  const PARTS = [...ODD_NAMES, Buffer.from('\\xff'), Buffer.from('\\x5cx41'), Buffer.from('\\'), Buffer.from([0xff]), Buffer.from('x41')];
  const names = Array.from({ length: 2000 }, () => Buffer.concat(Array.from({ length: 3 }, () => PARTS[Math.floor(random() * PARTS.length)] ?? Buffer.alloc(0))));
  for (const name of [...PARTS, ...names]) expect(bytesOfShown(shown(name)).toString('latin1')).toBe(name.toString('latin1'));
});
