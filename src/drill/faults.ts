/** The faults by name: what each needs, how it is brought about, what shows that it was seen, what it may leave. */
import type { FaultName } from '../domain/documents/drill.ts';
import type { ScriptedStep } from '../agents/scripted.ts';
import type { Stop } from '../embedded/restartable.ts';
import { cancelWithEscapee, ESCAPE } from './faults/cancel-escapee.ts';
import { hostProgramsOf, kill, textOf } from './hands.ts';
import { runsOf, turnUnderWay } from './probes.ts';
import { runDir, untilStored, type Scene } from './scene.ts';
import type { DrillService } from './service.ts';
import { strike, type Struck } from './struck.ts';
import { until } from './waiting.ts';

export interface Fault {
  workers: number;
  cuttable: boolean;
  steps: readonly ScriptedStep[];
  /** It touches what all faults share: nothing else happens meanwhile. */
  alone: boolean;
  /** Runs the turn needs: a second one only after a loss. */
  runs: number;
  /** How the last run ends. */
  exit: 'exited' | 'cancelled';
  /** Brings it about and waits for recovery. */
  perform: (scene: Scene) => Promise<Struck>;
}

const plain = { workers: 1, cuttable: false, steps: [], alone: false, runs: 1, exit: 'exited' } as const;

const turnOf = (scene: Scene) => until('turn under way', scene.signal, () => turnUnderWay(scene.service.temporal, scene.at.project));

/** The server has given the first attempt up, and another worker has begun the next one. */
const nextAttempt = ({ service: { temporal }, at }: Scene, first: { attempt: number; workerPid: number }) => async (): Promise<string | null> => {
  const now = await turnUnderWay(temporal, at.project);
  return now && now.attempt > first.attempt && now.workerPid !== first.workerPid ? `attempt ${now.attempt} of the turn began on the other worker` : null;
};

async function killWorker(scene: Scene): Promise<Struck> {
  const turn = await turnOf(scene);
  return strike(scene, { inject: () => scene.crew.kill(turn.workerPid), sign: nextAttempt(scene, turn) });
}

/** Lines that are stored while the worker that was taken for dead follows beside the other. */
const SIDE_BY_SIDE = 150;

/** A worker that stands still is taken for dead; it goes on when another one has its turn, and both follow the same run. */
async function attachSecond(scene: Scene): Promise<Struck> {
  const turn = await turnOf(scene);
  const struck = await strike(scene, { inject: async () => scene.crew.freeze(turn.workerPid), sign: nextAttempt(scene, turn) });
  scene.crew.thaw();
  const lines = (await runsOf(scene.service.db, scene.at.project)).reduce((sum, run) => sum + run.lines, 0);
  await untilStored(scene, lines + SIDE_BY_SIDE);
  return { ...struck, seen: `${struck.seen}; then both followed the run` };
}

const cut = (how: 'reset' | 'swallow') => async (scene: Scene): Promise<Struck> => {
  const proxy = scene.link?.proxy;
  if (!proxy) throw new Error('this fault needs a link');
  const before = proxy.accepted();
  return strike(scene, { inject: async () => proxy[how](), sign: async () => (proxy.accepted() > before ? 'the worker connected again' : null) });
};

async function killHostProgram(scene: Scene): Promise<Struck> {
  const { hands, at } = scene;
  const victims = await hostProgramsOf(hands, at.stateDir);
  if (victims.length === 0) throw new Error('there is no host program to kill');
  const sign = async (): Promise<string | null> => {
    const others = (await hostProgramsOf(hands, at.stateDir)).filter((pid) => !victims.includes(pid));
    return others.length > 0 ? 'the worker started another host program' : null;
  };
  return strike(scene, { inject: () => kill(hands, victims), sign });
}

async function killSupervisor(scene: Scene): Promise<Struck> {
  const { hands, service: { db }, at } = scene;
  const [run] = await runsOf(db, at.project);
  if (!run) throw new Error('there is no run');
  const { supervisor } = JSON.parse(await textOf(hands, `${runDir(scene, run.key)}/started`)) as { supervisor: { pid: number } };
  return strike(scene, {
    inject: () => kill(hands, [supervisor.pid]),
    sign: async () => ((await runsOf(db, at.project))[0]?.state === 'lost' ? 'the run is lost; its turn goes on in run 2' : null),
    recovered: async () => ((await runsOf(db, at.project))[1]?.lines ?? 0) > 0,
  });
}

const restart = (part: keyof NonNullable<DrillService['own']>, name: string) => async (scene: Scene): Promise<Struck> => {
  const server = scene.service.own?.[part];
  if (!server) throw new Error(`${name} is not the drill's own`);
  const how: Stop = scene.random() < 0.5 ? 'orderly' : 'crash';
  const inject = async (): Promise<void> => {
    await server.stop(how);
    await server.start();
  };
  return strike(scene, { inject, sign: async () => `${name} ${how === 'crash' ? 'was killed and recovered' : 'was stopped and came back'}` });
};

export const FAULTS: Record<FaultName, Fault> = {
  'worker-kill': { ...plain, workers: 2, perform: killWorker },
  'second-worker': { ...plain, workers: 2, perform: attachSecond },
  'link-reset': { ...plain, cuttable: true, perform: cut('reset') },
  'link-silence': { ...plain, cuttable: true, perform: cut('swallow') },
  'host-program-kill': { ...plain, perform: killHostProgram },
  'supervisor-kill': { ...plain, runs: 2, perform: killSupervisor },
  'cancel-escapee': { ...plain, steps: [ESCAPE], exit: 'cancelled', perform: cancelWithEscapee },
  'postgres-restart': { ...plain, alone: true, perform: restart('postgres', 'Postgres') },
  'temporal-restart': { ...plain, alone: true, perform: restart('temporal', 'Temporal') },
};
