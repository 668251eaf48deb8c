/**
 * Git on the user's own repository, for the few commands that register a worktree there. What a repository can make git run is shut
 * out: hooks, the file system monitor, background maintenance; no command used here checks files out, so no filter runs either.
 */
import { spawn } from 'node:child_process';
import { errorCode, HostError } from '../host-error.ts';

export interface UserGit {
  /** Top folder of the repository, or of one of its worktrees. */
  folder: string;
  /** Where git is looked for. */
  searchPath: string;
}

const OPTIONS = [
  '-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false', '-c', 'core.untrackedCache=false', '-c', 'gc.auto=0', '-c', 'maintenance.auto=false',
  '-c', 'submodule.recurse=false', '-c', 'core.quotePath=false',
];

// Without the user's own and the system's configuration; a promised object that is not there is not fetched.
const environment = (searchPath: string): Record<string, string> => ({
  PATH: searchPath, HOME: '/dev/null', LC_ALL: 'C', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_ATTR_NOSYSTEM: '1',
  GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', GIT_NO_LAZY_FETCH: '1',
});

export interface UserGitResult {
  code: number | null;
  out: string;
  err: string;
}

/** Runs one command to its end. `git_missing` when there is no git. */
export function tryUserGit({ folder, searchPath }: UserGit, args: string[]): Promise<UserGitResult> {
  return new Promise((resolve, reject) => {
    const words = [...OPTIONS, '-c', `safe.directory=${folder}`, '-C', folder, ...args];
    const child = spawn('git', words, { cwd: '/', env: environment(searchPath), stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('error', (error) => reject(errorCode(error) === 'ENOENT' ? new HostError('git_missing', 'git was not found on this host') : error));
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

/** Standard output of a command that must succeed, without the last line break. */
export async function userGit(git: UserGit, args: string[]): Promise<string> {
  const { code, out, err } = await tryUserGit(git, args);
  if (code !== 0) throw new HostError('internal', `git ${args[0]} failed in ${git.folder} (${code}): ${err.trim()}`);
  return out.replace(/\n$/, '');
}
