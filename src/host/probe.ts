/** What is there to work with: programs and their versions, the workspace, room on its disk. Finds no fault: that is `doctor`'s part. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { AgentQuestion, ProbeRequest, ProbeResult, ProgramProbe } from '../domain/host-api.ts';
import { watchOutlook } from './watch/outlook.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const ANSWER_TIMEOUT_MS = 15_000;
const ANSWER_BYTES = 64 * 1024;

export async function probe(env: Environment, p: ProbeRequest): Promise<ProbeResult> {
  const [git, agent, workspace] = await Promise.all([
    probeProgram('git', env),
    p.agentCommand ? probeProgram(p.agentCommand, env) : { path: null, version: null },
    probeWorkspace(p.workspace),
  ]);
  const answer = p.ask && { answer: agent.path && await ask(agent.path, p.ask, env) || null };
  const watch = p.watch && p.workspace !== null && workspace.exists && { watch: await watchOutlook(p.workspace, p.watch.exclude) };
  return { git, agent, node: { path: process.execPath, version: process.version }, workspace, ...answer, ...watch };
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

interface Answer {
  /** Null when it was ended by a signal: ours, because it hung, or another's. */
  code: number | null;
  out: string;
}

/** Standard output of a short program, from a neutral directory. */
function run(path: string, args: string[], env: Environment): Promise<Answer> {
  return new Promise((resolve) => {
    const options = { cwd: '/', env, timeout: ANSWER_TIMEOUT_MS, killSignal: 'SIGKILL' as const, maxBuffer: ANSWER_BYTES };
    const child = execFile(path, args, options, (_error, out) => resolve({ code: child.exitCode, out }));
    child.stdin?.on('error', () => undefined).end();
  });
}

/** First line of `--version`; null when it fails or hangs. */
async function versionOf(path: string, env: Environment): Promise<string | null> {
  const { code, out } = await run(path, ['--version'], env);
  return code === 0 ? (out.trim().split('\n')[0] ?? null) : null;
}

async function ask(path: string, question: AgentQuestion, env: Environment): Promise<Answer | null> {
  const inherited = Object.fromEntries(question.inherit.map((name) => [name, env[name]]));
  const answer = await run(path, question.args, { ...inherited, ...question.env });
  return answer.code === null ? null : answer;
}

async function probeWorkspace(path: string | null): Promise<ProbeResult['workspace']> {
  const found = path === null ? undefined : await stat(path).catch(() => undefined);
  if (path === null || !found?.isDirectory()) return { exists: false, writable: false, freeBytes: null };
  const writable = await access(path, constants.W_OK | constants.X_OK).then(() => true, () => false);
  const { bavail, bsize } = await statfs(path);
  return { exists: true, writable, freeBytes: bavail * bsize };
}
