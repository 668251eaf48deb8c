/** One fault's surroundings: its project with an agent at work, its workers, its link. Set up, let end in order, cleared away. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ScriptedStep } from '../agents/scripted.ts';
import { installationName } from '../db/installation.ts';
import { savePlan } from '../db/plans.ts';
import { removeProject } from '../db/remove-project.ts';
import type { WorkerCommand } from '../embedded/worker-process.ts';
import { runDirectory } from '../host/run/run-files.ts';
import { cancel } from '../temporal/client.ts';
import { startProject } from '../temporal/start.ts';
import { removeWorkflows } from '../temporal/remove-workflows.ts';
import type { HostsOptions } from '../ssh/host-link.ts';
import { createHosts, type Hosts } from '../ssh/hosts.ts';
import { createCrew, type Crew } from './crew.ts';
import { carriersOf, kill, makeFolders, touch, type Hands } from './hands.ts';
import { DRILL_HOST, openLink, type DrillLink } from './link.ts';
import { drillPlan, FINISH, MILESTONE } from './plan.ts';
import { faultPlaces, type DrillPlaces, type FaultPlaces } from './places.ts';
import { outcomeOf, runsOf } from './probes.ts';
import type { DrillService } from './service.ts';
import { until } from './waiting.ts';

/** What all faults of a drill share. */
export interface DrillSetting {
  places: DrillPlaces;
  /** `local` or an alias of the user's. */
  host: string;
  hosts: HostsOptions;
  hands: Hands;
  /** Node on the host. */
  node: string;
  service: DrillService;
  worker: WorkerCommand;
  /** A copy of what is seen goes there. */
  keep: string | null;
}

export interface Scene extends DrillSetting {
  fault: string;
  /** Of this fault alone. */
  at: FaultPlaces;
  crew: Crew;
  link: DrillLink | null;
  /** Keys of its runs begin with it. */
  keyPrefix: string;
  /** Aborts at Ctrl-C and when the fault's time is over. */
  signal: AbortSignal;
  /** 0..1, from the seed. */
  random: () => number;
}

export interface SceneNeeds {
  fault: string;
  workers: number;
  /** Workers reach the host through a link that can be cut. */
  cuttable: boolean;
  /** What the agent does before it prints lines. */
  steps: readonly ScriptedStep[];
}

/** The scripted agent as a package of the worker's configuration: there, and nowhere else, it is known. */
const agentPackage = (node: string): string => {
  const suffix = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const url = new URL(`../agents/scripted-package${suffix}`, import.meta.url);
  url.searchParams.set('node', node);
  return url.href;
};

function workerEnv(setting: DrillSetting, at: FaultPlaces, link: DrillLink | null): Record<string, string> {
  const sshConfigFile = link?.configFile ?? setting.hosts.sshConfigFile;
  return {
    ...setting.service.env, HOLDPOINT_INSTALL: setting.places.id, HOLDPOINT_TASK_QUEUE: at.queue, HOLDPOINT_AGENTS: agentPackage(setting.node),
    HOLDPOINT_AGENT_SEATS: '1', HOLDPOINT_HOST_STATE_DIR: at.stateDir, HOLDPOINT_LOG_LEVEL: 'info',
    ...(sshConfigFile !== null && { HOLDPOINT_SSH_CONFIG_FILE: sshConfigFile }),
  };
}

/** Workers poll and the agent prints when this returns. `opened` is told of the scene as soon as there is something to clear away. */
export async function setScene(setting: DrillSetting, needs: SceneNeeds, more: Pick<Scene, 'signal' | 'random'>, opened: (scene: Scene) => void): Promise<Scene> {
  const { fault } = needs;
  const at = faultPlaces(setting.places, fault);
  const dir = join(setting.places.dir, fault);
  const keyPrefix = `${await installationName(setting.service.db, setting.places.id)}.${at.project}.`;
  const link = needs.cuttable ? await openLink(setting.host, setting.hosts, join(dir, 'ssh')) : null;
  const crew = createCrew(dir, setting.worker, workerEnv(setting, at, link));
  const scene: Scene = { ...setting, ...more, fault, at, crew, link, keyPrefix };
  opened(scene);
  await makeFolders(setting.hands, at.workspace, at.stateDir);
  const starts = await Promise.allSettled(Array.from({ length: needs.workers }, () => crew.start(scene.signal)));
  for (const start of starts) if (start.status === 'rejected') throw start.reason;
  const { plan, sha256, source } = drillPlan({ project: at.project, host: link ? DRILL_HOST : setting.host, workspace: at.workspace }, needs.steps);
  await savePlan(setting.service.db, { project: at.project, sha256, plan, source });
  await startProject(setting.service.temporal, { project: at.project, planSha256: sha256 }, at.queue);
  return scene;
}

/** The directory of a run on the host. */
export const runDir = ({ at }: Scene, key: string): string => runDirectory(at.stateDir, key);

/** Returns when the agent has printed, and the service stored, at least so many lines. */
export const untilStored = ({ service: { db }, at, signal }: Scene, lines: number): Promise<true> =>
  until(`${lines} stored lines`, signal, async () => (await runsOf(db, at.project)).reduce((sum, run) => sum + run.lines, 0) >= lines || null);

/** Asks the agent to end, and returns when the service knows how it ended. */
export async function letEnd({ hands, service: { db }, at, signal }: Scene): Promise<string> {
  await touch(hands, `${at.workspace}/${FINISH}`);
  return until('end of the turn', signal, async () => {
    const last = (await runsOf(db, at.project)).at(-1);
    return last?.state === 'exited' ? outcomeOf(db, at.project) : null;
  });
}

/** Cancels the project and returns when it has closed, with how. */
export const close = ({ service: { temporal }, at, signal }: Scene): Promise<string> => cancel(temporal, { project: at.project }, signal);

/** A link of the drill's own to the host program of this scene. */
export function ownHosts({ hosts, at }: Scene): Hosts {
  return createHosts({ ...hosts, stateDir: at.stateDir });
}

const CLOSE_MS = 15_000;

function keepLogs({ keep, fault, crew }: Scene): void {
  if (keep === null) return;
  crew.logFiles().forEach((file, n) => copyFileSync(file, join(keep, `${fault}.worker-${n + 1}.log`)));
}

/** Ends what is left of the scene, in whatever state it is. Gives sentences about what could not be cleared away; never throws. */
export async function clearScene(scene: Scene): Promise<string[]> {
  const { hands, service, at, crew, link } = scene;
  const left: string[] = [];
  const attempt = async (what: string, act: () => unknown): Promise<void> => {
    try {
      await act();
    } catch (error) {
      left.push(`${scene.fault}: ${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  crew.thaw();
  // Workers are still there: a milestone that is cancelled in order ends its agent. What that cannot do is done below.
  await cancel(service.temporal, { project: at.project }, AbortSignal.timeout(CLOSE_MS)).catch(() => undefined);
  await attempt('workers', () => crew.stop());
  await attempt('logs', () => keepLogs(scene));
  await attempt('processes on the host', async () => kill(hands, await carriersOf(hands, scene.keyPrefix)));
  await attempt('link', () => link?.close());
  await attempt('workflows', () => removeWorkflows(service.temporal, { project: at.project, milestones: [MILESTONE] }));
  await attempt('rows', () => removeProject(service.db, at.project));
  return left;
}
