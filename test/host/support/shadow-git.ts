/** Git itself as an independent reader: of a shadow repository, and of a workspace. */
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from './host-program.ts';

/** The repository of the bench's only shadow. */
export function shadowRepository({ state }: Pick<Bench, 'state'>): string {
  const [hash = ''] = readdirSync(join(state, 'shadow'));
  return join(state, 'shadow', hash, 'repository');
}

export const shadowGit = (bench: Pick<Bench, 'state'>, ...args: string[]): Buffer =>
  execFileSync('git', ['-C', shadowRepository(bench), ...args], { maxBuffer: 1e9, stdio: ['ignore', 'pipe', 'pipe'] });

/** The tree as git makes it, with an index and a store of its own, which rewrite nothing. */
export function treeByGit({ dir, workspace }: Pick<Bench, 'dir' | 'workspace'>): string {
  const store = join(dir, 'other.git');
  rmSync(store, { recursive: true, force: true });
  const env = { PATH: process.env.PATH, HOME: dir, GIT_DIR: store, GIT_WORK_TREE: workspace };
  const git = (...args: string[]): string => execFileSync('git', args, { env, cwd: workspace, stdio: ['ignore', 'pipe', 'pipe'] }).toString().trim();
  git('init', '-q');
  git('add', '-A', '-f');
  return git('write-tree');
}
