/** What checkpoints leave out is not in a worktree; what the plan names of it leads to the workspace's own. */
import { mkdir, readdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import picomatch from 'picomatch';
import type { AddWorktree } from '../../domain/host-files.ts';
import { errorCode } from '../host-error.ts';
import { scanOptions } from '../snapshot/checkpoint.ts';

/** Links everything that matches `link` and that checkpoints leave out, where nothing is. Answers the paths; may be repeated. */
export async function linkFolders(root: string, path: string, { link, exclude }: Pick<AddWorktree, 'link' | 'exclude'>): Promise<string[]> {
  if (link.length === 0) return [];
  const { isExcluded } = scanOptions({ exclude, maxFileBytes: 0 });
  const isWanted = picomatch(link.map((glob) => glob.replace(/\/+$/, '')), { dot: true, nonegate: true });
  const found = await leftOut(root, '', isExcluded);
  const linked = found.filter((one) => isWanted(one));
  for (const one of linked) await linkOne(join(root, one), join(path, one));
  return linked;
}

/** Topmost paths that checkpoints leave out. */
async function leftOut(root: string, below: string, isExcluded: (path: string) => boolean): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.name === '.git') continue;
    if (isExcluded(path)) found.push(path);
    else if (entry.isDirectory()) found.push(...(await leftOut(root, path, isExcluded)));
  }
  return found;
}

async function linkOne(target: string, place: string): Promise<void> {
  await mkdir(dirname(place), { recursive: true });
  try {
    await symlink(target, place);
  } catch (error) {
    // The link of before, or what an agent has put in its place.
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}
