/** What differs between two trees of a shadow repository, path by path, and as text. */
import type { Change, ChangeOp } from '../../domain/host-api.ts';
import { HostError } from '../host-error.ts';
import { git, runGit, type ShadowGit } from './git.ts';
import { shownBytes } from './path-text.ts';

const NONE = '0'.repeat(40);
const TREE = /^[0-9a-f]{40}$/;

/** Changes from one tree to another, renames found by content; both must have been taken on this host. */
export async function diffTrees(shadow: ShadowGit, from: string, to: string): Promise<Change[]> {
  await requireTrees(shadow, from, to);
  if (from === to) return [];
  const output = await git(shadow, ['diff-tree', '-r', '-z', '-M', '--no-ext-diff', '--no-textconv', '--raw', '--numstat', '--no-abbrev', from, to]);
  const { raw, counts } = parseDiff(output);
  const sizes = await sizesOf(shadow, raw);
  return raw.map((row) => toChange(row, counts, sizes));
}

/** Unified diff, of one path or of all, cut at `maxBytes`. */
export async function diffText(shadow: ShadowGit, p: { from: string; to: string; path: string | null; maxBytes: number }): Promise<{ text: string; truncated: boolean }> {
  await requireTrees(shadow, p.from, p.to);
  const paths = p.path === null ? [] : ['--', p.path];
  const args = ['diff-tree', '-r', '-p', '-M', '--no-color', '--no-ext-diff', '--no-textconv', p.from, p.to, ...paths];
  const { code, stdout, stderr, cut } = await runGit(shadow, args, { mostBytes: p.maxBytes });
  if (code !== 0 && !cut) throw new HostError('internal', `git diff-tree failed (${code}): ${stderr.trim()}`);
  // Streaming decoding leaves out a character that the cut went through.
  return { text: new TextDecoder().decode(stdout.subarray(0, p.maxBytes), { stream: cut }), truncated: cut };
}

async function requireTrees(shadow: ShadowGit, ...trees: string[]): Promise<void> {
  for (const tree of trees) if (!TREE.test(tree)) throw new HostError('unknown_tree', `${JSON.stringify(tree)} is no tree id`);
  const answer = (await git(shadow, ['cat-file', '--batch-check'], `${trees.join('\n')}\n`)).toString().split('\n');
  const missing = trees.find((_, index) => !answer[index]?.includes(' tree '));
  if (missing) throw new HostError('unknown_tree', `tree ${missing} is not known on this host`);
}

interface RawRow {
  modeBefore: string;
  modeAfter: string;
  shaBefore: string;
  shaAfter: string;
  status: string;
  path: string;
  from?: string;
}

interface Counts {
  added: number | null;
  removed: number | null;
}

/** Reads the NUL-separated output: all raw rows, then all counts. */
function parseDiff(output: Buffer): { raw: RawRow[]; counts: Map<string, Counts> } {
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

async function sizesOf(shadow: ShadowGit, rows: RawRow[]): Promise<Map<string, number>> {
  const ids = [...new Set(rows.flatMap(({ shaBefore, shaAfter }) => [shaBefore, shaAfter]))].filter((id) => id !== NONE);
  if (ids.length === 0) return new Map();
  const answer = await git(shadow, ['cat-file', '--batch-check=%(objectname) %(objectsize)'], `${ids.join('\n')}\n`);
  return new Map(answer.toString().trim().split('\n').map((line) => [line.slice(0, 40), Number(line.slice(41))]));
}

function toChange(row: RawRow, counts: Map<string, Counts>, sizes: Map<string, number>): Change {
  const { added, removed } = counts.get(row.path) ?? { added: null, removed: null };
  return {
    path: row.path,
    op: opOf(row),
    ...(row.from !== undefined && { from: row.from }),
    mode: row.status === 'D' ? row.modeBefore : row.modeAfter,
    shaBefore: row.shaBefore === NONE ? null : row.shaBefore,
    shaAfter: row.shaAfter === NONE ? null : row.shaAfter,
    sizeBefore: sizes.get(row.shaBefore) ?? 0,
    sizeAfter: sizes.get(row.shaAfter) ?? 0,
    added,
    removed,
  };
}

const OPS: Record<string, ChangeOp> = { A: 'add', D: 'delete', R: 'rename', T: 'type' };

const opOf = ({ status, shaBefore, shaAfter }: RawRow): ChangeOp => OPS[status] ?? (shaBefore === shaAfter ? 'mode' : 'modify');
