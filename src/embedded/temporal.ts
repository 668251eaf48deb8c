/**
 * The Temporal dev server with its Web UI that `up`, `demo` and the tests bring along: loopback only, one SQLite file.
 * Not for production: there it is a cluster (docker-compose.yml shows a small one).
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { HoldpointError } from '../domain/failure-kind.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/messages.ts';
import { claimFolder, type FolderClaim } from './folder-claim.ts';
import { assertPortFree, freePort, onFreePorts, portTaken } from './free-port.ts';
import { logTail, startServer, type ServerProcess } from './server-process.ts';

export interface EmbeddedTemporalOptions {
  /** Path of the `temporal` program. */
  binary: string;
  /** Holds everything; kept. A log and a claim lie beside it. */
  dbFile: string;
  /** Default: a free one. */
  port?: number;
  uiPort?: number;
  namespace: string;
  log: (line: string) => void;
  /** Leave the server running when this process ends; the caller records `pid` and `start`. Default false. */
  outlive?: boolean;
  /** Added to the server's otherwise empty environment. */
  env?: Record<string, string>;
}

export interface EmbeddedTemporal {
  address: string;
  uiUrl: string;
  pid: number;
  start: string;
  /** Of the `temporal` program; the server's and the UI's stand in `versions`. */
  version: string;
  versions: { cli: string; server: string; ui: string };
  exited: Promise<void>;
  /** SIGTERM; returns when the process is gone. May be repeated. */
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;

/** The server looks into its queues 20 times a second by default, which puts 50 ms on every step of every workflow. */
const POLL_RATE = 2000;
const POLLERS = ['transfer', 'timer', 'visibility'];

/** How the dev server's flag spells the types of search attributes. */
const ATTRIBUTE_TYPES = { KEYWORD: 'Keyword', KEYWORD_LIST: 'KeywordList', DOUBLE: 'Double' } as const;

/**
 * Starts the server and returns once it serves the namespace with our search attributes. Throws HoldpointError:
 * `port_taken`, `folder_in_use`, `temporal_unreachable`.
 */
export const startTemporal = (options: EmbeddedTemporalOptions): Promise<EmbeddedTemporal> => onFreePorts([options.port, options.uiPort], () => startOnce(options));

async function startOnce(options: EmbeddedTemporalOptions): Promise<EmbeddedTemporal> {
  const dbFile = resolve(options.dbFile);
  const versions = temporalVersions(options.binary);
  mkdirSync(dirname(dbFile), { recursive: true });
  const claim = await claimFolder(`${dbFile}.server.json`, `the Temporal database ${dbFile}`, 'SIGTERM');
  try {
    // After the claim, which waits until a server of ours that is on its way out has left its ports.
    if (options.port !== undefined) await assertPortFree(options.port, 'Temporal');
    if (options.uiPort !== undefined) await assertPortFree(options.uiPort, 'the Temporal Web UI');
    const port = options.port ?? (await freePort());
    const uiPort = options.uiPort ?? (await freePort());
    const server = await launch(options, dbFile, port, uiPort);
    claim.serves(server, options.outlive ?? false);
    await ready(server, { port, uiPort, namespace: options.namespace, logFile: `${dbFile}.log` });
    options.log(`Temporal ${versions.server} serves on 127.0.0.1:${port}, its Web UI on http://127.0.0.1:${uiPort} (process ${server.pid})`);
    return running(server, claim, port, uiPort, versions);
  } catch (cause) {
    claim.drop();
    throw cause;
  }
}

function running(server: ServerProcess, claim: FolderClaim, port: number, uiPort: number, versions: EmbeddedTemporal['versions']): EmbeddedTemporal {
  const { pid, start, exited } = server;
  const stop = async (): Promise<void> => {
    await server.stop();
    claim.drop();
  };
  return { address: `127.0.0.1:${port}`, uiUrl: `http://127.0.0.1:${uiPort}`, pid, start, version: versions.cli, versions, exited, stop };
}

/** What `temporal --version` says. Throws HoldpointError `temporal_unreachable` when it is no `temporal` program. */
export function temporalVersions(binary: string): EmbeddedTemporal['versions'] {
  try {
    const said = execFileSync(binary, ['--version'], { encoding: 'utf8', env: {}, stdio: ['ignore', 'pipe', 'ignore'] });
    const found = /version (\S+) \(Server (\S+), UI (\S+)\)/.exec(said);
    if (found?.[1] && found[2] && found[3]) return { cli: found[1], server: found[2], ui: found[3] };
    throw new Error(`it said: ${said.trim()}`);
  } catch (cause) {
    throw new HoldpointError('temporal_unreachable', `${binary} is not a usable temporal program`, { hint: 'set TEMPORAL_BIN to one', cause });
  }
}

function launch(options: EmbeddedTemporalOptions, dbFile: string, port: number, uiPort: number): Promise<ServerProcess> {
  const attributes = Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => ['--search-attribute', `${name}=${ATTRIBUTE_TYPES[type]}`]);
  const pollRates = POLLERS.flatMap((queue) => ['--dynamic-config-value', `history.${queue}ProcessorMaxPollRPS=${POLL_RATE}`]);
  const where = ['--ip', '127.0.0.1', '--port', String(port), '--ui-ip', '127.0.0.1', '--ui-port', String(uiPort), '--db-filename', dbFile];
  return startServer({
    name: 'Temporal', file: options.binary, cwd: dirname(dbFile), logFile: `${dbFile}.log`, stopSignal: 'SIGTERM', outlive: options.outlive ?? false,
    // HOME elsewhere: the program would read the user's own profile file, which may name another server.
    env: { HOME: dirname(dbFile), TZ: 'UTC', ...options.env },
    args: ['server', 'start-dev', ...where, '--namespace', options.namespace, '--log-level', 'warn', ...attributes, ...pollRates],
  });
}

interface Awaited {
  port: number;
  uiPort: number;
  namespace: string;
  logFile: string;
}

async function ready(server: ServerProcess, awaited: Awaited): Promise<void> {
  let ended = false;
  void server.exited.then(() => (ended = true));
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await serves(awaited))) {
    if (ended) throw failedToServe(awaited, logTail(awaited.logFile));
    if (Date.now() > deadline) {
      await server.stop(0);
      throw failedToServe(awaited, 'it took too long');
    }
    await delay(50);
  }
}

async function serves({ port, namespace }: Awaited): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address: `127.0.0.1:${port}`, connectTimeout: '1s' });
    const known = await connection.operatorService.listSearchAttributes({ namespace });
    return Object.keys(SEARCH_ATTRIBUTES).every((name) => known.customAttributes?.[name] !== undefined);
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}

function failedToServe({ port, uiPort }: Awaited, said: string): HoldpointError {
  if (new RegExp(`:${uiPort}: bind: address already in use`).test(said)) return portTaken(uiPort, 'the Temporal Web UI');
  if (/address already in use/.test(said)) return portTaken(port, 'Temporal');
  return new HoldpointError('temporal_unreachable', `the embedded Temporal server did not come up: ${said}`);
}
