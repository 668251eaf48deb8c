/** Reads one file or link of a workspace into the store. What vanishes or changes its kind meanwhile is no error: the next scan sees it. */
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync, type Stats } from 'node:fs';
import { errorCode } from '../host-error.ts';
import type { ObjectStore } from './object-store.ts';

export type EntryRead =
  | { kind: 'read'; id: string; stat: Stats }
  | { kind: 'vanished' }
  | { kind: 'notCovered'; stat: Stats; reason: string };

const WHOLE_READ_BYTES = 8 * 1024 * 1024;
// A link that took the file's place is not followed, a pipe does not block.
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const GONE = new Set(['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO', 'ESTALE']);

/** `seen`: what it looked like before it was opened. Large files take a while, and give a promise. */
export function readFileInto(store: ObjectStore, place: string | Buffer, seen: Stats): EntryRead | Promise<EntryRead> {
  let fd: number | undefined;
  try {
    fd = openSync(place, FLAGS);
    const stat = fstatSync(fd);
    if (!stat.isFile()) return { kind: 'vanished' };
    if (stat.size <= WHOLE_READ_BYTES) return { kind: 'read', id: store.write('blob', readWhole(fd, stat.size)), stat };
    const large = readLarge(store, fd, stat);
    fd = undefined; // closed when it is read
    return large;
  } catch (error) {
    return refused(error, seen);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

let scratch = Buffer.allocUnsafe(64 * 1024);

/** Holds until the next call. What has been added since its size was seen is left to the next scan. */
function readWhole(fd: number, size: number): Buffer {
  if (scratch.length < size) scratch = Buffer.allocUnsafe(size);
  let read = 0;
  while (read < size) {
    const more = readSync(fd, scratch, read, size - read, null);
    if (more === 0) break;
    read += more;
  }
  return scratch.subarray(0, read);
}

async function readLarge(store: ObjectStore, fd: number, stat: Stats): Promise<EntryRead> {
  try {
    const id = await store.writeLarge(fd, stat.size);
    return id === undefined ? { kind: 'notCovered', stat, reason: 'became shorter while it was read' } : { kind: 'read', id, stat };
  } catch (error) {
    return refused(error, stat);
  } finally {
    closeSync(fd);
  }
}

export function readLinkInto(store: ObjectStore, place: string | Buffer, stat: Stats): EntryRead {
  try {
    return { kind: 'read', id: store.write('blob', readlinkSync(place, 'buffer')), stat };
  } catch (error) {
    return refused(error, stat);
  }
}

/** Any other error, such as a full disk, is a fault of the snapshot. */
function refused(error: unknown, stat: Stats): EntryRead {
  const code = errorCode(error) ?? '';
  if (GONE.has(code) || code === 'EINVAL') return { kind: 'vanished' };
  if (code === 'EACCES' || code === 'EPERM') return { kind: 'notCovered', stat, reason: 'cannot be read by this user' };
  throw error;
}
