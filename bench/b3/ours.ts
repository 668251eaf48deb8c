/** Ours: a worker process follows a run through the proxy while the link, the worker and the program on the host are struck. */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenDb } from '../../src/db/client.ts';
import { hostProgramsOf, kill, type Hands } from '../../src/drill/hands.ts';
import { runsOf } from '../../src/drill/probes.ts';
import { runDirectory } from '../../src/host/run/run-files.ts';
import type { Temporal } from '../../src/temporal/connection.ts';
import { allow, type Flow } from '../b1/agent.ts';
import { startRun, startWorker, storedLines, until, untilItRests, type BenchWorker } from '../b1/ours.ts';
import type { ProxiedHost } from '../proxied-host.ts';
import { damageOf, sharesOf, type Damage, type Strike } from './lines.ts';

export type Fault = 'link reset' | 'link silence' | 'worker kill' | 'host program kill';

export interface OurParts {
  dir: string;
  host: ProxiedHost;
  db: OpenDb['db'];
  temporal: Temporal;
  /** On the host, past the proxy. */
  hands: Hands;
  stateDir: string;
  worker: ReplaceableWorker;
}

export interface ReplaceableWorker {
  log(): string;
  /** SIGKILL; returns when another one polls. */
  replace(): Promise<void>;
  stop(): Promise<void>;
}

export interface WorkerPlace {
  dir: string;
  databaseUrl: string;
  temporalAddress: string;
  host: ProxiedHost;
  stateDir: string;
}

/** Each in a folder of its own. */
export async function startReplaceable({ dir, databaseUrl, temporalAddress, host, stateDir }: WorkerPlace): Promise<ReplaceableWorker> {
  let count = 0;
  const start = (): Promise<BenchWorker> => {
    const own = join(dir, `worker-${(count += 1)}`);
    mkdirSync(own);
    return startWorker(own, databaseUrl, temporalAddress, host, { HOLDPOINT_HOST_STATE_DIR: stateDir });
  };
  let worker = await start();
  const replace = async (): Promise<void> => {
    process.kill(worker.pid, 'SIGKILL');
    worker = await start();
  };
  return { log: () => worker.log(), replace, stop: () => worker.stop() };
}

async function killHostProgram({ hands, stateDir }: OurParts): Promise<void> {
  let pids: number[] = [];
  // There is none while a link that a busy machine has let die is being made again.
  await until('a host program to kill', async () => (pids = await hostProgramsOf(hands, stateDir)).length > 0);
  await kill(hands, pids);
}

const FAULTS: Record<Fault, (parts: OurParts) => unknown> = {
  'link reset': ({ host }) => host.proxy.reset(),
  'link silence': ({ host }) => host.proxy.swallow(),
  'worker kill': ({ worker }) => worker.replace(),
  'host program kill': killHostProgram,
};

/** Returns when something is stored that was written after the fault; `goOn` lets it be written. */
async function strike(parts: OurParts, project: string, { fault, at }: Strike<Fault>, goOn: () => void): Promise<void> {
  const { db, stateDir } = parts;
  const runs = () => runsOf(db, project);
  await until(`${at} stored lines of ${project}`, async () => (await runs()).reduce((sum, { lines }) => sum + lines, 0) >= at);
  await FAULTS[fault](parts);
  const written = new Map((await runs()).map(({ key }) => [key, statSync(join(runDirectory(stateDir, key), 'out')).size]));
  goOn();
  await until(`a line of ${project} that was written after the ${fault}`, async () => (await runs()).some(({ key, outOffset }) => outOffset > (written.get(key) ?? 0)));
}

/** One round. However slow the recoveries are, the run writes no line of the next share before the fault of this one has struck. */
export async function ourDamage(parts: OurParts, project: string, flow: Flow, strikes: readonly Strike<Fault>[]): Promise<Damage> {
  const workspace = join(parts.dir, 'workspaces', project);
  mkdirSync(workspace, { recursive: true });
  const shares = [...sharesOf(strikes.length, flow.lines), flow.lines];
  const mayWrite = (share: number): void => allow(workspace, shares[share] ?? flow.lines);
  try {
    mayWrite(0);
    await startRun(parts, project, workspace, flow);
    for (const [n, one] of strikes.entries()) await strike(parts, project, one, () => mayWrite(n + 1));
    await untilItRests(parts, project);
  } catch (cause) {
    throw new Error(`the run of ${project} broke: ${String(cause)}; the worker said last: ${parts.worker.log()}`, { cause });
  }
  return damageOf((await storedLines(parts.db, project)).map(({ n }) => n), flow.lines);
}
