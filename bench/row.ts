/** One row of the output: a condition, the numbers it was held against and whether it holds. */
import type { Benchmark, Condition, Op, Round, Samples, Series } from './benchmark.ts';
import type { Machine } from './machine.ts';
import { quantile, quantileOfOurs, ratioOfPairs, verdict, type Estimate, type Interval } from './stats.ts';

export interface Figures {
  p50: number | null;
  p99: number | null;
  n: number;
}

export interface Row {
  id: string;
  /** Series within the benchmark. */
  key: string;
  what: string;
  metric: string;
  unit: string;
  ours: Figures;
  anchor: Figures & { name: string };
  /** Of the p50s of each pair of rounds, whatever is judged. */
  ratio: number | null;
  ratioCi: Interval | null;
  /** What is held against the target: `ratio`, or that value of ours in the unit. */
  judged: Condition['judged'];
  /** 95 % interval of what is judged. */
  judgedCi: Interval | null;
  op: Op;
  target: number;
  holds: boolean | null;
  /** Why `holds` is null. */
  reason?: string;
  rounds: number;
  machine: Machine;
}

/** Fewer pairs say nothing about how they differ. */
export const MIN_ROUNDS = 5;

const round = (value: number): number => Number(value.toPrecision(4));
const rounded = ([low, high]: Interval): Interval => [round(low), round(high)];

function figures(samples: number[]): Figures {
  if (samples.length === 0) return { p50: null, p99: null, n: 0 };
  return { p50: round(quantile(samples, 0.5)), p99: round(quantile(samples, 0.99)), n: samples.length };
}

function judgedOf(rounds: Round[], { judged }: Condition): Estimate {
  return judged === 'ratio' ? ratioOfPairs(rounds) : quantileOfOurs(rounds, judged === 'p50' ? 0.5 : 0.99);
}

function judge(rounds: Round[], condition: Condition): Pick<Row, 'judgedCi' | 'holds' | 'reason'> {
  const { ci } = judgedOf(rounds, condition);
  const judgedCi = rounded(ci);
  if (rounds.length < MIN_ROUNDS) return { judgedCi, holds: null, reason: `${rounds.length} round(s): at least ${MIN_ROUNDS} are needed to judge` };
  const holds = verdict(condition.op, condition.target, ci);
  return { judgedCi, holds, ...(holds === null && { reason: 'inconclusive: the interval straddles the target' }) };
}

interface Source {
  id: string;
  series: Series;
  machine: Machine;
}

function measuredRow({ id, series, machine }: Source, condition: Condition, rounds: Round[]): Row {
  const { value, ci } = ratioOfPairs(rounds);
  const { key, what, unit } = series;
  return {
    id, key, what, metric: condition.metric, unit,
    ours: figures(rounds.flatMap(({ ours }) => ours)),
    anchor: { name: series.anchor, ...figures(rounds.flatMap(({ anchor }) => anchor)) },
    ratio: round(value), ratioCi: rounded(ci), judged: condition.judged, op: condition.op, target: condition.target,
    ...judge(rounds, condition), rounds: rounds.length, machine,
  };
}

function emptyRow({ id, series, machine }: Source, { metric, judged, op, target }: Condition, reason: string): Row {
  const { key, what, unit, anchor } = series;
  return {
    id, key, what, metric, unit, ours: figures([]), anchor: { name: anchor, ...figures([]) },
    ratio: null, ratioCi: null, judged, judgedCi: null, op, target, holds: null, reason, rounds: 0, machine,
  };
}

/** One row per condition, whether it could be measured or not. */
export function rowsOf({ id, series: all }: Benchmark, samples: Samples, machine: Machine): Row[] {
  return all.flatMap((series) => series.conditions.map((condition) => {
    const source = { id, series, machine };
    if (samples.kind === 'unavailable') return emptyRow(source, condition, samples.reason);
    const rounds = samples.rounds[series.key] ?? [];
    return rounds.length === 0 ? emptyRow(source, condition, 'no samples') : measuredRow(source, condition, rounds);
  }));
}
