/** How changes of a workspace will be noticed, found out before anybody watches it. */
import { readdir, readFile, realpath } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { WatchOutlook } from '../../domain/host-api.ts';
import { leftOut } from '../snapshot/coverage.ts';
import { modeText, watchModeOf } from './file-system.ts';

/** Where the kernel tells of its mounts and of its limits of watches: the smallest one counts. */
export interface KernelFiles {
  mountinfo: string;
  limits: readonly string[];
}

const KERNEL: KernelFiles = { mountinfo: '/proc/self/mountinfo', limits: ['/proc/sys/fs/inotify/max_user_watches', '/proc/sys/user/max_inotify_watches'] };

/** Counting folders is given up after this long. */
const MOST_MS = 2000;

/** Of a folder that is there; `exclude`: globs of what is not watched. */
export async function watchOutlook(workspace: string, exclude: readonly string[], kernel = KERNEL): Promise<WatchOutlook> {
  const root = await realpath(workspace);
  const mode = watchModeOf(await readFile(kernel.mountinfo, 'utf8'), root);
  const limit = mode.kind === 'inotify' ? await smallest(kernel.limits) : Infinity;
  const needed = limit === Infinity ? null : await foldersUpTo(limit + 1, root, leftOut(exclude));
  return { mode: modeText(mode), watches: needed === null ? null : { limit, needed } };
}

/** Infinity where no file tells. */
async function smallest(files: readonly string[]): Promise<number> {
  const numbers = await Promise.all(files.map(async (file) => Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10)));
  return Math.min(...numbers.filter(Number.isInteger));
}

/** One watch is for one folder. Null when counting takes too long. */
async function foldersUpTo(most: number, root: string, isExcluded: (path: string) => boolean): Promise<number | null> {
  const giveUpAt = performance.now() + MOST_MS;
  const left = [root];
  let count = 0;
  for (let folder = left.pop(); folder !== undefined && count < most; folder = left.pop()) {
    if (performance.now() > giveUpAt) return null;
    count += 1;
    // A folder that may not be read is not watched below.
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && entry.name !== '.git' && !isExcluded(relative(root, path))) left.push(path);
    }
  }
  return count;
}
