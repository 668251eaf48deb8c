/**
 * One run from start to exit, in a process of its own session. Its working directory is the run directory; the socket it listens
 * on there is the proof that it lives. What it does before `started` exists may be repeated; after that nobody starts this run again.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync, rmSync } from 'node:fs';
import { createOnce } from '../durable.ts';
import { bootId, identityOf } from '../proc.ts';
import { readCommand, readStarted, type StartedFile } from '../run/run-files.ts';
import type { Assignment } from '../run/supervisor-process.ts';
import { carryRun } from './carry-run.ts';
import { collectFiles } from './collect.ts';
import { listenForControl, type Control } from './control-server.ts';
import { reserveExit, type ExitFile } from './exit-file.ts';
import { dropScope, makeRunScope, recordScope, type RunScope } from './run-scope.ts';

/**
 * Waits until it is told its run on standard input. Exit code of the process: 0 also when another supervisor was first, or when
 * whoever started it has ended without a word.
 */
export async function supervise(): Promise<number> {
  // Its log is on the disk that the run may have filled: what cannot be said must not end the run's only witness.
  process.stderr.on('error', () => undefined);
  // Of a session of our own nobody should send these; a terminal that ends must not end the run.
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGPIPE'] as const) process.on(signal, () => undefined);
  const scope = makeRunScope();
  const words = readFileSync(0, 'utf8');
  if (words === '') {
    dropScope(scope);
    rmSync(readlinkSync('/proc/self/fd/2'), { force: true }); // the log of a run that never was
    return 0;
  }
  const { dir, environment } = JSON.parse(words) as Assignment;
  process.chdir(dir);
  process.title = `holdpoint supervise ${dir}`; // for people, in place of the command line
  return carryIfFirst(dir, environment, scope);
}

async function carryIfFirst(dir: string, environment: Record<string, string>, scope: RunScope): Promise<number> {
  const command = await readCommand('.');
  if (!command) throw new Error(`no command in ${dir}`);
  const exitFile = await reserveExit();
  // Named like no other, ever: a later supervisor with our pid must not pass for us.
  const control = await listenForControl(`s.${process.pid}.${randomBytes(4).toString('hex')}`);
  if (!(await claimStart(command.key, control))) {
    await withdraw(exitFile, control, scope);
    return 0;
  }
  const { exit, killed } = await carryRun(dir, command, environment, { scope: recordScope(scope), control });
  if (exit.reason === 'exited') await collectFiles(command.spec, (await readStarted('.'))?.startedAt);
  await exitFile.complete(exit);
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

async function withdraw(exitFile: ExitFile, control: Control, scope: RunScope): Promise<void> {
  dropScope(scope);
  await exitFile.discard();
  await control.finish([]);
}
