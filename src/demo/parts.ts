/** Brings up what the demo needs: an SSH host, scripted models unless it is live, Postgres, Temporal and a worker. */
import { join } from 'node:path';
import type { StartedProcess } from '../embedded/started.ts';
import { endProcesses } from '../embedded/started.ts';
import { startStack, type Stack, type WorkerCommand } from '../embedded/stack.ts';
import { startDemoServers, type DemoServersReady } from './servers.ts';
import { SSH_ALIAS, writeClientConfig, writeSshFiles, type SshFiles, type SshServer } from './ssh/host.ts';
import { findSshd, startOpenSsh } from './ssh/openssh.ts';
import type { DemoPlaces } from './places.ts';

export interface PartsOptions {
  places: DemoPlaces;
  /** Node and the file of the CLI. */
  self: string[];
  /** PATH of the demo's host and of the scripted models. */
  path: string;
  /** The host's HOME; null: one of the demo's own. Live, it is the user's: there is the login of his agent. */
  home: string | null;
  temporalBinary: string;
  /** False: do as on a machine without one. */
  sshd: boolean;
  /** Path of the agent's program; null: the host's own `claude` (live). */
  claude: string | null;
  worker: WorkerCommand;
  outlive: boolean;
  log: (line: string) => void;
}

export interface DemoParts {
  stack: Stack;
  ssh: { alias: string; software: string; version: string; pid: number; port: number };
  /** Null when the models are the user's own. */
  models: { messagesUrl: string; ollamaUrl: string } | null;
  /** Beside the stack's own, in the order they were started. */
  processes: StartedProcess[];
  /** What other commands need to reach the host. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

/** A credential that is none: the scripted API takes anything. Named by the demo's plan, read by the worker. */
export const DEMO_KEY = { variable: 'DEMO_API_KEY', value: 'no-secret-the-models-are-scripted' };

interface Host {
  ssh: DemoParts['ssh'];
  servers: (DemoServersReady & { process: StartedProcess }) | null;
  processes: StartedProcess[];
  configFile: string;
}

/** What runs on the "host" sees this and nothing of the demo's own environment. */
const hostEnv = (files: SshFiles, { path, home }: PartsOptions): Record<string, string> => ({ PATH: path, HOME: home ?? demoHome(files.dir), LANG: 'C.UTF-8' });

/** Every process on the demo's own host has this HOME. */
export const demoHome = (hostDir: string): string => join(hostDir, 'home');

type Servers = Awaited<ReturnType<typeof startDemoServers>>;

/** The scripted models, and the stand-in where `real` is null. Without them a real sshd is not left behind either. */
async function startServers(options: PartsOptions, files: SshFiles, real: SshServer | null): Promise<Servers | null> {
  const { places, self, path, outlive } = options;
  if (options.claude === null && real) return null;
  const input = { workspace: places.workspace, ssh: real ? null : { files, env: hostEnv(files, options) } };
  try {
    return await startDemoServers({ dir: files.dir, input, self, path, outlive });
  } catch (cause) {
    await real?.close();
    throw cause;
  }
}

async function startHost(options: PartsOptions): Promise<Host> {
  const files = writeSshFiles(options.places.hostDir);
  const sshd = options.sshd ? findSshd(options.path) : undefined;
  const real = sshd ? await startOpenSsh(sshd, files, hostEnv(files, options), options.outlive) : null;
  const started = await startServers(options, files, real);
  const servers = started && { ...started, process: { name: 'scripted models', pid: started.process.pid, start: started.process.start } };
  const own = servers?.ssh && { software: 'ssh2 (no usable sshd is installed)', ...servers.ssh, pid: servers.process.pid };
  const ssh = real ? { software: real.software, version: real.version, pid: real.pid, port: real.port } : own;
  if (!ssh) throw new Error('neither sshd nor the stand-in has started');
  options.log(`SSH host ${SSH_ALIAS}: ${ssh.software} on 127.0.0.1:${ssh.port} (process ${ssh.pid})`);
  const sshProcess = real ? [{ name: 'sshd', pid: real.pid, start: real.start, version: real.version }] : [];
  return { ssh: { alias: SSH_ALIAS, ...ssh }, servers, processes: [...sshProcess, ...(servers ? [servers.process] : [])], configFile: writeClientConfig(files, ssh.port) };
}

/** Starts in order; what had been started is ended again when a later part fails. Cancelled by `signal`. */
export async function startParts(options: PartsOptions, signal: AbortSignal): Promise<DemoParts> {
  const host = await startHost(options);
  const models = options.claude === null || !host.servers ? null : { messagesUrl: host.servers.messagesUrl, ollamaUrl: host.servers.ollamaUrl };
  const env = {
    HOLDPOINT_SSH_CONFIG_FILE: host.configFile,
    ...(models && { HOLDPOINT_CLAUDE_BASE_URL: models.messagesUrl, OLLAMA_HOST: models.ollamaUrl }),
    ...(options.claude !== null && { HOLDPOINT_CLAUDE_COMMAND: options.claude }),
  };
  const worker = { ...options.worker, env: { ...options.worker.env, ...env, ...(models && { [DEMO_KEY.variable]: DEMO_KEY.value }) } };
  try {
    const { temporalBinary, outlive, log } = options;
    const stack = await startStack({ dataDir: options.places.stackDir, temporalBinary, ports: {}, namespace: 'default', worker, outlive, log }, signal);
    const stop = async (): Promise<void> => {
      await stack.stop();
      await endProcesses(host.processes);
    };
    return { stack, ssh: host.ssh, models, processes: host.processes, env, stop };
  } catch (cause) {
    await endProcesses(host.processes);
    throw cause;
  }
}
