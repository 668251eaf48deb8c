/**
 * Holds a tree against the workspace: an own walk, every file of a part read and hashed, stored objects read again. What a snapshot
 * remembers about files is not used, so an error of it shows.
 */
import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { dirname } from 'node:path/posix';
import type { VerifiedTree, VerifyTree } from '../../domain/host-api.ts';
import { errorCode } from '../host-error.ts';
import { scanOptions } from './checkpoint.ts';
import { requireTrees } from './diff.ts';
import { damagedObjects } from './object-check.ts';
import { observe, type Seen } from './observe.ts';
import { pathBytes, shownPath } from './path-text.ts';
import { entriesOf, listTree } from './replay.ts';
import type { ScanOptions } from './folder-walk.ts';
import type { Shadow } from './shadow.ts';

const MOST_TOLD = 20;
/** More differ where somebody has changed a whole tree since, or where a few tell enough. */
const MOST_SUSPECTS = 1_000;

interface Claim {
  root: Buffer;
  options: ScanOptions;
  /** Path → `mode id`, as the tree says. */
  files: ReadonlyMap<string, string>;
  folders: ReadonlySet<string>;
  isInPart: (path: string) => boolean;
}

/**
 * `part` of `parts`: files and folders by their names, so that all parts are the whole tree. What somebody changes meanwhile is no
 * error. A file about which the tree is wrong is read anew by the next checkpoint.
 */
export async function verifyTree(shadow: Shadow, p: VerifyTree): Promise<VerifiedTree> {
  await requireTrees(shadow.git, p.tree);
  const claim = await claimOf(shadow, p);
  const chosen = [...claim.files.keys()].filter(claim.isInPart);
  const { suspects, bytes } = await compare(claim, chosen);
  const wrong = await confirmed(shadow, claim, p, [...suspects, ...(await unknownFiles(claim))]);
  const damaged = await damagedObjects(shadow.git, chosen.map((path) => idIn(claim.files.get(path))));
  const told = [...wrong.map(({ path, why }) => `${shownPath(path)}: ${why}`), ...damaged.map((id) => `the stored object ${id} is missing or damaged`)];
  return { files: chosen.length, bytes, wrong: told.slice(0, MOST_TOLD), retake: wrong.length > 0 };
}

const idIn = (content = ''): string => content.slice(7);

async function claimOf(shadow: Shadow, p: VerifyTree): Promise<Claim> {
  const files = new Map(entriesOf(await listTree(shadow.git, p.tree)));
  const folders = new Set(['']);
  for (const path of files.keys()) for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) folders.add(path.slice(0, at));
  return { root: Buffer.from(`${shadow.workspace}/`), options: scanOptions(p), files, folders, isInPart: (path) => hashOf(path) % p.parts === p.part };
}

/** FNV-1a: spreads names evenly, the same in every process. */
function hashOf(path: string): number {
  let hash = 0x811c9dc5;
  for (let n = 0; n < path.length; n += 1) hash = Math.imul(hash ^ path.charCodeAt(n), 0x01000193) >>> 0;
  return hash;
}

const placeOf = ({ root }: Claim, path: string): Buffer => Buffer.concat([root, pathBytes(path)]);

const look = (claim: Claim, path: string): Promise<Seen> => observe(placeOf(claim, path), claim.options.maxFileBytes);

async function compare(claim: Claim, chosen: string[]): Promise<{ suspects: string[]; bytes: number }> {
  const suspects: string[] = [];
  let bytes = 0;
  for (const path of chosen) {
    const seen = await look(claim, path);
    bytes += seen.bytes;
    if (seen.content !== claim.files.get(path)) suspects.push(path);
  }
  return { suspects, bytes };
}

/** What is in the part's folders and not in the tree. */
async function unknownFiles(claim: Claim): Promise<string[]> {
  const found: string[] = [];
  for (const folder of claim.folders) if (claim.isInPart(folder)) await searchFolder(claim, folder, found);
  return found;
}

async function searchFolder(claim: Claim, folder: string, found: string[]): Promise<void> {
  for (const name of await readdir(placeOf(claim, folder), 'buffer').catch(unlessGone)) {
    const path = folder === '' ? name.toString('latin1') : `${folder}/${name.toString('latin1')}`;
    if (name.toString('latin1').toLowerCase() === '.git' || claim.options.isExcluded(shownPath(path)) || claim.files.has(path)) continue;
    const stat = await lstat(placeOf(claim, path)).catch(() => undefined);
    const isKnown = claim.folders.has(path);
    if (stat?.isDirectory() && !isKnown) await searchFolder(claim, path, found);
    else if (stat?.isFile() || stat?.isSymbolicLink()) found.push(path);
  }
}

function unlessGone(error: unknown): Buffer[] {
  if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP'].includes(errorCode(error) ?? '')) return [];
  throw error;
}

/** Of paths that differ, those that a new snapshot gets wrong as well, though nobody touched them meanwhile. */
async function confirmed(shadow: Shadow, claim: Claim, p: VerifyTree, all: string[]): Promise<{ path: string; why: string }[]> {
  const suspects = all.slice(0, MOST_SUSPECTS);
  if (suspects.length === 0) return [];
  const before: Seen[] = [];
  for (const path of suspects) before.push(await look(claim, path));
  const { tree } = await shadow.scan(claim.options);
  const files = tree === p.tree ? claim.files : new Map(entriesOf(await listTree(shadow.git, tree)));
  const wrong: { path: string; why: string }[] = [];
  for (const [n, path] of suspects.entries()) {
    const now = await look(claim, path);
    const said = files.get(path) ?? null;
    if (now.stat !== before[n]?.stat || now.content !== before[n]?.content || now.content === said) continue;
    wrong.push({ path, why: `it is ${now.content ?? 'not there'}, and the checkpoint says ${said ?? 'it is not there'}` });
    await forget(claim, path);
  }
  return wrong;
}

/** A new change time is what makes a snapshot read it again; content, mode and time of modification stay. */
async function forget(claim: Claim, path: string): Promise<void> {
  for (const one of [path, dirname(path) === '.' ? '' : dirname(path)]) {
    const file = await open(placeOf(claim, one), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined);
    if (!file) continue;
    await file.stat().then(({ mode }) => file.chmod(mode & 0o7777)).finally(() => file.close());
  }
}
