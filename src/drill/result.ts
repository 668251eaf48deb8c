/** What became of one fault: both sides of the stream compared, what is left looked for, and each promise held against it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DrillFault, FaultName } from '../domain/documents/drill.ts';
import type { Fault } from './faults.ts';
import { bytesOfFile, carriersOf } from './hands.ts';
import { runsOf, storedRuns, type SeenRun } from './probes.ts';
import { ownHosts, runDir, type Scene } from './scene.ts';
import type { Struck } from './struck.ts';
import { bytesOf, compare, type Compared, type StoredRun } from './verdict.ts';

const NOTHING = {
  injectedAt: null, seenInMs: null, recoveredInMs: null, written: 0, stored: 0, lost: 0, duplicated: 0, outSha256: null, rowsSha256: null, survivors: [],
  proof: null, seen: null,
};

export const skipped = (fault: FaultName, why: string): DrillFault => ({ fault, ...NOTHING, ok: true, skipped: why });

export const failed = (fault: FaultName, reason: string): DrillFault => ({ fault, ...NOTHING, ok: false, reason });

export interface Evidence {
  struck: Struck;
  runs: SeenRun[];
  compared: Compared;
  /** Texts of the numbered lines on the host, run by run. */
  numbers: number[][];
  survivors: number[];
  proof: 'cgroup' | 'marker' | null;
}

/** The proof is the service's own: asked once more to end what has ended, it must find nothing to end. */
async function lastProof(scene: Scene, runs: readonly SeenRun[]): Promise<Pick<Evidence, 'proof' | 'survivors'>> {
  const carriers = await carriersOf(scene.hands, scene.keyPrefix);
  const hosts = ownHosts(scene);
  try {
    const { api } = await hosts.link(scene.host);
    const results = await Promise.all(runs.map(({ key }) => api.cancelRun({ key, graceMs: 0 })));
    const killed = results.flatMap((result) => result.killed.map(({ pid }) => pid));
    return { proof: results.at(-1)?.proof ?? null, survivors: [...new Set([...carriers, ...killed])] };
  } finally {
    await hosts.close();
  }
}

const numbersIn = (out: Buffer): number[] => [...out.toString('latin1').matchAll(/"text":"line (\d+)"/g)].map(([, n]) => Number(n));

function keepBytes({ keep, fault }: Scene, outs: readonly Buffer[], stored: readonly StoredRun[]): void {
  if (keep === null) return;
  writeFileSync(join(keep, `${fault}.out`), Buffer.concat(outs));
  writeFileSync(join(keep, `${fault}.rows`), Buffer.concat(stored.map(bytesOf)));
}

/** Looks at the end of a fault: nothing of it runs any more. */
export async function collect(scene: Scene, struck: Struck): Promise<Evidence> {
  const { hands, service: { db }, at } = scene;
  const runs = await runsOf(db, at.project);
  const outs = await Promise.all(runs.map(({ key }) => bytesOfFile(hands, `${runDir(scene, key)}/out`)));
  const stored = await storedRuns(db, at.project);
  keepBytes(scene, outs, stored);
  return { struck, runs, compared: compare(outs, stored), numbers: outs.map(numbersIn), ...(await lastProof(scene, runs)) };
}

const inOrder = (numbers: readonly number[]): boolean => numbers.every((number, index) => number === index + 1);

/** Every promise that was not kept, a sentence each. Pure. */
export function brokenPromises({ runs, exit }: Pick<Fault, 'runs' | 'exit'>, { compared, runs: seen, numbers, survivors }: Evidence): string[] {
  const { lost, duplicated, written, outSha256, rowsSha256 } = compared;
  return [
    ...(lost > 0 ? [`${lost} of ${written} lines are not stored`] : []),
    ...(duplicated > 0 ? [`${duplicated} rows are stored twice, or are no line of the agent's`] : []),
    ...(outSha256 === rowsSha256 ? [] : ['the rows are not the bytes that the agent wrote']),
    ...(numbers.every(inOrder) ? [] : ['the agent\'s own numbers have a gap or repeat: it did not run once']),
    ...(seen.length === runs ? [] : [`the turn took ${seen.length} runs, not ${runs}`]),
    ...(seen.at(-1)?.exitReason === exit ? [] : [`the last run ended as ${seen.at(-1)?.exitReason ?? 'nothing'}, not as ${exit}`]),
    ...(survivors.length === 0 ? [] : [`processes are left: ${survivors.join(', ')}`]),
  ];
}

export function resultOf(name: FaultName, fault: Fault, evidence: Evidence): DrillFault {
  const { struck: { injectedAt, seenInMs, recoveredInMs, seen }, compared, survivors, proof } = evidence;
  const broken = brokenPromises(fault, evidence);
  return {
    fault: name, injectedAt: injectedAt.toISOString(), seenInMs, recoveredInMs, ...compared, survivors, proof, seen, ok: broken.length === 0,
    ...(broken.length > 0 && { reason: broken.join('; ') }),
  };
}
