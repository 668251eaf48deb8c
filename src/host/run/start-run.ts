/**
 * Starts a run, at most once for its key, whoever asks and however often. The process belongs to a supervisor of its own session,
 * so it outlives this program. A run that was started before, in whatever state, is only reported.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunState, StartRun } from '../../domain/host-api.ts';
import { Bell, lookUntil } from '../bell.ts';
import { createOnce, privateDirectory } from '../durable.ts';
import { HostError } from '../host-error.ts';
import type { HostSettings } from '../settings.ts';
import { checkSpec } from './check-spec.ts';
import { readCommand, runDirectory, type CommandFile } from './run-files.ts';
import { stateOf } from './run-state.ts';
import { deliveredEnvironment } from './secrets.ts';

const START_DEADLINE_MS = 30_000;

/** State of the run once it has started. May be repeated; the first spec given for a key is the one that counts. */
export async function startRun(settings: HostSettings, p: StartRun): Promise<RunState> {
  checkSpec(p);
  const dir = runDirectory(settings.stateDir, p.key);
  const before = await stateOf(dir);
  if (before.kind !== 'none' && before.kind !== 'new') return before;
  await deliveredEnvironment(p.spec, p.secrets, settings.env); // a missing secret is told before anything is written
  const command = await firstCommand(dir, { key: p.key, spec: p.spec });
  const environment = await deliveredEnvironment(command.spec, p.secrets, settings.env);
  const supervisor = await launchSupervisor(settings, dir, environment);
  return untilStarted(dir, supervisor);
}

async function firstCommand(dir: string, own: CommandFile): Promise<CommandFile> {
  await privateDirectory(dir);
  await createOnce(join(dir, 'cmd'), JSON.stringify(own));
  const command = await readCommand(dir);
  if (command?.key !== own.key) throw new HostError('internal', `${dir} belongs to another run`);
  return command;
}

/** The supervisor's own environment stays empty: what runs as the same user can read it. */
async function launchSupervisor(settings: HostSettings, dir: string, environment: Record<string, string>): Promise<ChildProcess> {
  const log = await open(join(dir, 'supervisor.log'), 'a', 0o600);
  try {
    const [executable, ...args] = settings.program;
    const supervisor = spawn(executable, [...args, 'supervise', dir], {
      cwd: dir,
      detached: true,
      env: {},
      stdio: ['pipe', 'ignore', log.fd],
    });
    supervisor.stdin?.on('error', () => undefined); // it died: its exit says so
    supervisor.stdin?.end(JSON.stringify({ environment }));
    supervisor.unref();
    return supervisor;
  } finally {
    await log.close();
  }
}

async function untilStarted(dir: string, supervisor: ChildProcess): Promise<RunState> {
  const bell = new Bell();
  let failure: string | undefined;
  supervisor.on('error', (error) => {
    failure = error.message;
    bell.ring();
  });
  supervisor.on('exit', (code, signal) => {
    if (code !== 0) failure = `it ended with ${signal ?? code}`;
    bell.ring();
  });
  const look = async (): Promise<RunState | undefined> => {
    const state = await stateOf(dir);
    if (state.kind === 'none' || state.kind === 'new') return failure === undefined ? undefined : notStarted(dir, failure);
    return state.kind === 'running' && !state.process ? undefined : state;
  };
  return (await lookUntil(dir, look, { waitMs: START_DEADLINE_MS, bell })) ?? stateOf(dir);
}

async function notStarted(dir: string, failure: string): Promise<never> {
  const log = await readFile(join(dir, 'supervisor.log'), 'utf8').catch(() => '');
  throw new HostError('internal', `the run's supervisor did not start: ${failure}\n${log.slice(-2000)}`.trimEnd());
}
