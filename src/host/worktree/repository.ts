/** What the user's repository says of itself: where it is, what it has checked out, which worktrees it knows. */
import { realpath } from 'node:fs/promises';
import { HostError } from '../host-error.ts';
import { tryUserGit, userGit, type UserGit } from './user-git.ts';

/** The commit that is checked out. `bad_input` when the folder is not the top of a repository, or has no commit yet. */
export async function headOf(git: UserGit): Promise<string> {
  const { code, out } = await tryUserGit(git, ['rev-parse', '--show-toplevel']);
  const top = code === 0 ? await realpath(out.trim()) : null;
  const way = 'work in a worktree of its own needs one: run `git init` and commit, or take isolation out of the plan';
  if (top === null) throw new HostError('bad_input', `workspace ${git.folder} is no git repository: ${way}`);
  if (top !== git.folder) throw new HostError('bad_input', `workspace ${git.folder} lies inside the git repository ${top}: isolation needs its top folder as the workspace`);
  const head = await tryUserGit(git, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']);
  if (head.code !== 0) throw new HostError('bad_input', `the git repository ${git.folder} has no commit yet: ${way}`);
  return head.out.trim();
}

export interface KnownWorktree {
  path: string;
  /** Null: no branch is checked out. */
  branch: string | null;
}

/** Null when no worktree is registered there. */
export async function worktreeAt(git: UserGit, path: string): Promise<KnownWorktree | null> {
  const list = await userGit(git, ['worktree', 'list', '--porcelain', '-z']);
  for (const entry of list.split('\0\0')) {
    const lines = entry.split('\0');
    if (lines.includes(`worktree ${path}`)) return { path, branch: lines.find((line) => line.startsWith(BRANCH))?.slice(BRANCH.length) ?? null };
  }
  return null;
}

const BRANCH = 'branch refs/heads/';

/** Once for what is in it or for submodules, once more for a lock: git's own stays where it was killed while it added the worktree. */
export const removal = (path: string): string[] => ['worktree', 'remove', '--force', '--force', path];

/** Commit of a branch; null when there is none. */
export async function tipOf(git: UserGit, branch: string): Promise<string | null> {
  const { code, out } = await tryUserGit(git, ['rev-parse', '--verify', '--quiet', `refs/heads/${branch}^{commit}`]);
  return code === 0 ? out.trim() : null;
}
