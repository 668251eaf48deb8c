/** A worktree of the user's repository on a branch of its own, without its files: those come from a checkpoint. */
import { chmod, readdir, realpath, rm, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import type { AddedWorktree, AddWorktree } from '../../domain/host-files.ts';
import { errorCode, HostError } from '../host-error.ts';
import { linkFolders } from './link-folders.ts';
import { headOf, removal, tipOf, worktreeAt } from './repository.ts';
import { userGit, type UserGit } from './user-git.ts';

/**
 * `root`: real path of the workspace. May be repeated, also after it was killed: what is registered there with this branch is taken,
 * what was left half made is made anew. Nothing of the branch or index that the user works with changes.
 */
export async function addWorktree(root: string, p: AddWorktree, searchPath: string): Promise<AddedWorktree> {
  const git: UserGit = { folder: root, searchPath };
  const head = await headOf(git);
  const path = await placeFor(root, p.path);
  await register(git, path, p.branch, head);
  await chmod(path, (await stat(root)).mode & 0o7777);
  await fillIndex({ folder: path, searchPath });
  const linked = await linkFolders(root, path, p);
  return { path, commit: (await tipOf(git, p.branch)) ?? head, linked };
}

/** Beside the workspace or elsewhere, never inside it or around it. */
async function placeFor(root: string, path: string): Promise<string> {
  if (!isAbsolute(path)) throw new HostError('bad_input', `the worktree's path must be absolute, got ${JSON.stringify(path)}`);
  const parent = await realpath(dirname(path)).catch(() => {
    throw new HostError('workspace_missing', `there is no folder ${dirname(path)} on this host to put a worktree in: make it, or name another as isolation.folder`);
  });
  const real = join(parent, basename(path));
  if (isWithin(root, real) || isWithin(real, root)) throw new HostError('bad_input', `the worktree ${real} and the workspace ${root} must not lie in each other`);
  return real;
}

const isWithin = (outer: string, inner: string): boolean => !relative(outer, inner).startsWith('..');

async function register(git: UserGit, path: string, branch: string, head: string): Promise<void> {
  const names = await entriesOf(path);
  const known = await worktreeAt(git, path);
  if (known?.branch === branch && names?.includes('.git')) return;
  if (known && known.branch !== branch && names !== null) throw new HostError('bad_input', `${path} is a worktree of ${known.branch ?? 'no branch'} already`);
  if (known) await userGit(git, removal(path));
  else await clearHalf(path, names);
  const tip = await tipOf(git, branch);
  await userGit(git, ['worktree', 'add', '--no-checkout', ...(tip === null ? ['-b', branch, path, head] : [path, branch])]).catch((error: unknown) => {
    if (names !== null || !/ermission denied|ead-only/.test(String(error))) throw error;
    throw new HostError('workspace_not_writable', `a worktree cannot be made at ${path}: ${String(error)}. Name a folder this user may write in as isolation.folder`);
  });
}

/** Null when there is nothing. */
async function entriesOf(path: string): Promise<string[] | null> {
  try {
    return await readdir(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** What was killed before it was registered has no more than git's own file. */
async function clearHalf(path: string, names: string[] | null): Promise<void> {
  if (names === null) return;
  if (names.some((name) => name !== '.git')) throw new HostError('bad_input', `${path} is in the way of a worktree and is no worktree: move it`);
  await rm(path, { recursive: true, force: true });
}

/** As if everything had been checked out. A lock is of an attempt that was killed: nobody works there yet. */
async function fillIndex(git: UserGit): Promise<void> {
  const gitDir = await userGit(git, ['rev-parse', '--absolute-git-dir']);
  await rm(join(gitDir, 'index.lock'), { force: true });
  await userGit(git, ['read-tree', 'HEAD']);
}
