/**
 * The whole service on parts that can be broken one by one: a Postgres and a Temporal of its own, a host behind a faulty proxy,
 * workers as processes. Nothing is shared with other tests, so anything may be restarted or killed.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openDb, type OpenDb } from '../../../src/db/client.ts';
import { installationName } from '../../../src/db/installation.ts';
import { migrate } from '../../../src/db/migrate.ts';
import { startRestartablePostgres, startRestartableTemporal, type Restartable } from '../../../src/embedded/restartable.ts';
import { startFaultyProxy, type FaultyProxy } from '../faulty-proxy.ts';
import { startSshd, type TestSshd } from '../sshd.ts';
import { temporalBinary } from '../temporal-binary.ts';
import { startWorkerProcess, type WorkerProcess } from '../worker-process.ts';
import { hostProgramsOf } from './host-programs.ts';
import { WRITER_PACKAGE } from './writer.ts';

/** Alias of the host in `configFile`: reached through the proxy, a silent link to it is given up within six seconds. */
export const HOST = 'faulty-host';

export interface Stage {
  /** Removed by `close`. */
  dir: string;
  /** Of all its workers. */
  install: string;
  /** Of the host program: its runs lie below. */
  stateDir: string;
  postgres: Restartable & { url: string };
  temporal: Restartable & { address: string; namespace: string };
  /** Before the host. */
  proxy: FaultyProxy;
  /** Before Postgres, for the workers; `db` goes past it. */
  databaseProxy: FaultyProxy;
  /** For `ssh -F`. */
  configFile: string;
  /** To look at what is stored; another pool than the workers'. */
  db: OpenDb['db'];
  /** Started and not killed. */
  workers: WorkerProcess[];
  startWorker(): Promise<WorkerProcess>;
  /** A folder for the agent to work in. */
  workspace(name: string): string;
  /** Pids of the host programs that serve the workers; runs are carried by others. */
  hostPrograms(): number[];
  close(): Promise<void>;
}

export interface StageOptions {
  /** Default true. */
  temporal?: boolean;
  /** More environment for workers. */
  env?: Record<string, string>;
}

interface Servers {
  dir: string;
  postgres: Stage['postgres'];
  temporal: Stage['temporal'];
  sshd: TestSshd;
  proxy: FaultyProxy;
  databaseProxy: FaultyProxy;
}

const ROOT = join(import.meta.dirname, '../../..');
const quiet = (): void => undefined;

/** What CI looks for in processes that outlive a run. */
const marker = (): Record<string, string> => (process.env.HOLDPOINT_CI ? { HOLDPOINT_CI: process.env.HOLDPOINT_CI } : {});

const absent: Stage['temporal'] = {
  address: '', namespace: '', start: async () => undefined, stop: async () => undefined, restart: async () => undefined,
};

async function startDatabase(dir: string): Promise<Stage['postgres']> {
  // The server may run as another user, who must pass through.
  chmodSync(dir, 0o755);
  const server = await startRestartablePostgres({ dataDir: join(dir, 'postgres'), log: quiet, env: marker() });
  const { db, close } = openDb(server.url, { max: 1 });
  const { error } = await migrate(db);
  await close();
  if (error) throw error;
  return server;
}

const startTemporal = (dir: string): Promise<Stage['temporal']> => startRestartableTemporal({
  binary: temporalBinary(ROOT), dbFile: join(dir, 'temporal/temporal.db'), namespace: 'default', log: quiet, env: marker(),
});

/** The same database through a proxy. */
function through(proxy: FaultyProxy, url: string): string {
  const proxied = new URL(url);
  proxied.port = String(proxy.port);
  // How soon a silent server is given up: a minute by default.
  proxied.searchParams.set('query_timeout', '10000');
  return proxied.href;
}

async function startServers(options: StageOptions): Promise<Servers> {
  const dir = mkdtempSync(join(tmpdir(), 'holdpoint-faults-'));
  const [postgres, temporal, sshd] = await Promise.all([
    startDatabase(dir), options.temporal === false ? absent : startTemporal(dir), startSshd(),
  ]);
  const proxy = await startFaultyProxy(sshd.port);
  const databaseProxy = await startFaultyProxy(Number(new URL(postgres.url).port));
  // The key is looked up under the server's own address, which known_hosts has.
  await sshd.addAlias(HOST, { Port: String(proxy.port), HostKeyAlias: `[127.0.0.1]:${sshd.port}`, ServerAliveInterval: '2', ServerAliveCountMax: '2' });
  return { dir, postgres, temporal, sshd, proxy, databaseProxy };
}

function workerEnv({ dir, postgres, temporal, sshd, databaseProxy }: Servers, more: Record<string, string> = {}): Record<string, string> {
  const home = join(dir, 'home');
  mkdirSync(home, { recursive: true });
  return {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`, HOME: home, LANG: 'C.UTF-8', TMPDIR: tmpdir(),
    DATABASE_URL: through(databaseProxy, postgres.url), TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace,
    HOLDPOINT_DATA_DIR: join(dir, 'data'), HOLDPOINT_HOST_STATE_DIR: join(dir, 'state'),
    HOLDPOINT_SSH_CONFIG_FILE: sshd.configFile, HOLDPOINT_AGENTS: WRITER_PACKAGE,
    ...marker(),
    ...more,
  };
}

/** Starts the servers and no worker. `close` ends all of it, workers too; runs are the caller's to end. */
export async function startStage(options: StageOptions = {}): Promise<Stage> {
  const servers = await startServers(options);
  const { dir, postgres, temporal, sshd, proxy, databaseProxy } = servers;
  const env = workerEnv(servers, options.env);
  const opened = openDb(postgres.url, { max: 4 });
  const install = await installationName(opened.db, 'main');
  const workers: WorkerProcess[] = [];
  let count = 0;
  const stateDir = join(dir, 'state');
  return {
    dir, install, stateDir, postgres, temporal, proxy, databaseProxy, configFile: sshd.configFile, db: opened.db, workers,
    startWorker: async () => {
      const worker = await startWorkerProcess(env, join(dir, `worker-${(count += 1)}`));
      workers.push(worker);
      return worker;
    },
    workspace: (name) => {
      const folder = join(dir, 'workspaces', name);
      mkdirSync(folder, { recursive: true });
      return folder;
    },
    hostPrograms: () => hostProgramsOf(stateDir),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      await opened.close();
      await Promise.all([proxy.close(), databaseProxy.close()]);
      await Promise.all([sshd.close(), postgres.stop(), temporal.stop()]);
      rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
