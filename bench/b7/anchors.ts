/** What others do with the same tree: git with a repository of its own, find, restic. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export interface Anchors {
  workspace: string;
  /** For repositories. */
  dir: string;
  path: string;
}

async function succeed({ workspace, path }: Anchors, env: Record<string, string>, command: string, args: string[]): Promise<void> {
  const child = spawn(command, args, { cwd: workspace, env: { PATH: path, HOME: workspace, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`);
}

const environment = (anchors: Anchors, name: string): Record<string, string> =>
  ({ GIT_DIR: join(anchors.dir, name), GIT_WORK_TREE: anchors.workspace, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' });

/** An empty repository outside the tree, set as fast as git goes: no compression, untracked files remembered. */
export async function newGit(anchors: Anchors, name: string): Promise<void> {
  await rm(join(anchors.dir, name), { recursive: true, force: true });
  const env = environment(anchors, name);
  await succeed(anchors, env, 'git', ['init', '-q']);
  await succeed(anchors, env, 'git', ['config', 'core.looseCompression', '0']);
  await succeed(anchors, env, 'git', ['config', 'core.untrackedCache', 'true']);
}

export async function gitSnapshot(anchors: Anchors, name: string): Promise<void> {
  const env = environment(anchors, name);
  await succeed(anchors, env, 'git', ['add', '-A', '-f']);
  await succeed(anchors, env, 'git', ['write-tree']);
}

export const findAll = (anchors: Anchors): Promise<void> => succeed(anchors, {}, 'find', ['.', '-printf', '%s %T@ %C@ %i %p\\n']);

export function hasRestic(path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, 'restic'), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const resticEnvironment = ({ dir }: Anchors): Record<string, string> =>
  ({ RESTIC_REPOSITORY: join(dir, 'restic'), RESTIC_PASSWORD: 'bench', RESTIC_CACHE_DIR: join(dir, 'restic-cache') });

export async function newRestic(anchors: Anchors): Promise<void> {
  await rm(join(anchors.dir, 'restic'), { recursive: true, force: true });
  await mkdir(anchors.dir, { recursive: true });
  await succeed(anchors, resticEnvironment(anchors), 'restic', ['init', '-q']);
}

export const resticBackup = (anchors: Anchors): Promise<void> => succeed(anchors, resticEnvironment(anchors), 'restic', ['backup', '-q', '.']);
