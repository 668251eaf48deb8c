/** Reads one file or link of a workspace into the store. What vanishes or changes its kind meanwhile is no error: the next scan sees it. */
import { closeSync, constants, fstatSync, openSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { errorCode } from '../host-error.ts';
import type { ObjectStore } from './object-store.ts';

export type EntryRead =
  | { kind: 'read'; id: string; stat: Stats; size: number }
  | { kind: 'vanished' }
  | { kind: 'notCovered'; reason: string };

const WHOLE_READ_BYTES = 8 * 1024 * 1024;
// A link that took the file's place is not followed, a pipe does not block.
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const GONE = new Set(['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO', 'ESTALE']);

export async function readFileInto(store: ObjectStore, path: Buffer): Promise<EntryRead> {
  let fd: number | undefined;
  try {
    fd = openSync(path, FLAGS);
    const stat = fstatSync(fd);
    if (!stat.isFile()) return { kind: 'vanished' };
    return stat.size > WHOLE_READ_BYTES ? await readLarge(store, fd, stat) : readSmall(store, fd, stat);
  } catch (error) {
    return refused(error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function readSmall(store: ObjectStore, fd: number, stat: Stats): EntryRead {
  const content = readFileSync(fd);
  return { kind: 'read', id: store.write('blob', content), stat, size: content.length };
}

async function readLarge(store: ObjectStore, fd: number, stat: Stats): Promise<EntryRead> {
  const id = await store.writeLarge(fd, stat.size);
  return id === undefined ? { kind: 'notCovered', reason: 'became shorter while it was read' } : { kind: 'read', id, stat, size: stat.size };
}

export function readLinkInto(store: ObjectStore, path: Buffer, stat: Stats): EntryRead {
  try {
    const target = readlinkSync(path, 'buffer');
    return { kind: 'read', id: store.write('blob', target), stat, size: target.length };
  } catch (error) {
    return refused(error);
  }
}

/** Any other error, such as a full disk, is a fault of the snapshot. */
function refused(error: unknown): EntryRead {
  const code = errorCode(error) ?? '';
  if (GONE.has(code) || code === 'EINVAL') return { kind: 'vanished' };
  if (code === 'EACCES' || code === 'EPERM') return { kind: 'notCovered', reason: 'cannot be read by this user' };
  throw error;
}
