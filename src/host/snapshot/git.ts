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

/** Words and options with which git is started for a shadow repository. */
export const gitCommand = (shadow: ShadowGit, args: string[], cwd = shadow.dir): { args: string[]; options: { cwd: string; env: Record<string, string> } } =>
  ({ args: [...OPTIONS, ...args], options: { cwd, env: gitEnvironment(shadow) } });

export interface GitResult {
  code: number | null;
  stdout: Buffer;
  stderr: string;
  /** Output was cut at `mostBytes`. */
  cut: boolean;
}

export interface GitCall {
  input?: string | Buffer;
  mostBytes?: number;
  cwd?: string;
  /** Takes the output, which is not kept then. */
  onOutput?: (chunk: Buffer) => void;
  onStart?: (pid: number) => void;
}

/** Runs one git command to its end, or until it has written `mostBytes`. `git_missing` when there is no git. */
export function runGit(shadow: ShadowGit, args: string[], { input = '', mostBytes = Infinity, cwd = shadow.dir, onOutput, onStart = (): void => undefined }: GitCall = {}): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const command = gitCommand(shadow, args, cwd);
    const child = spawn('git', command.args, command.options);
    if (child.pid !== undefined) onStart(child.pid);
    const chunks: Buffer[] = [];
    let size = 0;
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (onOutput) return onOutput(chunk);
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
  if (code !== 0) throw gitFailure(args[0] ?? '', { code, stderr });
  return stdout;
}

/** What git says of an object that is there and cannot be read, or is not there. */
const DAMAGE = /corrupt|unable to (?:read|unpack)|inflate|is empty|bad (?:object|tree)|missing|could not read/;

export const WAY_OUT = '`holdpoint checkpoints verify` tells what is damaged in the store';

export const tellsOfDamage = (stderr: string): boolean => DAMAGE.test(stderr);

/** Of a command that has failed; names the way out where stored objects are the reason. */
export function gitFailure(command: string, { code, stderr }: Pick<GitResult, 'code' | 'stderr'>): HostError {
  const text = `git ${command} failed (${code}): ${stderr.trim()}`;
  return new HostError('internal', tellsOfDamage(stderr) ? `${text}\n${WAY_OUT}` : text);
}
