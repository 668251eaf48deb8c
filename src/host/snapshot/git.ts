/**
 * Runs git on a shadow repository and on nothing else: its own GIT_DIR and working directory, no configuration or attributes of
 * the user, the system or the workspace, no hooks.
 */
import { spawn } from 'node:child_process';
import { errorCode, HostError } from '../host-error.ts';

export interface ShadowGit {
  dir: string;
  /** Where git is looked for. */
  searchPath: string;
}

const OPTIONS = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false', '-c', 'gc.auto=0', '-c', 'core.quotePath=false'];

function gitEnvironment({ dir, searchPath }: ShadowGit): Record<string, string> {
  return {
    PATH: searchPath,
    HOME: dir,
    GIT_DIR: dir,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_LITERAL_PATHSPECS: '1',
    LC_ALL: 'C',
  };
}

export interface GitResult {
  code: number | null;
  stdout: Buffer;
  stderr: string;
  /** Output was cut at `mostBytes`. */
  cut: boolean;
}

/** Runs one git command to its end, or until it has written `mostBytes`. `git_missing` when there is no git. */
export function runGit(shadow: ShadowGit, args: string[], { input = '', mostBytes = Infinity, cwd = shadow.dir } = {}): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', [...OPTIONS, ...args], { cwd, env: gitEnvironment(shadow) });
    const chunks: Buffer[] = [];
    let size = 0;
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > mostBytes) child.kill('SIGKILL');
    });
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin.on('error', () => undefined); // it ended first: its exit says why
    child.stdin.end(input);
    child.on('error', (error) => reject(errorCode(error) === 'ENOENT' ? new HostError('git_missing', 'git was not found on this host') : error));
    child.on('close', (code) => resolve({ code, stdout: Buffer.concat(chunks), stderr, cut: size > mostBytes }));
  });
}

/** Standard output of a command that must succeed. */
export async function git(shadow: ShadowGit, args: string[], input = ''): Promise<Buffer> {
  const { code, stdout, stderr } = await runGit(shadow, args, { input });
  if (code !== 0) throw new HostError('internal', `git ${args[0]} failed (${code}): ${stderr.trim()}`);
  return stdout;
}
