/** Deflate without compression (RFC 1950, 1951), and the checksums around it: for small pieces much quicker than a stream of zlib's. */
import zlib from 'node:zlib';

const MOST_IN_BLOCK = 0xffff;
const HEAD = Buffer.from([0x78, 0x01]);

/** The content as a zlib stream, in pieces. Those of the content are views of it. */
export function* stored(content: Buffer): Generator<Buffer> {
  yield HEAD;
  const blocks = Math.max(1, Math.ceil(content.length / MOST_IN_BLOCK));
  for (let block = 0; block < blocks; block += 1) {
    const piece = content.subarray(block * MOST_IN_BLOCK, (block + 1) * MOST_IN_BLOCK);
    const head = Buffer.from([block === blocks - 1 ? 1 : 0, 0, 0, 0, 0]);
    head.writeUInt16LE(piece.length, 1);
    head.writeUInt16LE(~piece.length & 0xffff, 3);
    yield head;
    yield piece;
  }
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(adler32(content));
  yield sum;
}

/** So many bytes can be summed before the sums have to be reduced. */
const ADLER_RUN = 5552;
const ADLER_BASE = 65_521;

function adler32(content: Buffer): number {
  let a = 1;
  let b = 0;
  for (let from = 0; from < content.length; from += ADLER_RUN) {
    const to = Math.min(content.length, from + ADLER_RUN);
    for (let at = from; at < to; at += 1) b += a += content[at] as number;
    a %= ADLER_BASE;
    b %= ADLER_BASE;
  }
  return ((b << 16) | a) >>> 0;
}

/** Of the bytes, after others whose sum is `before`. Zlib's own is absent in early releases of Node 20. */
export const crc32: (content: Buffer, before?: number) => number = 'crc32' in zlib ? zlib.crc32 : crc32ByTable;

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ 0xedb88320;
  return value;
});

export function crc32ByTable(content: Buffer, before = 0): number {
  let crc = ~before;
  for (const byte of content) crc = (TABLE[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}
