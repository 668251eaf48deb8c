/**
 * One run from start to exit, in a process of its own session. Its working directory is the run directory; the socket it listens
 * on there is the proof that it lives. What it does before `started` exists may be repeated; after that nobody starts this run again.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createOnce, replaceFile } from '../durable.ts';
import { errorText } from '../host-error.ts';
import { bootId, identityOf } from '../proc.ts';
import { readCommand, type StartedFile } from '../run/run-files.ts';
import type { RunExit } from '../../domain/host-api.ts';
import { carryRun } from './carry-run.ts';
import { listenForControl, type Control } from './control-server.ts';

const EXIT_RETRY_MS = 1000;

/** Exit code of the process: 0 also when another supervisor was first. */
export async function supervise(dir: string): Promise<number> {
  process.chdir(dir);
  // Of a session of our own nobody should send these; a terminal that ends must not end the run.
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGPIPE'] as const) process.on(signal, () => undefined);
  const { environment } = JSON.parse(readFileSync(0, 'utf8')) as { environment: Record<string, string> };
  const command = await readCommand('.');
  if (!command) throw new Error(`no command in ${dir}`);
  const control = await listenForControl(`s.${process.pid}`);
  if (!(await claimStart(command.key, control))) {
    await control.finish([]);
    return 0;
  }
  const { exit, killed } = await carryRun(dir, command, environment, control.cancelled);
  await writeExit(exit);
  await control.finish(killed);
  return 0;
}

/** The socket listens before this: a run that has started is never taken for lost. */
async function claimStart(key: string, control: Control): Promise<boolean> {
  const supervisor = identityOf(process.pid);
  if (!supervisor) throw new Error('/proc does not show this process');
  const started: StartedFile = { key, supervisor, bootId: bootId(), startedAt: new Date().toISOString(), socket: control.name };
  return createOnce('started', JSON.stringify(started));
}

/** A full disk must not turn an exit into a loss: the run stays `running` until there is room to say how it ended. */
async function writeExit(exit: RunExit): Promise<void> {
  for (;;) {
    try {
      return await replaceFile('exit', JSON.stringify(exit));
    } catch (error) {
      process.stderr.write(`exit cannot be written yet: ${errorText(error)}\n`);
      await sleep(EXIT_RETRY_MS);
    }
  }
}
