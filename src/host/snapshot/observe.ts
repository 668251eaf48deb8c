/** What is at a path now, read in full and hashed as git does; nothing here knows what a snapshot remembers. */
import { createHash } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import { lstat, open, readlink, type FileHandle } from 'node:fs/promises';
import { errorCode } from '../host-error.ts';

export interface Seen {
  /** `mode id`; null where nothing is that a tree could hold. */
  content: string | null;
  bytes: number;
  /** Another one: it changed in between. */
  stat: string;
}

const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const CHUNK = 1024 * 1024;
const NOTHING: Seen = { content: null, bytes: 0, stat: 'nothing' };
/** It went, became something else, or may not be read: a snapshot leaves it out as well. */
const LEFT_OUT = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'EINVAL', 'ESTALE', 'EACCES', 'EPERM']);

export async function observe(path: Buffer, maxFileBytes: number): Promise<Seen> {
  try {
    const stat = await lstat(path, { bigint: true });
    if (stat.isSymbolicLink()) return { content: `120000 ${idOf(await readlink(path, 'buffer'))}`, bytes: 0, stat: signature(stat) };
    if (!stat.isFile() || stat.size > BigInt(maxFileBytes)) return { ...NOTHING, stat: signature(stat) };
    return await observeFile(path);
  } catch (error) {
    if (LEFT_OUT.has(errorCode(error) ?? '')) return NOTHING;
    throw error;
  }
}

async function observeFile(path: Buffer): Promise<Seen> {
  const file = await open(path, FLAGS);
  try {
    const stat = await file.stat({ bigint: true });
    if (!stat.isFile()) return { ...NOTHING, stat: signature(stat) };
    const mode = (stat.mode & 0o100n) === 0n ? '100644' : '100755';
    return { content: `${mode} ${await hashOf(file, Number(stat.size))}`, bytes: Number(stat.size), stat: signature(stat) };
  } finally {
    await file.close();
  }
}

/** Of one that has grown beyond `size` no hash is right, however far it is read. */
async function hashOf(file: FileHandle, size: number): Promise<string> {
  const hash = createHash('sha1').update(`blob ${size}\0`);
  const buffer = Buffer.allocUnsafe(Math.min(size + 1, CHUNK));
  for (let total = 0, read = 1; read > 0 && total <= size; total += read) {
    read = (await file.read(buffer)).bytesRead;
    hash.update(buffer.subarray(0, read));
  }
  return hash.digest('hex');
}

const idOf = (content: Buffer): string => createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');

const signature = ({ dev, ino, mode, size, mtimeNs, ctimeNs }: BigIntStats): string => [dev, ino, mode, size, mtimeNs, ctimeNs].join(' ');
