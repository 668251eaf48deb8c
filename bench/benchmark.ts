/** What a benchmark is: declared series with the conditions they are held to, and a run that gives samples round by round. */
import type { Servers } from './servers.ts';

export type Op = '<=' | '>=' | '==';

/** One statement about a series; each becomes one row. */
export interface Condition {
  metric: string;
  /** Which number is held against the target: the ratio of the p50s of ours and the anchor, or a value of ours in the unit. */
  judged: 'ratio' | 'p50' | 'p99';
  op: Op;
  target: number;
}

/** Samples of ours and of the anchor, in one unit. */
export interface Series {
  /** Unique among all benchmarks; names files. */
  key: string;
  what: string;
  unit: string;
  anchor: string;
  conditions: Condition[];
}

/** One A B pair: samples taken one after the other within seconds, so that a change of the machine's load hits both. */
export interface Round {
  ours: number[];
  anchor: number[];
}

export type Samples =
  | { kind: 'measured'; rounds: Record<string, Round[]> }
  /** Something it needs is not installed. */
  | { kind: 'unavailable'; reason: string };

export interface Context {
  /** Once, with tiny numbers: shows that it runs, measures nothing. */
  smoke: boolean;
  servers: Servers;
  /** For files of this run; removed at its end. */
  dir: string;
  /** PATH of this process: where programs are looked for. */
  path: string;
  log: (line: string) => void;
}

export interface Benchmark {
  id: string;
  series: Series[];
  /** Throws for faults only; ends everything it started. */
  run(context: Context): Promise<Samples>;
}
