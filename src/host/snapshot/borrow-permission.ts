/** Reads what its owner has locked for himself: the permission is added for that long and then taken back. */
import { chmodSync, closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs';

/** A descriptor of the entry itself, which needs no permission on it; Node has no name for this flag of Linux. */
const O_PATH = 0x200000;

/** Descriptor of the entry at `place`, whatever its permissions, never of what a link points to. The caller closes it. */
export const openEntry = (place: string | Buffer): number => openSync(place, O_PATH | constants.O_NOFOLLOW);

/** Changes the permissions of an entry opened by `openEntry`; a link has none. */
export const changeMode = (entry: number, mode: number): void => chmodSync(`/proc/self/fd/${entry}`, mode);

/**
 * Adds `bits` where this user owns the entry and lacks them; answers what takes them back, undefined when nothing was done. A file with
 * other names is left: one of them may lie outside.
 */
export function borrowPermission(place: string | Buffer, stat: Stats, bits: number): (() => void) | undefined {
  const user = process.getuid?.();
  if (user === 0 || stat.uid !== user || (stat.mode & bits) === bits || (!stat.isDirectory() && stat.nlink > 1)) return undefined;
  const entry = openEntry(place);
  const isSame = fstatSync(entry).ino === stat.ino;
  if (isSame) changeMode(entry, (stat.mode & 0o7777) | bits);
  return () => {
    if (isSame) changeMode(entry, stat.mode & 0o7777);
    closeSync(entry);
  };
}
