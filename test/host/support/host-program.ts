/** The host program as an outside client sees it: a process, JSON-RPC on its stdio, a scratch state directory. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter, type MessageConnection } from 'vscode-jsonrpc/node';
import { buildHost } from '../../../scripts/build-host.mjs';
import type { HostApi, HostMethod, RunSpec } from '../../../src/domain/host-api.ts';
import { COMPILED } from '../../support/cli.ts';

const root = join(import.meta.dirname, '../../..');

export const fixture = (name: string): string => join(root, 'test/fixtures/bin', name);

/** Coverage can only be told of the sources themselves, so the program is run from them when it is measured. */
async function programFile(): Promise<string> {
  if (process.env.HOLDPOINT_COVERAGE_DIR) return join(root, 'src/host/main.ts');
  return (await buildHost({ root, outFile: join(root, 'build/host.mjs') })).outFile;
}

interface ProgramOptions {
  stateDir: string;
  /** Begins the keys of its runs. */
  install: string;
  env?: Record<string, string>;
  /** A command that starts it, such as `prlimit` with its options. */
  through?: string[];
}

export class HostProgram {
  readonly process: ChildProcess;
  readonly #rpc: MessageConnection;
  readonly #install: string;

  private constructor(child: ChildProcess, install: string) {
    if (!child.stdout || !child.stdin) throw new Error('the program has no stdio');
    this.process = child;
    this.#install = install;
    this.#rpc = createMessageConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
    this.#rpc.onError(() => undefined);
    this.#rpc.listen();
  }

  static async start({ stateDir, install, env = {}, through = [] }: ProgramOptions): Promise<HostProgram> {
    const own = { ...COMPILED, PATH: process.env.PATH ?? '', HOME: stateDir, ...env };
    const [command = '', ...args] = [...through, process.execPath, await programFile(), 'serve', '--state', stateDir];
    return new HostProgram(spawn(command, args, { env: own, stdio: ['pipe', 'pipe', 'inherit'] }), install);
  }

  /** A run's key is that of its installation, so that no other test has it. */
  call<M extends HostMethod>(method: M, p: Parameters<HostApi[M]>[0]): ReturnType<HostApi[M]> {
    const asked = 'key' in p ? { ...p, key: `${this.#install}.${p.key}` } : p;
    return this.#rpc.sendRequest(method, asked) as ReturnType<HostApi[M]>;
  }

  /** Kind of the error a call ends with; undefined when it does not. */
  failure<M extends HostMethod>(method: M, p: Parameters<HostApi[M]>[0]): Promise<{ kind: string; message: string } | undefined> {
    return this.call(method, p).then(
      () => undefined,
      (error: Error & { data?: { kind: string } }) => ({ kind: error.data?.kind ?? 'none', message: error.message }),
    );
  }

  async kill(): Promise<void> {
    this.#rpc.dispose();
    this.process.kill('SIGKILL');
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit');
  }

  /** Ends its standard input; resolves with its exit code. */
  async stop(): Promise<number | null> {
    this.#rpc.end();
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.stdin?.end();
      await once(this.process, 'exit');
    }
    this.#rpc.dispose();
    return this.process.exitCode;
  }
}

/** State directory, workspace and programs of one test file, all gone after `close`. */
export class Bench {
  readonly dir: string;
  readonly state: string;
  readonly workspace: string;
  /**
   * That no other test has. Runs are told apart on a whole machine by keys that begin with it, and the end of a run ends whatever
   * carries its key: of two test files that run side by side, one would end the agents of the other.
   */
  readonly #install = `test-${randomBytes(6).toString('hex')}`;
  readonly #programs: HostProgram[] = [];
  readonly #keys = new Set<string>();

  private constructor(dir: string) {
    this.dir = dir;
    this.state = join(dir, 'state');
    this.workspace = join(dir, 'workspace');
  }

  static async open(): Promise<Bench> {
    const bench = new Bench(await realpath(await mkdtemp(join(tmpdir(), 'holdpoint-host-'))));
    await mkdir(bench.workspace);
    return bench;
  }

  program(env: Record<string, string> = {}, through: string[] = []): Promise<HostProgram> {
    return this.#started({ stateDir: this.state, env, through });
  }

  /** One that keeps its state elsewhere. */
  programAt(state: string, through: string[]): Promise<HostProgram> {
    return this.#started({ stateDir: state, through });
  }

  async #started(options: Omit<ProgramOptions, 'install'>): Promise<HostProgram> {
    const program = await HostProgram.start({ ...options, install: this.#install });
    this.#programs.push(program);
    return program;
  }

  get lease(): { workspace: string; holder: string; fence: number } {
    return { workspace: this.workspace, holder: 'test', fence: 1 };
  }

  /** A run of a fixture program under Node. */
  run(key: string, file: string, args: string[] = [], spec: Partial<RunSpec> = {}): Parameters<HostApi['startRun']>[0] {
    this.#keys.add(key);
    return { ...this.lease, key, secrets: {}, spec: { ...plainSpec(this.workspace), args: [fixture(file), ...args], ...spec } };
  }

  /** As the host knows it. */
  wholeKey(key: string): string {
    return `${this.#install}.${key}`;
  }

  /** What everything of a run carries in its environment. */
  marker(key: string): string {
    return `HOLDPOINT_RUN=${this.wholeKey(key)}`;
  }

  /** The run's directory; it must have been asked for. */
  directoryOf(key: string): string {
    const runs = join(this.state, 'runs');
    const found = readdirSync(runs).map((name) => join(runs, name)).find((dir) => readFileSync(join(dir, 'cmd'), 'utf8').startsWith(`{"key":"${this.wholeKey(key)}",`));
    if (!found) throw new Error(`no directory of ${key}`);
    return found;
  }

  /** Pid of the supervisor that has started a key, dead or alive. */
  supervisorOf(key: string): number {
    return (JSON.parse(readFileSync(join(this.directoryOf(key), 'started'), 'utf8')) as { supervisor: { pid: number } }).supervisor.pid;
  }

  /** `beforeRemoval`: when all programs have ended. */
  async close(beforeRemoval: () => void = () => undefined): Promise<void> {
    const last = await this.program();
    for (const key of this.#keys) await last.call('cancelRun', { key, graceMs: 0 });
    // Not killed: coverage is written at the end of a process.
    await Promise.all(this.#programs.map((program) => program.stop()));
    beforeRemoval();
    await rm(this.dir, { recursive: true, force: true });
  }
}

const plainSpec = (cwd: string): RunSpec => ({
  command: process.execPath,
  args: [],
  cwd,
  env: {},
  inherit: ['PATH'],
  stdin: '',
  files: [],
  gate: null,
  limits: { wallMs: 120_000, outBytes: 50_000_000, graceMs: 300 },
});

/** Follows a stream from `offset` to the end of the run. */
export async function follow(program: HostProgram, key: string, offset = 0): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let at = offset; ; ) {
    const chunk = await program.call('readRun', { key, stream: 'out', offset: at, maxBytes: 65_536, waitMs: 10_000 });
    const data = Buffer.from(chunk.data, 'base64');
    chunks.push(data);
    at += data.length;
    if (data.length === 0 && chunk.state.kind !== 'running') return Buffer.concat(chunks);
  }
}

/** Waits for the end of a run and tells how it ended. */
export async function exitOf(program: HostProgram, key: string): Promise<{ code: number | null; reason: string; message: string | null }> {
  await follow(program, key);
  const state = await program.call('runState', { key });
  if (state.kind !== 'exited') throw new Error(`the run is ${state.kind}`);
  return state.exit;
}
