/** `holdpoint worker`: a worker alone, for production. Its own process, so that its signals and its log are its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Command } from 'commander';
import { define, type Call, type Frame } from '../command.ts';

async function worker({ session, io }: Call): Promise<number> {
  const [file = '', ...args] = session.install.worker;
  const child = spawn(file, args, { stdio: 'inherit', env: session.env, cwd: io.cwd });
  io.signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

export function addWorker(program: Command, frame: Frame): void {
  define(frame, program.command('worker').description('a worker alone (production); ends on SIGTERM without stopping running turns'), worker, { endsItself: true, isService: true });
}
