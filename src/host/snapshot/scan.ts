/**
 * Scans a workspace into a tree. Nested repositories are stored like any folder, but for entries named `.git`. What a tree cannot hold
 * is told beside it.
 */
import { blankRecord, specialOf, type FolderRecord, type Special } from './folder-record.ts';
import { scanFolder, SLICE_MS, type ScanOptions } from './folder-walk.ts';
import { trustedDevice } from './folder-names.ts';
import type { ObjectStore } from './object-store.ts';

/** A file whose inode changed within the last two seconds may change once more within the same tick of the clock. */
const SETTLED_MS = 2000;

export interface Known {
  record: FolderRecord | undefined;
  /** The last scan left out the same. */
  sameOptions: boolean;
}

/**
 * Scans `workspace` into `store`, which is not flushed. Answers `known.record` itself when nothing has changed. Fails only on faults of
 * the machine, never on what somebody does to the files meanwhile.
 */
export async function scanWorkspace(workspace: string, store: ObjectStore, { record: known, sameOptions }: Known, options: ScanOptions): Promise<FolderRecord> {
  const root = Buffer.from(workspace).toString('latin1');
  const scan = { ...options, root, store, sameOptions, device: trustedDevice(root), settledBefore: Date.now() - SETTLED_MS, breatheAt: performance.now() + SLICE_MS };
  const record = await scanFolder(scan, '', known);
  return typeof record === 'object' ? record : blankRecord([]);
}

/** Id of a whole workspace's tree: even the empty one has to be there. */
export function writeTop({ tree }: FolderRecord, store: ObjectStore): string {
  return tree === '' ? store.write('tree', Buffer.alloc(0)) : tree;
}

/** A whole tree and what it cannot hold. Paths are byte paths. */
export interface Scanned extends Special {
  tree: string;
  files: number;
  bytes: number;
}

export const scannedOf = (record: FolderRecord, tree: string): Scanned => ({ tree, files: record.files, bytes: record.bytes, ...specialOf(record) });
