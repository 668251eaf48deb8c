/** Quantiles, ratios of pairs and their bootstrap intervals. Pure and seeded: the same samples always give the same row. */
import type { Op, Round } from './benchmark.ts';

export type Interval = [low: number, high: number];

export interface Estimate {
  value: number;
  /** 95 %. */
  ci: Interval;
}

const RESAMPLES = 2_000;
const SEED = 20_260_101;

/** Linear between neighbours; NaN for no samples. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = Float64Array.from(samples).sort();
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? NaN;
  const high = sorted[Math.ceil(at)] ?? NaN;
  return low + (high - low) * (at - Math.floor(at));
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

/** mulberry32: small, seeded, good enough to choose rounds. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Whole rounds are drawn, because samples within a round are not independent of each other. */
export function bootstrap<T>(rounds: readonly T[], statistic: (rounds: T[]) => number): Estimate {
  const random = generator(SEED);
  const draw = (): T[] => rounds.map(() => rounds[Math.floor(random() * rounds.length)] as T);
  const values = Array.from({ length: RESAMPLES }, () => statistic(draw()));
  return { value: statistic([...rounds]), ci: [quantile(values, 0.025), quantile(values, 0.975)] };
}

/** Ratio of the p50s within each pair; the estimate is the median pair. */
export function ratioOfPairs(rounds: readonly Round[]): Estimate {
  return bootstrap(rounds.map(({ ours, anchor }) => median(ours) / median(anchor)), median);
}

/** A quantile of ours over all rounds. */
export function quantileOfOurs(rounds: readonly Round[], q: number): Estimate {
  return bootstrap(rounds, (drawn) => quantile(drawn.flatMap(({ ours }) => ours), q));
}

/** Null when the interval straddles the target: inconclusive, never a pass. */
export function verdict(op: Op, target: number, [low, high]: Interval): boolean | null {
  if (op === '<=') return high <= target ? true : low > target ? false : null;
  if (op === '>=') return low >= target ? true : high < target ? false : null;
  return low === target && high === target ? true : low > target || high < target ? false : null;
}
