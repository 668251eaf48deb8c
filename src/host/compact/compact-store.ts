/**
 * Makes a store small again: what is named goes into one compressed pack, what nothing names any more goes. Whatever is killed in the
 * middle leaves a store in which everything named is there: a pack is complete before anything it holds is taken away elsewhere, and
 * nothing is taken away but within a sweep, which snapshots notice.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { HostError } from '../host-error.ts';
import { runGit, type ShadowGit } from '../snapshot/git.ts';
import { sweeping, sweepsBegun } from '../snapshot/sweeps.ts';
import { expiredCheckpoints, removeRefs, type KeepCheckpoints } from './expire-checkpoints.ts';
import { onlyOne } from './only-one.ts';

export interface Compacting {
  git: ShadowGit;
  keep: KeepCheckpoints;
  /** Trees that stay whatever their age; null: nothing is known of who needs what, and every checkpoint stays. */
  needed: readonly string[] | null;
}

/** Trees between two checkpoints have no name of their own: they stay for so long. */
const UNNAMED_DAYS = 7;
/** Fewer are not worth the work. */
const MANY_LOOSE = 2000;
const MANY_PACKS = 20;
/** Left by who was killed while he wrote. */
const ABANDONED_MS = 24 * 60 * 60 * 1000;

const PACKING = ['-c', 'core.bigFileThreshold=16m', '-c', 'pack.threads=1', '-c', 'pack.windowMemory=64m', '-c', 'repack.writeBitmaps=false'];

/** False when another process compacts this store. May be repeated, and killed. */
export function compactStore({ git: shadow, keep, needed }: Compacting): Promise<boolean> {
  return onlyOne(shadow.dir, async () => {
    await sweepsBegun(shadow.dir); // a killed one may have left a helper
    await removeAbandoned(shadow);
    const expired = needed === null ? [] : await expiredCheckpoints(shadow, keep, new Set(needed));
    if (expired.length > 0) await sweeping(shadow.dir, () => removeRefs(shadow, expired));
    if (expired.length === 0 && !(await isUntidy(shadow))) return;
    const pack = await packNamed(shadow);
    await sweeping(shadow.dir, (helper) => removeUnnamed(shadow, pack, helper));
  });
}

/** The pack that now holds all that has a name; null when nothing has. */
async function packNamed(shadow: ShadowGit): Promise<string | null> {
  const args = [...PACKING, 'pack-objects', '--quiet', '--all', '--revs', '--non-empty', '--delta-base-offset', join('objects', 'pack', 'pack')];
  const sum = await succeed(shadow, args, atLowPriority);
  return sum === '' ? null : `pack-${sum}.pack`;
}

const atLowPriority = (pid: number): void => {
  try {
    setPriority(pid, 10);
  } catch {
    // It has ended, or may not be asked to wait: then it runs as we do.
  }
};

/** What was named since the pack was made is packed too; the rest is loose again while it is young, and gone when it is not. */
async function removeUnnamed(shadow: ShadowGit, pack: string | null, onStart: (pid: number) => void): Promise<void> {
  const age = `${UNNAMED_DAYS}.days.ago`;
  const kept = pack === null ? [] : [`--keep-pack=${pack}`];
  await succeed(shadow, [...PACKING, 'repack', '-A', '-d', '-l', '-q', ...kept, `--unpack-unreachable=${age}`], onStart);
  await succeed(shadow, ['prune', `--expire=${age}`], onStart);
}

async function succeed(shadow: ShadowGit, args: string[], onStart: (pid: number) => void): Promise<string> {
  const { code, stdout, stderr } = await runGit(shadow, args, { onStart });
  if (code !== 0) throw new HostError('internal', `git ${args.join(' ')} failed (${code}): ${stderr.trim()}`);
  return stdout.toString().trim();
}

async function isUntidy({ dir }: ShadowGit): Promise<boolean> {
  const packs = (await namesIn(join(dir, 'objects', 'pack'))).filter((name) => name.endsWith('.pack'));
  if (packs.length > MANY_PACKS) return true;
  // Objects spread evenly: one of their 256 folders tells of all.
  return (await namesIn(join(dir, 'objects', '17'))).length * 256 > MANY_LOOSE;
}

async function removeAbandoned({ dir }: ShadowGit): Promise<void> {
  for (const folder of [join(dir, 'objects'), join(dir, 'objects', 'pack')]) {
    for (const name of (await namesIn(folder)).filter((one) => /^\.?tmp[_-]/.test(one))) {
      const { mtimeMs } = await stat(join(folder, name)).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
      if (mtimeMs < Date.now() - ABANDONED_MS) await rm(join(folder, name), { force: true, recursive: true });
    }
  }
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
