/** A drill from start to end: a place on the host, a service, the faults, and nothing left. Whoever calls it prints. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { DrillFault, FaultName } from '../domain/documents/drill.ts';
import { HoldpointError } from '../domain/failure-kind.ts';
import { seededRandom } from '../domain/random.ts';
import type { WorkerCommand } from '../embedded/worker-process.ts';
import type { HostsOptions } from '../ssh/host-link.ts';
import { createHosts } from '../ssh/hosts.ts';
import { FAULTS } from './faults.ts';
import { makeFolder, openHands, removeFolder, type Hands } from './hands.ts';
import { inLanes } from './lanes.ts';
import { uncuttable } from './link.ts';
import { collect, failed, resultOf, skipped } from './result.ts';
import { clearScene, close, letEnd, setScene, untilStored, type DrillSetting, type Scene } from './scene.ts';
import { startService, useService, type DrillService, type GivenService } from './service.ts';
import { Late } from './waiting.ts';

export interface DrillOptions {
  /** `local` or an alias of the ssh config. */
  host: string;
  hosts: HostsOptions;
  /** Null: the drill brings up its own Postgres and Temporal, by this program. */
  service: GivenService | { temporalBinary: string };
  worker: WorkerCommand;
  faults: readonly FaultName[];
  seed: number;
  /** Folder for raw output, there already; null: none. */
  keep: string | null;
  tell: (line: string) => void;
}

export interface DrillReport {
  faults: DrillFault[];
  leftBehind: string[];
  seconds: number;
}

/** Of one fault, from its set-up to the end of its project. */
const FAULT_DEADLINE_MS = 150_000;
/** Faults that happen side by side: each has two or three processes of Node. */
const LANES = 3;

interface Drill extends DrillSetting {
  options: DrillOptions;
  signal: AbortSignal;
  leftBehind: string[];
}

/** Reaches the host and finds what is needed there. Throws what a worker's first call would. */
async function lookAtHost({ host, hosts }: DrillOptions, hands: Hands): Promise<string> {
  const links = createHosts(hosts);
  try {
    const { api, hello } = await links.link(host);
    const { git } = await api.probe({ workspace: null, agentCommand: null });
    if (git.path === null) throw new HoldpointError('git_missing', `there is no git on host ${host}`, { hint: 'install git there: checkpoints need it' });
    return (await hands.run(`readlink /proc/${hello.pid}/exe`)).trim();
  } finally {
    await links.close();
  }
}

async function whySkipped({ service, host, hosts }: Drill, name: FaultName): Promise<string | null> {
  if (FAULTS[name].alone && service.own === null) return 'the service is in use by others: a drill restarts only servers of its own, which it has where none runs';
  return FAULTS[name].cuttable ? uncuttable(host, hosts) : null;
}

/** Between which lines the fault falls is the seed's. */
const linesBefore = (random: () => number): number => 30 + Math.floor(random() * 100);

async function play(name: FaultName, scene: Scene): Promise<DrillFault> {
  const fault = FAULTS[name];
  await untilStored(scene, linesBefore(scene.random));
  const struck = await fault.perform(scene);
  if (fault.exit === 'exited') {
    await letEnd(scene);
    await close(scene);
  }
  return resultOf(name, fault, await collect(scene, struck));
}

async function perform(drill: Drill, name: FaultName): Promise<DrillFault> {
  const { seed } = drill.options;
  const signal = AbortSignal.any([drill.signal, AbortSignal.timeout(FAULT_DEADLINE_MS)]);
  const random = seededRandom(seed + Object.keys(FAULTS).indexOf(name));
  const opened: Scene[] = [];
  try {
    const scene = await setScene(drill, { fault: name, ...FAULTS[name] }, { signal, random }, (made) => opened.push(made));
    return await play(name, scene);
  } catch (error) {
    drill.signal.throwIfAborted();
    return failed(name, error instanceof Late ? error.message : `the fault could not be played: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    for (const scene of opened) drill.leftBehind.push(...(await clearScene(scene)));
  }
}

const lineOf = ({ fault, ok, skipped: why, reason, recoveredInMs }: DrillFault): string => {
  if (why !== undefined) return `${fault}: skipped: ${why}`;
  return ok ? `${fault}: as promised, recovered in ${recoveredInMs} ms` : `${fault}: not as promised: ${reason}`;
};

async function one(drill: Drill, name: FaultName): Promise<DrillFault> {
  drill.signal.throwIfAborted();
  const why = await whySkipped(drill, name);
  if (why === null) drill.options.tell(`${name} …`);
  const result = why === null ? await perform(drill, name) : skipped(name, why);
  drill.options.tell(lineOf(result));
  return result;
}

async function all(drill: Drill): Promise<DrillFault[]> {
  const { faults } = drill.options;
  const beside = faults.filter((name) => !FAULTS[name].alone);
  const results = await inLanes(LANES, beside, (name) => one(drill, name));
  for (const name of faults.filter((each) => FAULTS[each].alone)) results.push(await one(drill, name));
  return faults.flatMap((name) => results.filter(({ fault }) => fault === name));
}

const openService = ({ service, tell }: DrillOptions, dir: string): Promise<DrillService> =>
  ('db' in service ? useService(service) : startService({ dir, temporalBinary: service.temporalBinary, log: tell }));

/** Its own folder here, which Postgres' own user must pass through. */
function makeDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'holdpoint-drill-'));
  chmodSync(dir, 0o711);
  return dir;
}

/** What is opened is closed in the opposite order; what cannot be is told, and the rest is closed all the same. */
async function closeAll(closers: readonly { what: string; close: () => Promise<unknown> | void }[], leftBehind: string[]): Promise<void> {
  for (const { what, close: end } of [...closers].reverse()) {
    try {
      await end();
    } catch (error) {
      leftBehind.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** Cancelled by `signal`: everything is cleared away, then it rejects. Throws HoldpointError when host or service cannot be used. */
export async function runDrill(options: DrillOptions, signal: AbortSignal): Promise<DrillReport> {
  const startedAt = performance.now();
  const leftBehind: string[] = [];
  const closers: { what: string; close: () => Promise<unknown> | void }[] = [];
  let faults: DrillFault[];
  try {
    const dir = makeDir();
    closers.push({ what: 'folder', close: () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }) });
    const hands = await openHands(options.host, options.hosts, signal);
    closers.push({ what: 'connection', close: () => hands.close() });
    const hostDir = await makeFolder(hands);
    closers.push({ what: 'folder on the host', close: () => removeFolder(hands, hostDir) });
    const hosts = { ...options.hosts, stateDir: `${hostDir}/state` };
    const node = await lookAtHost({ ...options, hosts }, hands);
    const service = await openService(options, dir);
    closers.push({ what: 'service', close: () => service.close() });
    const id = `drill-${basename(dir).slice(-6).toLowerCase()}`;
    const setting = { places: { id, dir, hostDir }, host: options.host, hosts, hands, node, service, worker: options.worker, keep: options.keep };
    faults = await all({ ...setting, options, signal, leftBehind });
  } finally {
    await closeAll(closers, leftBehind);
    leftBehind.forEach((line) => options.tell(`left behind: ${line}`));
  }
  return { faults, leftBehind, seconds: Math.round(performance.now() - startedAt) / 1000 };
}
