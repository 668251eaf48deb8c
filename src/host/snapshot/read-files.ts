/** Contents of files of a tree, for whoever has to look into them. */
import { git, gitFailure, runGit, tellsOfDamage, type ShadowGit } from './git.ts';
import { requireTrees } from './diff.ts';
import { bytesOfShown } from './path-text.ts';
import { entriesOf } from './replay.ts';
import { HostError } from '../host-error.ts';
import type { FileText } from '../../domain/host-api.ts';

type Content = Buffer | 'missing' | 'damaged';

/** In the order of `paths`. A path with a line break in it cannot be asked for, and is answered as missing. */
export async function readFiles(shadow: ShadowGit, p: { tree: string; paths: string[]; maxBytes: number }): Promise<FileText[]> {
  await requireTrees(shadow, p.tree);
  const askable = p.paths.filter((path) => !path.includes('\n'));
  const contents = await readContents(shadow, p.tree, askable);
  const known = new Map(askable.map((path, n) => [path, contents[n]]));
  const gone = await presentIn(shadow, p.tree, askable.filter((path) => known.get(path) === 'missing'));
  return p.paths.map((path) => ({ path, ...textOf(gone.has(path) ? 'damaged' : known.get(path), p.maxBytes) }));
}

/** Those of the paths that are files of the tree: git does not say whether a path or its content is missing. */
async function presentIn(shadow: ShadowGit, tree: string, paths: readonly string[]): Promise<Set<string>> {
  const asked = new Map(paths.map((path) => [bytesOfShown(path), path]));
  const named = [...asked.keys()].map((bytes) => bytes.toString('utf8')).filter((name) => !name.includes('\uFFFD')); // no bytes on a command line
  if (named.length === 0) return new Set();
  const listed = new Map(entriesOf(await git(shadow, ['ls-tree', '-z', '--full-tree', tree, '--', ...named])));
  const isFile = (bytes: Buffer): boolean => /^1[02]/.test(listed.get(bytes.toString('latin1')) ?? '');
  return new Set([...asked].flatMap(([bytes, path]) => (isFile(bytes) ? [path] : [])));
}

function textOf(content: Content | undefined, maxBytes: number): Omit<FileText, 'path'> {
  if (content === undefined || content === 'missing') return { exists: false, text: null };
  if (content === 'damaged') return { exists: true, text: null, damaged: true };
  const isText = content.length <= maxBytes && !content.includes(0);
  return { exists: true, text: isText ? content.toString('utf8') : null };
}

/** Git ends at a content that it cannot unpack: the others are asked for again. */
async function readContents(shadow: ShadowGit, tree: string, paths: string[]): Promise<Content[]> {
  const found: Content[] = [];
  while (found.length < paths.length) {
    const left = paths.slice(found.length).map((path) => Buffer.concat([Buffer.from(`${tree}:`), bytesOfShown(path), Buffer.from('\n')]));
    const { code, stdout, stderr } = await runGit(shadow, ['cat-file', '--batch'], { input: Buffer.concat(left) });
    const answers = contentsIn(stdout, left.length);
    found.push(...answers);
    if (answers.length === left.length) break;
    if (code === 0) throw new HostError('internal', 'git cat-file answered less than it was asked');
    if (!tellsOfDamage(stderr)) throw gitFailure('cat-file', { code, stderr });
    found.push('damaged');
  }
  return found;
}

/** Of each whole answer: `<id> <type> <size>`, a line break, the content, a line break; or a line that ends in `missing`. */
function contentsIn(output: Buffer, count: number): Content[] {
  const found: Content[] = [];
  for (let at = 0; found.length < count; ) {
    const lineEnd = output.indexOf(10, at);
    if (lineEnd < 0) return found;
    const [, type, size] = / (\w+) (\d+)$/.exec(output.toString('latin1', at, lineEnd)) ?? [];
    const end = lineEnd + 1 + (size === undefined ? 0 : Number(size) + 1);
    if (end > output.length) return found;
    found.push(type === 'blob' ? output.subarray(lineEnd + 1, end - 1) : 'missing');
    at = end;
  }
  return found;
}
