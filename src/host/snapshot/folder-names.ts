/**
 * The names in a folder. They are listed again only when something was done to the folder: where the file system keeps the time of that,
 * a name that comes or goes changes it. Git's cache of untracked files goes by the same.
 */
import { lstatSync, readdirSync, statfsSync, type Stats } from 'node:fs';
import { systemPath } from './path-text.ts';

/** A folder as it was just before its names were listed. */
export interface Listed {
  ctimeMs: number;
  ino: number;
  dev: number;
}

export interface Listing {
  names: string[];
  /** Null: it may change once more within the same tick of the clock, or its times tell nothing. */
  listed: Listed | null;
}

/** Of statfs(2), local ones alone: ext2 to ext4, XFS, Btrfs, tmpfs, ZFS, F2FS. */
const KEEP_TIMES = new Set([0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x2fc12fc1, 0xf2f52010]);

export const QUIETLY = { throwIfNoEntry: false } as const;

/** Device whose folders tell by their times when they were changed; null: none. Another one below it may be of another kind. */
export function trustedDevice(root: string): number | null {
  const place = systemPath(root);
  try {
    return KEEP_TIMES.has(statfsSync(place).type) ? lstatSync(place).dev : null;
  } catch {
    return null; // it is gone, as the scan will find
  }
}

/** `place`: byte path. Throws what the system says of a folder that cannot be listed. */
export function listNames(place: string, known: Listing | undefined, { device, settledBefore }: { device: number | null; settledBefore: number }): Listing {
  const path = systemPath(place);
  // Before the names: what is done after it changes the time.
  const stat = device === null ? undefined : lstatSync(path, QUIETLY);
  if (known && stat && isAsListed(known.listed, stat)) return known;
  const isTelling = stat !== undefined && stat.dev === device && stat.ctimeMs < settledBefore;
  return { names: readdirSync(path, 'latin1'), listed: isTelling ? { ctimeMs: stat.ctimeMs, ino: stat.ino, dev: stat.dev } : null };
}

const isAsListed = (listed: Listed | null, { ctimeMs, ino, dev }: Stats): boolean => listed?.ctimeMs === ctimeMs && listed.ino === ino && listed.dev === dev;
