/** Sizes and seeds of tests that repeat something at random: a few in `npm test`, the full count in `npm run soak`. */

const isSoak = process.env.HOLDPOINT_SOAK === 'true';

/** How often, or how much: `quick` in `npm test`, `full` in `npm run soak`. */
export const scaled = (quick: number, full: number): number => (isSoak ? full : quick);

/** Seed for random.ts; the same in every `npm test`, so that a red one can be repeated. `HOLDPOINT_SEED` chooses another. */
export const SEED = Number(process.env.HOLDPOINT_SEED ?? 20_261_126);
