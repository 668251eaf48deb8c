/**
 * Walks a workspace and writes its tree. Folders are opened one below the other and never through a link, so nothing outside is
 * read; nested repositories are stored like any folder, but for entries named `.git`. Lets other work run every few milliseconds.
 */
import { closeSync, constants, lstatSync, openSync, readdirSync, type Stats } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';
import { errorCode } from '../host-error.ts';
import { treeContent, type ObjectStore, type TreeItem } from './object-store.ts';
import { shownPath } from './path-text.ts';
import { readFileInto, readLinkInto, type EntryRead } from './read-entry.ts';
import type { StatCache } from './stat-cache.ts';

export interface ScanOptions {
  isExcluded: (shownPath: string) => boolean;
  maxFileBytes: number;
}

/** A whole tree and what it cannot hold. Paths are byte paths. */
export interface Scanned {
  tree: string;
  files: number;
  bytes: number;
  notCovered: string[];
  emptyDirectories: string[];
  /** Permissions other than 644 and 755 of files, 755 of folders. */
  modes: { path: string; mode: number }[];
}

interface Scan extends Scanned, ScanOptions {
  store: ObjectStore;
  cache: StatCache;
  breatheAt: number;
}

const SLICE_MS = 8;
const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** Scans `workspace`. Fails only on faults of the machine, never on what somebody does to the files meanwhile. */
export async function scanWorkspace(workspace: string, store: ObjectStore, cache: StatCache, options: ScanOptions): Promise<Scanned> {
  const found: Scanned = { tree: '', files: 0, bytes: 0, notCovered: [], emptyDirectories: [], modes: [] };
  const scan: Scan = { ...found, ...options, store, cache, breatheAt: performance.now() + SLICE_MS };
  cache.begin(Date.now());
  const items = (await scanDirectory(scan, Buffer.from(workspace), '')) ?? [];
  cache.end();
  const { files, bytes, notCovered, emptyDirectories, modes } = scan;
  return { tree: store.write('tree', treeContent(items)), files, bytes, notCovered, emptyDirectories, modes };
}

/** Undefined when it is no folder any more. */
async function scanDirectory(scan: Scan, place: Buffer, path: string): Promise<TreeItem[] | undefined> {
  let fd: number | undefined;
  try {
    fd = openSync(place, DIRECTORY);
    const names = readdirSync(`/proc/self/fd/${fd}`, { encoding: 'buffer' }).sort((a, b) => a.compare(b));
    const items: TreeItem[] = [];
    for (const name of names) {
      const item = await scanEntry(scan, fd, name, path);
      if (item) items.push(item);
      if (performance.now() > scan.breatheAt) await pause(scan);
    }
    return items;
  } catch (error) {
    return refusedDirectory(scan, path, error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

async function pause(scan: Scan): Promise<void> {
  await breathe();
  scan.breatheAt = performance.now() + SLICE_MS;
}

function refusedDirectory(scan: Scan, path: string, error: unknown): undefined {
  const code = errorCode(error) ?? '';
  if (['EACCES', 'EPERM'].includes(code)) leaveOut(scan, path, 'cannot be read by this user');
  else if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes(code)) throw error;
}

async function scanEntry(scan: Scan, parent: number, name: Buffer, parentPath: string): Promise<TreeItem | undefined> {
  const path = parentPath === '' ? name.toString('latin1') : `${parentPath}/${name.toString('latin1')}`;
  if (isGitEntry(scan, name, path)) return undefined;
  if (scan.isExcluded(shownPath(path))) return leaveOut(scan, path, 'excluded');
  const place = Buffer.concat([Buffer.from(`/proc/self/fd/${parent}/`), name]);
  const stat = lstatSync(place, { throwIfNoEntry: false });
  if (!stat) return undefined;
  if (stat.isDirectory()) return scanFolder(scan, place, name, path, stat);
  if (stat.isFile()) return scanFile(scan, place, name, path, stat);
  if (stat.isSymbolicLink()) return item(scan, name, path, '120000', readLinkInto(scan.store, place, stat));
  return leaveOut(scan, path, 'neither file, folder nor link');
}

/** Git itself refuses every spelling; the workspace's own is never a surprise and not told. */
function isGitEntry(scan: Scan, name: Buffer, path: string): boolean {
  if (name.toString('latin1').toLowerCase() !== '.git') return false;
  if (path !== '.git') leaveOut(scan, path, 'repository data');
  return true;
}

async function scanFolder(scan: Scan, place: Buffer, name: Buffer, path: string, stat: Stats): Promise<TreeItem | undefined> {
  const items = await scanDirectory(scan, place, path);
  if (!items) return undefined;
  keepMode(scan, path, stat, [0o755]);
  if (items.length > 0) return { mode: '40000', name, id: scan.store.write('tree', treeContent(items)) };
  scan.emptyDirectories.push(path);
  return undefined;
}

async function scanFile(scan: Scan, place: Buffer, name: Buffer, path: string, stat: Stats): Promise<TreeItem | undefined> {
  if (stat.size > scan.maxFileBytes) return leaveOut(scan, path, `${stat.size} bytes, more than ${scan.maxFileBytes}`);
  const mode = (stat.mode & 0o100) === 0 ? '100644' : '100755';
  const known = scan.cache.find(path, stat);
  const read: EntryRead = known === undefined ? await readFileInto(scan.store, place) : { kind: 'read', id: known, stat, size: stat.size };
  if (read.kind === 'read') {
    if (known === undefined) scan.cache.keep(path, read.stat, read.id);
    keepMode(scan, path, stat, [0o644, 0o755]);
  }
  return item(scan, name, path, mode, read);
}

function item(scan: Scan, name: Buffer, path: string, mode: string, read: EntryRead): TreeItem | undefined {
  switch (read.kind) {
    case 'vanished':
      return undefined;
    case 'notCovered':
      return leaveOut(scan, path, read.reason);
    case 'read':
      scan.files += 1;
      scan.bytes += read.size;
      return { mode, name, id: read.id };
  }
}

function keepMode(scan: Scan, path: string, stat: Stats, ordinary: number[]): void {
  const mode = stat.mode & 0o7777;
  if (!ordinary.includes(mode)) scan.modes.push({ path, mode });
}

function leaveOut(scan: Scan, path: string, reason: string): undefined {
  scan.notCovered.push(`${shownPath(path)}: ${reason}`);
}
