/** What differs between two trees of a shadow repository, path by path, and as text. */
import type { Change, ChangeOp, DiffText } from '../../domain/host-api.ts';
import { HostError } from '../host-error.ts';
import { aroundDamage, idsOf, MAGIC } from './around-damage.ts';
import { git, gitFailure, runGit, tellsOfDamage, WAY_OUT, type ShadowGit } from './git.ts';
import { wordOfShown } from './path-text.ts';
import { NONE, parseDiff, type Counts, type RawRow } from './raw-diff.ts';

export const isTreeId = (tree: unknown): boolean => typeof tree === 'string' && /^[0-9a-f]{40}$/.test(tree);

/**
 * Changes from one tree to another, renames found by content unless told not to; both must have been taken on this host. Where stored
 * contents are damaged, what trees alone can tell of their paths.
 */
export async function diffTrees(shadow: ShadowGit, from: string, to: string, { renames = true } = {}): Promise<Change[]> {
  await requireTrees(shadow, from, to);
  if (from === to) return [];
  const compared = await compare(shadow, { from, to, renames });
  const sizes = await sizesOf(shadow, compared.raw);
  return compared.raw.map((row) => toChange(row, compared, sizes));
}

interface Compared {
  raw: RawRow[];
  counts: ReadonlyMap<string, Counts>;
  damaged: ReadonlySet<string>;
}

async function compare(shadow: ShadowGit, { from, to, renames }: { from: string; to: string; renames: boolean }): Promise<Compared> {
  const args = ['diff-tree', '-r', '-z', renames ? '-M' : '--no-renames', '--no-ext-diff', '--no-textconv', '--raw', '--numstat', '--no-abbrev', from, to];
  const { code, stdout, stderr } = await runGit(shadow, args);
  if (code === 0) return { ...parseDiff(stdout), damaged: new Set() };
  const { rows, damaged, others } = await aroundDamage(shadow, { from, to, paths: [] }, gitFailure('diff-tree', { code, stderr }));
  const { raw, counts } = others ? parseDiff(await git(shadow, [MAGIC, ...args, ...others])) : { raw: [], counts: new Map<string, Counts>() };
  const told = new Set(raw.flatMap((row) => [row.path, row.from]));
  return { raw: [...raw, ...rows.filter(({ path }) => !told.has(path))], counts, damaged };
}

export interface TextAsked {
  from: string;
  to: string;
  path: string | null;
  /** More of them. */
  paths?: string[];
  /** Binary files are in it too, so that it can be applied. */
  binary?: boolean;
  maxBytes: number;
}

/** Unified diff, of some paths or of all, cut at `maxBytes`. A rename shows as one where both of its paths are asked for. */
export async function diffText(shadow: ShadowGit, p: TextAsked): Promise<DiffText> {
  await requireTrees(shadow, p.from, p.to);
  const asked = [...(p.path === null ? [] : [p.path]), ...(p.paths ?? [])];
  const paths = asked.flatMap((path) => wordOfShown(path) ?? []);
  const leftOut = asked.filter((path) => wordOfShown(path) === null);
  if (paths.length === 0 && leftOut.length > 0) return { text: '', truncated: false, leftOut, damaged: [] };
  const how = ['-r', '-p', '-M', '--no-color', '--no-ext-diff', '--no-textconv', ...(p.binary ? ['--binary'] : [])];
  const args = ['diff-tree', ...how, p.from, p.to];
  const { stdout, cut, damaged } = await readableOutput(shadow, args, p, paths);
  // Streaming decoding leaves out a character that the cut went through.
  return { text: new TextDecoder().decode(stdout.subarray(0, p.maxBytes), { stream: cut }), truncated: cut, leftOut, damaged };
}

/** Where git ends at a content that it cannot read: of all paths but those. */
async function readableOutput(shadow: ShadowGit, args: string[], { from, to, maxBytes }: TextAsked, paths: string[]): Promise<{ stdout: Buffer; cut: boolean; damaged: string[] }> {
  const whole = await runGit(shadow, [...args, ...(paths.length > 0 ? ['--', ...paths] : [])], { mostBytes: maxBytes });
  if (whole.code === 0 || whole.cut) return { ...whole, damaged: [] };
  const failure = gitFailure('diff-tree', whole);
  const { leftOut, others } = await aroundDamage(shadow, { from, to, paths }, failure);
  if (!others) throw failure;
  const rest = await runGit(shadow, [MAGIC, ...args, ...others], { mostBytes: maxBytes });
  if (rest.code !== 0 && !rest.cut) throw gitFailure('diff-tree', rest);
  return { ...rest, damaged: leftOut };
}

export async function requireTrees(shadow: ShadowGit, ...trees: string[]): Promise<void> {
  for (const tree of trees) if (!isTreeId(tree)) throw new HostError('unknown_tree', `${JSON.stringify(tree)} is no tree id`);
  const { code, stdout, stderr } = await runGit(shadow, ['cat-file', '--batch-check'], { input: `${trees.join('\n')}\n` });
  if (code !== 0) throw gitFailure('cat-file', { code, stderr });
  const answer = stdout.toString().split('\n');
  const missing = trees.find((_, index) => !answer[index]?.includes(' tree '));
  if (missing && tellsOfDamage(stderr)) throw new HostError('internal', `tree ${missing} cannot be read: ${stderr.trim()}\n${WAY_OUT}`);
  if (missing) throw new HostError('unknown_tree', `tree ${missing} is not known on this host: its checkpoints have expired, or its store is damaged (${WAY_OUT})`);
}

/** Of all that are there. */
async function sizesOf(shadow: ShadowGit, rows: RawRow[]): Promise<Map<string, number>> {
  const ids = [...new Set(rows.flatMap(idsOf))];
  if (ids.length === 0) return new Map();
  const answer = await git(shadow, ['cat-file', '--batch-check=%(objectname) %(objectsize)'], `${ids.join('\n')}\n`);
  const lines = answer.toString().split('\n').filter((line) => /^[0-9a-f]{40} \d+$/.test(line));
  return new Map(lines.map((line) => [line.slice(0, 40), Number(line.slice(41))]));
}

function toChange(row: RawRow, { counts, damaged }: Compared, sizes: Map<string, number>): Change {
  const { added, removed } = counts.get(row.path) ?? { added: null, removed: null };
  const broken = idsOf(row).filter((id) => damaged.has(id));
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
    ...(broken.length > 0 && { damaged: broken }),
  };
}

const OPS: Record<string, ChangeOp> = { A: 'add', D: 'delete', R: 'rename', T: 'type' };

const opOf = ({ status, shaBefore, shaAfter }: RawRow): ChangeOp => OPS[status] ?? (shaBefore === shaAfter ? 'mode' : 'modify');
