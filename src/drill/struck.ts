/** From the moment a fault is brought about to the moment the service has recovered from it. */
import { runsOf } from './probes.ts';
import { runDir, type Scene } from './scene.ts';
import { sizeOf } from './hands.ts';
import { until } from './waiting.ts';

export interface Struck {
  injectedAt: Date;
  /** Until the fault was seen by the service. */
  seenInMs: number;
  /** Until a line was stored that was written after the fault. */
  recoveredInMs: number;
  /** What was seen, for people. */
  seen: string;
}

interface Strike {
  inject: () => Promise<void>;
  /** What shows that the service has seen it; null while nothing does. */
  sign: () => Promise<string | null>;
  /** Default: what was written after the fault is stored. */
  recovered?: () => Promise<boolean>;
}

/** Bytes of the run's output that the host has, and that are stored. */
async function sizes(scene: Scene): Promise<{ key: string; written: number }> {
  const { service: { db }, at, hands, signal } = scene;
  const run = await until('run', signal, async () => (await runsOf(db, at.project))[0]);
  return { key: run.key, written: await sizeOf(hands, `${runDir(scene, run.key)}/out`) };
}

async function storesBeyond({ service: { db }, at }: Scene, { key, written }: Awaited<ReturnType<typeof sizes>>): Promise<boolean> {
  return (await runsOf(db, at.project)).some((run) => run.key === key && run.outOffset > written);
}

export async function strike(scene: Scene, { inject, sign, recovered }: Strike): Promise<Struck> {
  const injectedAt = new Date();
  const from = performance.now();
  const since = (): number => Math.round(performance.now() - from);
  await inject();
  const before = recovered ? null : await sizes(scene);
  const seen = until('sign of the fault', scene.signal, sign).then((text) => ({ text, ms: since() }));
  const again = until('recovery', scene.signal, () => (before ? storesBeyond(scene, before) : recovered?.() ?? Promise.resolve(true))).then(since);
  const [{ text, ms }, recoveredInMs] = await Promise.all([seen, again]);
  return { injectedAt, seenInMs: ms, recoveredInMs, seen: text };
}
