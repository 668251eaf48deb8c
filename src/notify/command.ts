/** A program of the operator's: the delivery as JSON on its standard input; exit code 0 confirms. */
import { spawn } from 'node:child_process';
import type { Transport } from './transport.ts';

export interface CommandOptions {
  /** Program and arguments; no shell. */
  command: readonly [string, ...string[]];
  /** All that it is given of the worker's environment. */
  env: Readonly<Record<string, string>>;
  /** Text for its standard input in place of JSON. */
  input?: 'json' | 'text';
}

const TIMEOUT_MS = 30_000;
const MAX_SAID = 300;

/** The program and all it has started are ended after half a minute. */
export const createCommand = ({ command: [program, ...args], env, input = 'json' }: CommandOptions): Transport => ({
  async send(delivery, signal) {
    const stdin = input === 'json' ? `${JSON.stringify(delivery)}\n` : delivery.text;
    const { code, said } = await run(program, args, env, stdin, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]));
    signal.throwIfAborted();
    if (code !== 0) throw new Error(`the command ${program} ended with ${code ?? `no code: it took longer than ${TIMEOUT_MS / 1000} s, or was killed`}${said && `: ${said}`}`);
  },
});

function run(program: string, args: string[], env: CommandOptions['env'], stdin: string, signal: AbortSignal): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, detached: true, stdio: ['pipe', 'ignore', 'pipe'] });
    const end = (): void => endGroup(child.pid);
    signal.addEventListener('abort', end, { once: true });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-MAX_SAID)));
    child.stdin.on('error', () => undefined); // it need not read its input
    child.stdin.end(stdin);
    child.on('error', (error) => reject(new Error(`the command ${program} cannot be started: ${(error as NodeJS.ErrnoException).code ?? error.message}`)));
    child.on('close', (code) => {
      signal.removeEventListener('abort', end);
      resolve({ code, said: said.trim() });
    });
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
