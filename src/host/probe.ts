/** What is there to work with: programs and their versions, the workspace, room on its disk. Finds no fault: that is `doctor`'s part. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { ProbeResult, ProgramProbe } from '../domain/host-api.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const VERSION_TIMEOUT_MS = 15_000;

export async function probe(env: Environment, p: { workspace: string | null; agentCommand: string | null }): Promise<ProbeResult> {
  const [git, agent, workspace] = await Promise.all([
    probeProgram('git', env),
    p.agentCommand ? probeProgram(p.agentCommand, env) : { path: null, version: null },
    probeWorkspace(p.workspace),
  ]);
  return { git, agent, node: { path: process.execPath, version: process.version }, workspace };
}

async function probeProgram(command: string, env: Environment): Promise<ProgramProbe> {
  const path = await findProgram(command, env['PATH'] ?? '');
  return { path, version: path && (await versionOf(path, env)) };
}

/** Absolute path of a program; null when there is none that may be executed. */
export async function findProgram(command: string, searchPath: string): Promise<string | null> {
  const candidates = isAbsolute(command) ? [command] : searchPath.split(':').filter(isAbsolute).map((dir) => join(dir, command));
  for (const candidate of candidates) if (await isExecutable(candidate)) return candidate;
  return null;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** First line of `--version`, from a neutral directory; null when it fails or hangs. */
function versionOf(path: string, env: Environment): Promise<string | null> {
  return new Promise((resolve) => {
    const options = { cwd: '/', env, timeout: VERSION_TIMEOUT_MS, killSignal: 'SIGKILL' as const };
    const child = execFile(path, ['--version'], options, (error, stdout) => resolve(error ? null : (stdout.trim().split('\n')[0] ?? null)));
    child.stdin?.end();
  });
}

async function probeWorkspace(path: string | null): Promise<ProbeResult['workspace']> {
  const found = path === null ? undefined : await stat(path).catch(() => undefined);
  if (path === null || !found?.isDirectory()) return { exists: false, writable: false, freeBytes: null };
  const writable = await access(path, constants.W_OK | constants.X_OK).then(() => true, () => false);
  const { bavail, bsize } = await statfs(path);
  return { exists: true, writable, freeBytes: bavail * bsize };
}
