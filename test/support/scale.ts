/** Sizes and seeds of tests that repeat something at random: a few in `npm test`, the full count in `npm run soak`. */

const isSoak = process.env.HOLDPOINT_SOAK === 'true';

/** How often, or how much: `quick` in `npm test`, `full` in `npm run soak`. */
export const scaled = (quick: number, full: number): number => (isSoak ? full : quick);

/** Seed of this run; the same in every `npm test`, so that a red one can be repeated. `HOLDPOINT_SEED` chooses another. */
export const SEED = Number(process.env.HOLDPOINT_SEED ?? 20_261_126);

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Whole number in [0, below). */
  below(below: number): number;
  pick<T>(from: readonly T[]): T;
}

/** Repeatable random numbers: mulberry32 (Tommy Ettinger, public domain). One per test, or the order of tests would matter. */
export function random(seed = SEED): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    pick: (from) => {
      const one = from[below(from.length)];
      if (one === undefined) throw new RangeError('nothing to pick from');
      return one;
    },
  };
}
