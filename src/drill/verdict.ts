/**
 * Holds what an agent wrote on its host against what is stored of it, byte for byte. Pure: the same for every fault, and blind
 * to how either side came about.
 */
import { createHash } from 'node:crypto';

export interface StoredRow {
  offset: number;
  raw: Buffer;
}

export interface StoredRun {
  key: string;
  /** Bytes that count as stored. */
  outOffset: number;
  /** In the order of their offsets. */
  rows: readonly StoredRow[];
}

export interface Compared {
  /** Lines on the host. */
  written: number;
  /** Rows. */
  stored: number;
  /** Lines that no row holds at their place. */
  lost: number;
  /** Rows beyond one for each line. */
  duplicated: number;
  outSha256: string;
  rowsSha256: string;
}

const NEWLINE = Buffer.from('\n');

/** The stream as the rows tell it: each line at its offset, a newline wherever the stored length leaves room for one. */
export function bytesOf({ rows, outOffset }: Pick<StoredRun, 'rows' | 'outOffset'>): Buffer {
  const parts = rows.flatMap(({ offset, raw }) => (offset + raw.length < outOffset ? [raw, NEWLINE] : [raw]));
  return Buffer.concat(parts);
}

/** Offset and text of each line; the last one needs no newline. */
function linesOf(out: Buffer): Map<number, string> {
  const lines = new Map<number, string>();
  for (let from = 0; from < out.length; ) {
    const end = out.indexOf(10, from);
    const to = end < 0 ? out.length : end;
    lines.set(from, out.toString('latin1', from, to));
    from = to + 1;
  }
  return lines;
}

function lostAndDuplicated(lines: Map<number, string>, rows: readonly StoredRow[]): { lost: number; duplicated: number } {
  const found = new Set<number>();
  let duplicated = 0;
  for (const { offset, raw } of rows) {
    if (!found.has(offset) && lines.get(offset) === raw.toString('latin1')) found.add(offset);
    else duplicated += 1;
  }
  return { lost: lines.size - found.size, duplicated };
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Of one run after the other: `outs` and `runs` in the order in which the runs were started. */
export function compare(outs: readonly Buffer[], runs: readonly StoredRun[]): Compared {
  const each = runs.map(({ rows }, n) => ({ lines: linesOf(outs[n] ?? Buffer.alloc(0)), rows }));
  const counts = each.map(({ lines, rows }) => lostAndDuplicated(lines, rows));
  const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);
  return {
    written: sum(each.map(({ lines }) => lines.size)),
    stored: sum(each.map(({ rows }) => rows.length)),
    lost: sum(counts.map(({ lost }) => lost)),
    duplicated: sum(counts.map(({ duplicated }) => duplicated)),
    outSha256: sha256(Buffer.concat(outs)),
    rowsSha256: sha256(Buffer.concat(runs.map(bytesOf))),
  };
}
