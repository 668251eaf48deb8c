/** The CLI as a user calls it: a process, its output and its exit code. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { eventually } from './eventually.ts';

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  /** The whole environment. */
  env: Record<string, string>;
  cwd: string;
  stdin?: string;
}

const CLI = join(import.meta.dirname, '../../src/cli.ts');

export const CLI_COMMAND = [process.execPath, '--disable-warning=ExperimentalWarning', CLI] as const;

/** What Node has compiled of our sources for the tests before; no setting of ours. */
export const COMPILED: Record<string, string> = process.env.NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE };

/** Starts it; the caller ends it. */
export function spawnCli(args: string[], { env, cwd }: Omit<CliOptions, 'stdin'>): ChildProcess {
  const [node, ...before] = CLI_COMMAND;
  return spawn(node, [...before, ...args], { env: { ...COMPILED, ...env }, cwd, stdio: ['pipe', 'pipe', 'pipe'] });
}

/** Runs it to its end. */
export async function runCli(args: string[], { stdin = '', ...options }: CliOptions): Promise<CliResult> {
  const child = spawnCli(args, options);
  child.stdin?.on('error', () => undefined).end(stdin);
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout!), text(child.stderr!), ended]);
  return { code, stdout, stderr };
}

export interface RunningCli {
  /** Everything printed so far. */
  stdout: () => string;
  stderr: () => string;
  /** Waits for text on stdout. */
  printed: (part: string | RegExp, timeoutMs?: number) => Promise<void>;
  /** Sends the signal and waits for the end. */
  end: (signal?: NodeJS.Signals) => Promise<number | null>;
  exited: Promise<number | null>;
}

/** Starts a command that goes on, for `-f`, `--watch`, `up` and Ctrl-C. Always `end` it. */
export function startCli(args: string[], options: Omit<CliOptions, 'stdin'>): RunningCli {
  const child = spawnCli(args, options);
  let out = '';
  let err = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => (out += part));
  child.stderr?.setEncoding('utf8').on('data', (part: string) => (err += part));
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const has = (part: string | RegExp): boolean => (typeof part === 'string' ? out.includes(part) : part.test(out));
  return {
    stdout: () => out,
    stderr: () => err,
    printed: async (part, timeoutMs = 60_000) => void (await eventually(() => has(part), { timeoutMs, what: `${String(part)} in ${args.join(' ')}` })),
    end: (signal = 'SIGINT') => {
      child.kill(signal);
      return exited;
    },
    exited,
  };
}
