/** Bytes that a stream must survive, the same for the same seed. */
import { seededRandom } from '../support/random.ts';

/** Whole numbers below `limit`. */
export function seeded(seed: number): (limit: number) => number {
  const random = seededRandom(seed);
  return (limit) => Math.floor(random() * limit);
}

/** NUL, broken UTF-8, lone surrogates, JSON with NUL in it, empty lines, and a last line that does not end. */
export const HOSTILE = Buffer.concat([
  Buffer.from('{"event":"text","text":"fine"}\n'),
  Buffer.from([0, 1, 2, 0xff, 0xfe, 0xc3, 10]),
  Buffer.from('{"event":"text","text":"nul \\u0000 and half \\ud800"}\n'),
  Buffer.from('\n\r\n'),
  Buffer.from('{"event":"text","text":"übergröße 🦉"}\n'),
  Buffer.from(`${'['.repeat(2_000)}\n`),
  Buffer.from('{"event":"text","text":1e400}\n'),
  Buffer.from([0xe2, 0x82]),
]);
