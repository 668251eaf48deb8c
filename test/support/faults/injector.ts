/** Brings about each fault on a stage. Returns when it has happened and what it broke is there again; nothing waits for recovery. */
import { eventually } from '../eventually.ts';
import type { Fault } from './sequence.ts';
import { killHostPrograms } from './host-programs.ts';
import type { Stage } from './stage.ts';

export interface InjectorOptions {
  /** 0..1. */
  random: () => number;
  /** Follows the same run beside the worker for a while, as one that was taken for dead does, and lets go of it. */
  attachSecond: () => Promise<void>;
}

const oneOf = <T>(random: () => number, a: T, b: T): T => (random() < 0.5 ? a : b);

/** One function for each fault. Each may be called again and again, but not two at once. */
export function createInjector(stage: Stage, { random, attachSecond }: InjectorOptions): Record<Fault, () => Promise<void>> {
  return {
    reset: async () => stage.proxy.reset(),
    blackHole: async () => stage.proxy.swallow(),
    killWorker: () => killWorker(stage),
    secondWorker: attachSecond,
    restartPostgres: () => stage.postgres.restart(oneOf(random, 'orderly', 'crash')),
    restartTemporal: () => stage.temporal.restart(oneOf(random, 'orderly', 'crash')),
    killHostProgram: () => killHostProgram(stage),
  };
}

/** After an earlier fault there may be none yet. */
async function killHostProgram(stage: Stage): Promise<void> {
  await eventually(() => killHostPrograms(stage.stateDir), { timeoutMs: 60_000, what: 'a host program to kill' });
}

/** SIGKILL, and another one in its place. */
async function killWorker(stage: Stage): Promise<void> {
  const [worker] = stage.workers.splice(0, 1);
  await worker?.kill();
  await stage.startWorker();
}
