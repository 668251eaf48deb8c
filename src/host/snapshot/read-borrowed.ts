/** Reads what its owner has locked for himself; its permissions are as before afterwards. */
import type { Stats } from 'node:fs';
import { errorCode } from '../host-error.ts';
import { borrowPermission } from './borrow-permission.ts';
import type { ObjectStore } from './object-store.ts';
import { readFileInto, type EntryRead } from './read-entry.ts';

export const READ = 0o400;
/** To list a folder and to reach what is in it. */
export const ENTER = 0o500;

/** `stat`: as it is without the permission that is borrowed, which is also how it is recorded. */
export async function readBorrowed(store: ObjectStore, place: string | Buffer, stat: Stats): Promise<EntryRead> {
  const giveBack = tryBorrow(place, stat, READ);
  try {
    const read = await readFileInto(store, place, stat);
    if (read.kind === 'read') read.stat.mode = stat.mode;
    return read;
  } finally {
    giveBack?.();
  }
}

/** Somebody may take the entry away between two looks: then there is nothing to borrow. */
export function tryBorrow(place: string | Buffer, stat: Stats, bits: number): (() => void) | undefined {
  try {
    return borrowPermission(place, stat, bits);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EPERM'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}
