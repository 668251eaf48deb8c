/** Takes a worktree away. What was committed there stays: on its branch, or on one that is made for it. */
import { chmod, readdir, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { RemovedWorktree, RemoveWorktree } from '../../domain/host-files.ts';
import { removal, tipOf, worktreeAt } from './repository.ts';
import { tryUserGit, userGit, type UserGit } from './user-git.ts';

/** `root`: real path of the workspace. May be repeated. A branch without a commit of its own goes too. */
export async function removeWorktree(root: string, p: RemoveWorktree, searchPath: string): Promise<RemovedWorktree> {
  const git: UserGit = { folder: root, searchPath };
  const path = join(await realpath(dirname(p.path)).catch(() => dirname(p.path)), basename(p.path));
  const known = await worktreeAt(git, path);
  if (known) {
    await keepDetached({ folder: path, searchPath }, git, p);
    await removeFiles(path);
    await userGit(git, removal(path));
  }
  const tip = await tipOf(git, p.branch);
  if (tip === p.commit) await userGit(git, ['update-ref', '-d', `refs/heads/${p.branch}`, tip]);
  return { branch: tip === null || tip === p.commit ? null : p.branch };
}

/** Commits that no branch holds would be lost with the worktree. */
async function keepDetached(worktree: UserGit, git: UserGit, { branch, commit }: RemoveWorktree): Promise<void> {
  const head = await tryUserGit(worktree, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']);
  const on = await tryUserGit(worktree, ['symbolic-ref', '--quiet', 'HEAD']);
  const at = head.out.trim();
  if (head.code !== 0 || on.code === 0 || at === commit || at === (await tipOf(git, branch))) return;
  await userGit(git, ['update-ref', `refs/heads/${branch}.detached`, at]);
}

async function removeFiles(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch {
    // A folder that may not be written keeps what is in it; its owner may change that.
    await openFolders(path);
    await rm(path, { recursive: true, force: true });
  }
}

async function openFolders(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) if (entry.isDirectory()) await openFolders(join(folder, entry.name));
}
