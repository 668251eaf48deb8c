/** Our path as a user has it: a worker process that carries out a plan on the host; the run's stream ends up in Postgres. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { OpenDb } from '../../src/db/client.ts';
import { savePlan } from '../../src/db/plans.ts';
import { parsePlan } from '../../src/domain/plan-schema.ts';
import { logTail, startServer } from '../../src/embedded/server-process.ts';
import { WORKER_FLAGS } from '../../src/embedded/worker-flags.ts';
import { startProject } from '../../src/temporal/start.ts';
import { connectTemporal, type Temporal } from '../../src/temporal/connection.ts';
import type { Context } from '../benchmark.ts';
import { buildBundles } from '../bundles.ts';
import { NAMESPACE, openMigrated } from '../servers.ts';
import { AGENT_NAME, flowText, type Flow } from './agent.ts';
import { startHost, type BenchHost } from './host.ts';
import { latencies, type Observer } from './observer.ts';

const ROOT = join(import.meta.dirname, '../..');
const DEADLINE_MS = 120_000;
const LOOK_EVERY_MS = 100;

export interface OurParts {
  dir: string;
  host: BenchHost;
  db: OpenDb['db'];
  temporal: Temporal;
  observer: Observer;
  worker: BenchWorker;
}

export interface BenchWorker {
  pid: number;
  /** Its last lines. */
  log: () => string;
  stop(): Promise<void>;
}

export async function until(what: string, isSo: () => boolean | Promise<boolean>, timeoutMs = DEADLINE_MS): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await sleep(LOOK_EVERY_MS);
  }
}

/** Ends with this process, whatever becomes of it. `more`: of its environment. */
export async function startWorker(
  dir: string, databaseUrl: string, temporalAddress: string, host: Pick<BenchHost, 'home' | 'configFile'>, more: Record<string, string> = {},
): Promise<BenchWorker> {
  const readyFile = join(dir, 'worker.ready');
  const logFile = join(dir, 'worker.log');
  // Of a worker before it in the same folder.
  rmSync(readyFile, { force: true });
  const env = {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`, HOME: host.home, LANG: 'C.UTF-8',
    DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: temporalAddress, TEMPORAL_NAMESPACE: NAMESPACE,
    HOLDPOINT_DATA_DIR: join(dir, 'data'), HOLDPOINT_INSTALL: 'bench', HOLDPOINT_SSH_CONFIG_FILE: host.configFile,
    HOLDPOINT_AGENTS: pathToFileURL(join(import.meta.dirname, 'agent.ts')).href, HOLDPOINT_READY_FILE: readyFile, ...more,
  };
  const args = [...WORKER_FLAGS, join(ROOT, 'src/worker.ts')];
  const server = await startServer({ name: 'the worker', file: process.execPath, args, cwd: dir, env, logFile, stopSignal: 'SIGTERM', outlive: false });
  let ended = false;
  void server.exited.then(() => (ended = true));
  await until('a worker that polls', () => {
    if (ended) throw new Error(`the worker ended: ${logTail(logFile)}`);
    return existsSync(readyFile);
  });
  return { pid: server.pid, log: () => logTail(logFile, 20), stop: () => server.stop() };
}

export type WorkerParts = Omit<OurParts, 'observer'> & { databaseUrl: string };

/** Both servers, a host over OpenSSH, and a worker. `close`: how to end them, in the order they were started. `more`: of the worker's environment. */
export async function startWorkerParts({ servers, dir, path }: Context, close: (() => Promise<unknown>)[], more: Record<string, string> = {}): Promise<WorkerParts> {
  await buildBundles();
  const [databaseUrl, address] = await Promise.all([servers.postgres(), servers.temporal()]);
  const db = await openMigrated(databaseUrl, close);
  const host = await startHost(dir, path);
  close.push(() => host.close());
  const temporal = await connectTemporal({ env: {}, address, namespace: NAMESPACE });
  close.push(() => temporal.close());
  const worker = await startWorker(dir, databaseUrl, address, host, more);
  close.push(() => worker.stop());
  return { dir, host, db, temporal, worker, databaseUrl };
}

/** The planned project is stored and started. */
export async function startRun({ db, temporal, host }: Pick<OurParts, 'db' | 'temporal' | 'host'>, project: string, workspace: string, flow: Flow): Promise<void> {
  const text = JSON.stringify({
    project, workspace: { host: host.alias, path: workspace }, agent: { name: AGENT_NAME, attempts: 1 },
    milestones: [{ id: 'm', title: 'Stream', tasks: [{ id: 't', title: 'Stream', instructions: flowText(flow) }] }],
  });
  const parsed = parsePlan({ file: 'holdpoint.yaml', text, readFile: () => null });
  if (!parsed.ok) throw new Error(parsed.errors.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  await savePlan(db, { project, sha256: parsed.sha256, plan: parsed.plan, source: text });
  await startProject(temporal, { project, planSha256: parsed.sha256 });
}

/** Of all runs of the project. */
export async function storedLines(db: OpenDb['db'], project: string): Promise<{ n: number; at: string }[]> {
  const rows = await db.selectFrom('agent_event').innerJoin('run', 'run.id', 'agent_event.run_id').innerJoin('turn', 'turn.id', 'run.turn_id')
    .select('agent_event.json').where('turn.project', '=', project).orderBy('agent_event.byte_offset').execute();
  return rows.map(({ json }) => json as { n?: number; at?: string } | null).flatMap((json) => (json?.n && json.at ? [{ n: json.n, at: json.at }] : []));
}

/** Nothing of the run is under way any more: its milestone waits for a person, which costs nothing. Returns why. */
export async function untilItRests({ db }: Pick<OurParts, 'db'>, project: string): Promise<string> {
  let reason: string | undefined;
  await until(`the end of ${project}`, async () => {
    reason = (await db.selectFrom('breakpoint').select('reason').where('project', '=', project).executeTakeFirst())?.reason;
    return reason !== undefined;
  });
  return reason ?? '';
}

/** One round; latencies in milliseconds. */
export async function ourRound(parts: OurParts, project: string, flow: Flow): Promise<number[]> {
  const workspace = join(parts.dir, 'workspaces', project);
  mkdirSync(workspace, { recursive: true });
  const watch = parts.observer.watch('agent_event');
  let why = '';
  try {
    await startRun(parts, project, workspace, flow);
    why = await untilItRests(parts, project);
    // The rows are read over another connection than the notifications come by.
    await watch.committed(flow.lines, DEADLINE_MS);
    return latencies(await storedLines(parts.db, project), flow.lines, watch);
  } catch (cause) {
    throw new Error(`the run of ${project} could not be measured: ${String(cause)}; ${why}; the worker said last: ${parts.worker.log()}`, { cause });
  } finally {
    watch.end();
  }
}
