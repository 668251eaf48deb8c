/** Which checkpoints lose their name: by age and count, and never one that is needed. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HostError } from '../host-error.ts';
import { readJson } from '../durable.ts';
import { CHECKPOINT_REFS } from '../snapshot/checkpoint.ts';
import { git, type ShadowGit } from '../snapshot/git.ts';

export interface KeepCheckpoints {
  /** Older ones go. */
  days: number;
  /** So many of a store stay. */
  count: number;
}

export const KEEP_CHECKPOINTS: KeepCheckpoints = { days: 30, count: 1000 };

/** `checkpoints` of `settings.json` in the state folder, over the defaults. `bad_input` for anything else than numbers of 1 or more. */
export async function checkpointSettings(stateDir: string): Promise<KeepCheckpoints> {
  const file = join(stateDir, 'settings.json');
  const { checkpoints = {} } = ((await readJson(file)) ?? {}) as { checkpoints?: Partial<KeepCheckpoints> };
  const keep = { ...KEEP_CHECKPOINTS, ...checkpoints };
  for (const name of ['days', 'count'] as const) {
    if (!Number.isFinite(keep[name]) || keep[name] < 1) throw new HostError('bad_input', `${file}: checkpoints.${name} must be a number, 1 or more`);
  }
  return keep;
}

interface Ref {
  commit: string;
  takenMs: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Younger ones stay whatever their number: others that share the store may be at work with them. */
const YOUNG_MS = 2 * DAY_MS;

/** Commits of the checkpoints that may go. `needed` are trees. */
export async function expiredCheckpoints(shadow: ShadowGit, keep: KeepCheckpoints, needed: ReadonlySet<string>): Promise<string[]> {
  const refs = (await allRefs(shadow)).sort((a, b) => b.takenMs - a.takenMs);
  const now = Date.now();
  const doomed = refs.filter(({ takenMs }, place) => takenMs < now - keep.days * DAY_MS || (place >= keep.count && takenMs < now - YOUNG_MS));
  const trees = await treesOf(shadow, doomed);
  return doomed.filter((_, n) => !needed.has(trees[n] ?? '')).map(({ commit }) => commit);
}

export async function removeRefs({ dir }: ShadowGit, commits: readonly string[]): Promise<void> {
  for (const commit of commits) await rm(join(dir, CHECKPOINT_REFS, commit), { force: true });
}

async function allRefs({ dir }: ShadowGit): Promise<Ref[]> {
  const folder = join(dir, CHECKPOINT_REFS);
  const refs: Ref[] = [];
  for (const commit of (await readdir(folder).catch(() => [])).filter((name) => /^[0-9a-f]{40}$/.test(name))) {
    const { mtimeMs } = await stat(join(folder, commit)).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    refs.push({ commit, takenMs: mtimeMs });
  }
  return refs;
}

async function treesOf(shadow: ShadowGit, refs: readonly Ref[]): Promise<string[]> {
  if (refs.length === 0) return [];
  const answer = await git(shadow, ['cat-file', '--batch-check=%(objectname)'], refs.map(({ commit }) => `${commit}:files\n`).join(''));
  return answer.toString().split('\n');
}
