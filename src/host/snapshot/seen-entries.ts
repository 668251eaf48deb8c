/** What a scan saw of single entries: whoever replaces one makes sure first that it is still the same. */
import type { Stats } from 'node:fs';
import { KIND, seenAt, type FolderRecord, type SeenEntry } from './folder-record.ts';

/** By byte path; undefined where nothing was. */
export type SeenEntries = (path: string) => SeenEntry | undefined;

export function seenEntries(top: FolderRecord): SeenEntries {
  const positions = new Map<FolderRecord, Map<string, number>>();
  const positionOf = (record: FolderRecord, name: string): number | undefined => {
    const known = positions.get(record) ?? new Map(record.names.map((one, at) => [one, at]));
    positions.set(record, known);
    return known.get(name);
  };
  return (path) => {
    const names = path.split('/');
    const last = names.pop() ?? '';
    let folder: FolderRecord | undefined = top;
    for (const name of names) {
      const at: number | undefined = folder && positionOf(folder, name);
      folder = at === undefined ? undefined : folder?.below.get(at);
    }
    const at = folder && positionOf(folder, last);
    return folder && at !== undefined && folder.kinds[at] !== KIND.gone ? seenAt(folder, at) : undefined;
  };
}

/**
 * Whether replacing what is there now loses nothing that the scan has not seen. Neither the inode nor its time
 * count: file systems over a network renumber inodes, and another name of the same file that goes, or a permission lent for reading, changes the time.
 */
export function isAsSeen(seen: SeenEntry | undefined, now: Stats | undefined): boolean {
  if (now === undefined) return true;
  return seen !== undefined && !now.isDirectory() && seen.size === now.size && seen.mtimeMs === now.mtimeMs;
}
