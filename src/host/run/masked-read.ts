/** A range of a file with secrets hidden, however the file is cut into ranges. */
import type { ByteMask } from '../../domain/redact/byte-mask.ts';

export interface Bytes {
  data: Buffer;
  /** Of the file. */
  size: number;
}

export type ReadBytes = (offset: number, length: number) => Bytes;

/** Reads what is around the range too; of a file that may grow, what may be the beginning of a secret waits for more. */
export function readMasked(read: ReadBytes, { offset, length }: { offset: number; length: number }, mask: ByteMask, mayGrow: boolean): Bytes {
  const from = Math.max(0, offset - mask.reach);
  const { data: around, size } = read(from, offset - from + length + mask.reach);
  const end = from + around.length;
  const sure = mayGrow && end >= size ? end - mask.undecided(around) : end;
  const to = Math.min(offset + length, sure);
  return { data: mask.hide(around).subarray(offset - from, Math.max(offset - from, to - from)), size };
}
