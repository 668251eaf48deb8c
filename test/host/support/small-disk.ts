/** A small file system of one's own, which only root may mount. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function mountSmallDisk(dir: string, bytes: number): boolean {
  mkdirSync(dir, { recursive: true });
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=700`, 'tmpfs', dir]).status === 0;
}

export const unmount = (dir: string): void => void spawnSync('umount', ['-l', dir]);

export function canMount(): boolean {
  const dir = mkdtempSync(join(tmpdir(), 'holdpoint-mount-'));
  const mounted = mountSmallDisk(dir, 65_536);
  if (mounted) unmount(dir);
  rmSync(dir, { recursive: true });
  return mounted;
}

export const hasPrlimit = (): boolean => spawnSync('prlimit', ['--version']).status === 0;
