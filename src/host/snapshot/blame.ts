/**
 * Which of several trees brought each line of a file: git's own blame, over commits made of the trees in a repository beside the
 * shadow, which is removed again. It follows renames.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BlamedFile, BlamedLine } from '../../domain/host-api.ts';
import { privateDirectory } from '../durable.ts';
import { HostError } from '../host-error.ts';
import { isTreeId } from './diff.ts';
import { git, gitFailure, runGit, WAY_OUT, type ShadowGit } from './git.ts';
import { shownBytes, wordOfShown } from './path-text.ts';
import { readFiles } from './read-files.ts';

export interface BlameAsked {
  /** Oldest first. */
  trees: string[];
  path: string;
  /** A larger file has no lines. */
  maxBytes: number;
}

/** Of the file as it is in the last tree that is kept. `unknown_tree` when none is. */
export async function blame(shadow: ShadowGit, { trees, path, maxBytes }: BlameAsked): Promise<BlamedFile> {
  const kept = await keptTrees(shadow, trees);
  const last = kept.at(-1);
  if (last === undefined) throw new HostError('unknown_tree', 'none of these trees is kept on this host');
  const missing = trees.length - kept.length;
  const tree = trees[last] ?? '';
  const [file] = await readFiles(shadow, { tree, paths: [path], maxBytes });
  const { exists = false, text = null } = file ?? {};
  if (file?.damaged) throw new HostError('internal', `what was stored of ${path} is missing or damaged: ${WAY_OUT}`);
  const lines = text === null || text === '' ? [] : await inTemporaryRepository(shadow, (own) => linesOf(own, trees, kept, path));
  return { tree, exists, isText: text !== null, lines, missing };
}

/** Places in the list of those that are there. */
async function keptTrees(shadow: ShadowGit, trees: string[]): Promise<number[]> {
  const bad = trees.find((tree) => !isTreeId(tree));
  if (bad !== undefined) throw new HostError('bad_input', `${JSON.stringify(bad)} is no tree id`);
  if (trees.length === 0) return [];
  const answer = (await git(shadow, ['cat-file', '--batch-check'], `${trees.join('\n')}\n`)).toString().split('\n');
  return trees.flatMap((_, n) => (answer[n]?.includes(' tree ') ? [n] : []));
}

async function inTemporaryRepository<T>(shadow: ShadowGit, work: (own: ShadowGit) => Promise<T>): Promise<T> {
  const dir = await privateDirectory(join(dirname(shadow.dir), `blame-${randomBytes(6).toString('hex')}`));
  const own = { ...shadow, dir };
  try {
    await git(own, ['init', '--quiet', '--bare', '--template=', '--object-format=sha1', dir]);
    await mkdir(join(dir, 'objects/info'), { recursive: true });
    await writeFile(join(dir, 'objects/info/alternates'), `${join(shadow.dir, 'objects')}\n`);
    return await work(own);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function linesOf(own: ShadowGit, trees: string[], kept: number[], path: string): Promise<BlamedLine[]> {
  await git(own, ['fast-import', '--quiet', '--done', '--date-format=raw'], `${kept.map((n) => commitOf(n, trees[n] ?? '')).join('')}done\n`);
  const name = wordOfShown(path);
  if (name === null) throw new HostError('bad_input', `${path} is not UTF-8: its lines cannot be asked for, see \`holdpoint diff\` of the turns instead`);
  const { code, stdout, stderr } = await runGit(own, ['blame', '--line-porcelain', 'refs/heads/trees', '--', name]);
  if (code !== 0) throw gitFailure('blame', { code, stderr });
  return parsePorcelain(stdout);
}

/** Its message is the tree's place in the list. */
const commitOf = (n: number, tree: string): string =>
  `commit refs/heads/trees\ncommitter holdpoint <holdpoint@localhost> ${n} +0000\ndata ${String(n).length}\n${n}\nM 040000 ${tree} ""\n`;

/** Per line: a head with the line's number at its origin, facts about the commit, then a tab and the content. */
function parsePorcelain(output: Buffer): BlamedLine[] {
  const lines: BlamedLine[] = [];
  let next: Omit<BlamedLine, 'text'> = { tree: 0, path: '', line: 0 };
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(10, at);
    const line = output.subarray(at, end < 0 ? output.length : end);
    at = end < 0 ? output.length : end + 1;
    const head = line.toString('latin1');
    if (line[0] === 9) lines.push({ ...next, text: line.toString('utf8', 1) });
    else if (head.startsWith('summary ')) next = { ...next, tree: Number(head.slice(8)) };
    else if (head.startsWith('filename ')) next = { ...next, path: shownBytes(unquoted(head.slice(9))) };
    else if (/^[0-9a-f]{40} /.test(head)) next = { ...next, line: Number(head.split(' ')[1]) };
  }
  return lines;
}

const LETTERS: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, '\\': 92 };

/** Git writes names with control characters or quotes in C's way. */
function unquoted(name: string): Buffer {
  if (!name.startsWith('"')) return Buffer.from(name, 'latin1');
  const plain = name.slice(1, -1).replace(/\\([0-7]{3}|.)/g, (_, code: string) =>
    String.fromCharCode(code.length === 3 ? Number.parseInt(code, 8) : (LETTERS[code] ?? code.charCodeAt(0))));
  return Buffer.from(plain, 'latin1');
}
