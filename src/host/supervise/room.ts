/** Whether what a run writes still finds room: a full disk, a limit of the file size, a directory that was removed. */
import { fstatSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { errorCode } from '../host-error.ts';

const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const PROBE_BYTES = 4096;
const PROBE = '.room';

/** Why nothing more can be written into the working directory or one of these streams; undefined while there is room. Costs next to nothing. */
export function outOfRoom(streams: readonly number[], fileSizeLimit: number): string | undefined {
  const stats = streams.map((stream) => fstatSync(stream));
  if (stats.some(({ nlink }) => nlink === 0)) return 'its directory was removed';
  if (stats.some(({ size }) => size >= fileSizeLimit)) return `a file may have ${fileSizeLimit} bytes at most on this host`;
  const { bavail, bfree, bsize } = statfsSync('.');
  const free = process.getuid?.() === 0 ? bfree : bavail;
  return free * bsize < PROBE_BYTES ? 'the disk is full' : undefined;
}

/** The same by trying, which sees a quota too. */
export function cannotWrite(): string | undefined {
  try {
    writeFileSync(PROBE, Buffer.alloc(PROBE_BYTES), { mode: 0o600 });
    return undefined;
  } catch (error) {
    return NO_ROOM.has(errorCode(error) ?? '') ? `the disk is full (${errorCode(error)})` : undefined;
  } finally {
    rmSync(PROBE, { force: true });
  }
}

/** Bytes; infinite where nothing is set. */
export function fileSizeLimit(): number {
  const [, soft = 'unlimited'] = /^Max file size\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}
