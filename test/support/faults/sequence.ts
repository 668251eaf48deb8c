/** Which faults happen in what order: seeded, every kind at least once as long as there is room. */

/** What can go wrong around a run that is followed. */
export const FAULTS = ['reset', 'blackHole', 'killWorker', 'secondWorker', 'restartPostgres', 'restartTemporal', 'killHostProgram'] as const;

export type Fault = (typeof FAULTS)[number];

/** `count` faults: rounds of all kinds, each round shuffled. */
export function faultSequence<F>(random: () => number, kinds: readonly F[], count: number): F[] {
  const rounds = Array.from({ length: Math.ceil(count / kinds.length) }, () => shuffled(random, kinds));
  return rounds.flat().slice(0, count);
}

function shuffled<F>(random: () => number, items: readonly F[]): F[] {
  const left = [...items];
  return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0] as F);
}
