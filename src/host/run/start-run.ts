/**
 * Starts runs, at most once for a key, whoever asks and however often. The process belongs to a supervisor of its own session,
 * so it outlives this program. A run that was started before, in whatever state, is only reported.
 */
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
import { WaitingSupervisor, type SupervisorProcess } from './supervisor-process.ts';

const START_DEADLINE_MS = 30_000;
// The run that has just started comes first.
const REPLACE_AFTER_MS = 1_000;

export class Starter {
  readonly #settings: HostSettings;
  readonly #supervisors: WaitingSupervisor;
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(settings: HostSettings) {
    this.#settings = settings;
    this.#supervisors = new WaitingSupervisor(settings);
  }

  /** A run will be started soon. */
  warmUp(): void {
    this.#supervisors.warmUp();
  }

  /**
   * State of the run once it has started. May be repeated; the first spec given for a key is the one that counts. `beforeLaunch`
   * may still refuse it, when all about it is written and nothing runs.
   */
  async start(p: StartRun, beforeLaunch: () => Promise<void>): Promise<RunState> {
    checkSpec(p);
    const dir = runDirectory(this.#settings.stateDir, p.key);
    // One at a time for a key: a second supervisor would only find out that it is not needed.
    const before = this.#underWay.get(p.key) ?? Promise.resolve();
    const own = before.then(() => this.#startUnlessStarted(dir, p, beforeLaunch));
    const settled = own.then(() => undefined, () => undefined);
    this.#underWay.set(p.key, settled);
    try {
      return await own;
    } finally {
      if (this.#underWay.get(p.key) === settled) this.#underWay.delete(p.key);
    }
  }

  close(): void {
    this.#supervisors.dismiss();
  }

  async #startUnlessStarted(dir: string, p: StartRun, beforeLaunch: () => Promise<void>): Promise<RunState> {
    const before = await stateOf(dir);
    if (before.kind !== 'none' && before.kind !== 'new') return before;
    const { env } = this.#settings;
    await deliveredEnvironment(p.spec, p.secrets, env); // a missing secret is told before anything is written
    const command = await firstCommand(dir, { key: p.key, spec: p.spec });
    const environment = await deliveredEnvironment(command.spec, p.secrets, env);
    await beforeLaunch();
    const supervisor = await this.#supervisors.take();
    supervisor.assign({ dir, environment });
    setTimeout(() => this.#supervisors.warmUp(), REPLACE_AFTER_MS).unref();
    return untilStarted(dir, supervisor);
  }
}

async function firstCommand(dir: string, own: CommandFile): Promise<CommandFile> {
  await privateDirectory(dir);
  await createOnce(join(dir, 'cmd'), JSON.stringify(own));
  const command = await readCommand(dir);
  if (command?.key !== own.key) throw new HostError('internal', `${dir} belongs to another run`);
  return command;
}

async function untilStarted(dir: string, supervisor: SupervisorProcess): Promise<RunState> {
  const bell = new Bell();
  let failure: string | null = null;
  supervisor.onEnd((why) => {
    failure = why;
    bell.ring();
  });
  const look = async (): Promise<RunState | undefined> => {
    const state = await stateOf(dir);
    if (state.kind === 'none' || state.kind === 'new') return failure === null ? undefined : notStarted(supervisor, failure);
    return state.kind === 'running' && !state.process ? undefined : state;
  };
  return (await lookUntil(dir, look, { waitMs: START_DEADLINE_MS, bell })) ?? stateOf(dir);
}

async function notStarted(supervisor: SupervisorProcess, failure: string): Promise<never> {
  throw new HostError('internal', `the run's supervisor did not start: ${failure}\n${await supervisor.lastWords()}`.trimEnd());
}
