/**
 * The processes that carry runs. One is started before it is needed and waits: a start of Node takes longer than all the rest of a
 * start. Each is told its run on standard input, once; one that is told nothing ends with this program.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, renameSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { privateDirectory } from '../durable.ts';
import type { HostSettings } from '../settings.ts';

/** What a supervisor is told. */
export interface Assignment {
  dir: string;
  environment: Record<string, string>;
}

// Of the length of a run's directory: the command line of a process cannot grow, and later names its run.
const UNASSIGNED = '0'.repeat(20);

export class SupervisorProcess {
  readonly #child: ChildProcess;
  #log: string;

  private constructor(child: ChildProcess, log: string) {
    this.#child = child;
    this.#log = log;
    child.stdin?.on('error', () => undefined); // it died: its exit says so
    child.unref();
  }

  /** Its own environment stays empty: what runs as the same user can read it. */
  static async launch({ program, stateDir }: HostSettings): Promise<SupervisorProcess> {
    const place = join(await privateDirectory(join(stateDir, 'runs')), UNASSIGNED);
    const log = join(await privateDirectory(join(stateDir, 'waiting')), `${randomBytes(6).toString('hex')}.log`);
    const stderr = openSync(log, 'ax', 0o600);
    try {
      const [executable, ...args] = program;
      const child = spawn(executable, [...args, 'supervise', place], { cwd: '/', detached: true, env: {}, stdio: ['pipe', 'ignore', stderr] });
      return new SupervisorProcess(child, log);
    } finally {
      closeSync(stderr);
    }
  }

  get isWaiting(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined;
  }

  /** Its log is the run's from now on. */
  assign(assignment: Assignment): void {
    const log = join(assignment.dir, 'supervisor.log');
    renameSync(this.#log, log);
    this.#log = log;
    this.#child.stdin?.end(JSON.stringify(assignment));
  }

  /** Tells it that there is nothing to do. */
  dismiss(): void {
    rmSync(this.#log, { force: true });
    this.#child.stdin?.end();
  }

  /** Calls with why when it has ended by itself in any way; null: in order. */
  onEnd(listener: (failure: string | null) => void): void {
    this.#child.on('error', (error) => listener(error.message));
    this.#child.on('exit', (code, signal) => listener(code === 0 ? null : `it ended with ${signal ?? code}`));
  }

  lastWords(): Promise<string> {
    return readFile(this.#log, 'utf8').then((text) => text.slice(-2000), () => '');
  }
}

// Long enough for the reviews between two turns; a project that waits for a person needs none.
const IDLE_MS = 10 * 60_000;

/** At most one that waits. */
export class WaitingSupervisor {
  readonly #settings: HostSettings;
  #waiting: Promise<SupervisorProcess> | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(settings: HostSettings) {
    this.#settings = settings;
  }

  /** Has one waiting, for some minutes from now. */
  warmUp(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.dismiss(), IDLE_MS).unref();
    this.#waiting ??= SupervisorProcess.launch(this.#settings);
    this.#waiting.catch(() => (this.#waiting = undefined)); // whoever needs one will be told
  }

  /** The one that waits, or a new one. */
  async take(): Promise<SupervisorProcess> {
    const waiting = await this.#waiting;
    this.#waiting = undefined;
    return waiting?.isWaiting ? waiting : SupervisorProcess.launch(this.#settings);
  }

  dismiss(): void {
    clearTimeout(this.#idle);
    void this.#waiting?.then((one) => one.dismiss(), () => undefined);
    this.#waiting = undefined;
  }
}
