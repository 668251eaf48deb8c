/**
 * The Postgres that `up`, `demo` and the tests bring along. Loopback only, no Unix socket, fsync on, data kept. The folder
 * holds `cluster/` (PGDATA), `password` (0600), `postgres.log` and `server.json` (who serves it).
 */
import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { HoldpointError } from '../domain/failure-kind.ts';
import { claimFolder, type FolderClaim } from './folder-claim.ts';
import { assertPortFree, freePort, onFreePorts, portTaken } from './free-port.ts';
import { DATABASE, openCluster, SUPERUSER, type Cluster } from './postgres-cluster.ts';
import { postgresBinaries, postgresUser, type PostgresBinaries, type RunAs } from './postgres-binaries.ts';
import { logTail, startServer, type ServerProcess } from './server-process.ts';

export interface EmbeddedPostgresOptions {
  dataDir: string;
  /** Default: a free one. */
  port?: number;
  log: (line: string) => void;
  /** Leave the server running when this process ends; the caller records `pid` and `start`. Default false. */
  outlive?: boolean;
  /** Added to the server's otherwise empty environment. */
  env?: Record<string, string>;
}

export interface EmbeddedPostgres {
  url: string;
  port: number;
  pid: number;
  start: string;
  version: string;
  /** Settles when the server has ended, for whatever reason. */
  exited: Promise<void>;
  /** Fast shutdown; returns when the process is gone. May be repeated. */
  stop(): Promise<void>;
}

/** How long recovery after a crash may take before we give up. */
const READY_TIMEOUT_MS = 60_000;

/**
 * Starts Postgres on the folder, making it the first time. Throws HoldpointError: `port_taken`, `folder_in_use`,
 * `database_unreachable`. Not to be called twice at once on one folder: the second is refused.
 */
export const startPostgres = (options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> => onFreePorts([options.port], () => startOnce(options));

async function startOnce(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  const programs = postgresBinaries();
  const as = prepareFolder(dataDir, programs);
  const claim = await claimFolder(join(dataDir, 'server.json'), `the database folder ${dataDir}`, 'SIGINT');
  try {
    // After the claim, which waits until a server of ours that is on its way out has left the port.
    if (options.port !== undefined) await assertPortFree(options.port, 'Postgres');
    const cluster = await openCluster(dataDir, programs, as);
    removeStaleLock(cluster.data);
    const port = options.port ?? (await freePort());
    const server = await launch(options, { dataDir, cluster, port, programs, as });
    claim.serves(server, options.outlive ?? false);
    await ready(server, cluster.data, port, join(dataDir, 'postgres.log'));
    options.log(`Postgres ${programs.version} serves on 127.0.0.1:${port} (process ${server.pid})`);
    return running({ server, port, claim, version: programs.version, password: cluster.password });
  } catch (cause) {
    claim.drop();
    throw cause;
  }
}

interface Running {
  server: ServerProcess;
  port: number;
  claim: FolderClaim;
  version: string;
  password: string;
}

function running({ server, port, claim, version, password }: Running): EmbeddedPostgres {
  const { pid, start, exited } = server;
  const stop = async (): Promise<void> => {
    await server.stop();
    claim.drop();
  };
  return { url: `postgresql://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${DATABASE}`, port, pid, start, version, exited, stop };
}

function prepareFolder(dataDir: string, programs: PostgresBinaries): RunAs {
  mkdirSync(dataDir, { recursive: true });
  // The server's user must pass through; what is secret in here has a mode of its own.
  if (process.getuid?.() === 0) chmodSync(dataDir, 0o711);
  return postgresUser([dataDir, dirname(programs.postgres)]);
}

interface Launch {
  dataDir: string;
  cluster: Cluster;
  port: number;
  programs: PostgresBinaries;
  as: RunAs;
}

function launch(options: EmbeddedPostgresOptions, { dataDir, cluster, port, programs, as }: Launch): Promise<ServerProcess> {
  const settings = { listen_addresses: '127.0.0.1', port, unix_socket_directories: '', max_connections: 200, timezone: 'UTC', log_timezone: 'UTC' };
  const flags = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const [file = programs.postgres, ...args] = [...as.prefix, programs.postgres, '-D', cluster.data, ...flags];
  return startServer({
    name: 'Postgres', file, args, cwd: '/', env: { LC_ALL: 'C', TZ: 'UTC', ...options.env }, logFile: join(dataDir, 'postgres.log'),
    stopSignal: 'SIGINT', outlive: options.outlive ?? false, uid: as.uid, gid: as.gid,
  });
}

async function ready(server: ServerProcess, data: string, port: number, logFile: string): Promise<void> {
  let ended = false;
  void server.exited.then(() => (ended = true));
  const deadline = Date.now() + READY_TIMEOUT_MS;
  // The server writes its own state into line 8 of its lock file: what pg_ctl waits for as well.
  while (lockFile(data)?.[7]?.trim() !== 'ready' || lockFile(data)?.[0] !== String(server.pid)) {
    if (ended) throw failedToServe(port, logTail(logFile));
    if (Date.now() > deadline) {
      await server.stop(0);
      throw failedToServe(port, 'it took too long');
    }
    await delay(20);
  }
}

function failedToServe(port: number, said: string): HoldpointError {
  if (/Address already in use/.test(said)) return portTaken(port, 'Postgres');
  if (/lock file .* already exists|shared memory block .* is still in use/.test(said)) return new HoldpointError('folder_in_use', `the database folder is in use: ${said}`);
  return new HoldpointError('database_unreachable', `the embedded Postgres ended at once: ${said}`);
}

const lockFile = (data: string): string[] | undefined => {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
};

/** A killed server leaves its lock; Postgres would refuse it when the pid now belongs to another process of its user. */
function removeStaleLock(data: string): void {
  const pid = Number(lockFile(data)?.[0]);
  if (Number.isInteger(pid) && pid > 0 && !servesFolder(pid, data)) rmSync(join(data, 'postmaster.pid'), { force: true });
}

function servesFolder(pid: number, data: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
  if (process.platform !== 'linux') return true;
  return commandLine(pid).includes(data);
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
