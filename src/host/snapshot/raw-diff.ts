/** Reads what `git diff-tree -z --raw --numstat` writes. */
import { shownBytes } from './path-text.ts';

export const NONE = '0'.repeat(40);

/** As git writes it: ids of zeros stand for nothing. */
export interface RawRow {
  modeBefore: string;
  modeAfter: string;
  shaBefore: string;
  shaAfter: string;
  status: string;
  path: string;
  from?: string;
}

/** Lines; null for a binary file. */
export interface Counts {
  added: number | null;
  removed: number | null;
}

/** Reads NUL-separated output: all raw rows, then all counts, if any. */
export function parseDiff(output: Buffer): { raw: RawRow[]; counts: Map<string, Counts> } {
  const fields = splitNul(output);
  const raw: RawRow[] = [];
  const counts = new Map<string, Counts>();
  let at = 0;
  const next = (): string => shownBytes(fields[at++] ?? Buffer.alloc(0));
  while (at < fields.length) {
    const head = next();
    if (head.startsWith(':')) raw.push(rawRow(head, next));
    else addCounts(counts, head, next);
  }
  return { raw, counts };
}

function splitNul(output: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  for (let start = 0, end = output.indexOf(0); end !== -1; start = end + 1, end = output.indexOf(0, start)) fields.push(output.subarray(start, end));
  return fields;
}

function rawRow(head: string, next: () => string): RawRow {
  const [modeBefore = '', modeAfter = '', shaBefore = '', shaAfter = '', status = ''] = head.slice(1).split(' ');
  const first = next();
  const row = { modeBefore, modeAfter, shaBefore, shaAfter, status: status.charAt(0) };
  return row.status === 'R' ? { ...row, from: first, path: next() } : { ...row, path: first };
}

/** `added TAB removed TAB path`; of a rename the path is empty and both paths follow. */
function addCounts(counts: Map<string, Counts>, head: string, next: () => string): void {
  const [added = '-', removed = '-', ...name] = head.split('\t');
  const path = name.join('\t');
  const key = path === '' ? (next(), next()) : path;
  counts.set(key, { added: lines(added), removed: lines(removed) });
}

const lines = (count: string): number | null => (count === '-' ? null : Number(count));
