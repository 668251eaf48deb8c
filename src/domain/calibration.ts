/**
 * Predicted confidence against later truth: how often work of which the judge was so and so sure turned out right.
 *
 * A turn is a sample once its truth is known. It was **right** when a person approved it, or when it went on and its milestone was
 * completed without a contradiction. It was **wrong** when a person answered the question about it in any other way, when its task
 * was worked on again afterwards, or when a check that it had not passed firmly itself (not run, or flaky) newly failed at its next
 * run in the milestone. Turns that the judge sent back, and those of which nothing is known yet, are no samples. Package-free.
 */
import type { AnswerAction } from './breakpoints.ts';
import type { CheckOutcome } from './evidence.ts';
import type { DecisionKind } from './decision.ts';

/** A turn with its last decision, as far as calibration looks at it. */
export interface JudgedTurn {
  milestone: string;
  /** Run of the milestone. */
  epoch: number;
  task: string;
  turn: number;
  decision: DecisionKind;
  confidence: number | null;
  /** This run of the milestone ended well. */
  completed: boolean;
  checks: { name: string; outcome: CheckOutcome; met: boolean }[];
  /** A person's answers to questions about the work of this turn, oldest first. */
  answers: AnswerAction[];
}

export type Why = 'approved' | 'rejected' | 'stood' | 'reopened' | 'check_failed';

export interface Sample {
  confidence: number;
  right: boolean;
  why: Why;
}

const FIRM = new Set<CheckOutcome>(['pass', 'fixed']);
const BROKEN = new Set<CheckOutcome>(['newlyFailing', 'timeout']);

function failedLater(turn: JudgedTurn, later: readonly JudgedTurn[]): boolean {
  const firm = new Set(turn.checks.filter(({ outcome }) => FIRM.has(outcome)).map(({ name }) => name));
  const seen = new Set<string>();
  return later.flatMap(({ checks }) => checks).some(({ name, outcome }) => {
    if (firm.has(name) || outcome === 'skipped' || seen.size === seen.add(name).size) return false;
    return BROKEN.has(outcome);
  });
}

/** Undefined: not known, or nothing that can be. */
function truthOf(turn: JudgedTurn, later: readonly JudgedTurn[]): Why | undefined {
  const answer = turn.decision === 'breakpoint' ? turn.answers.at(-1) : undefined;
  if (answer !== undefined && answer !== 'approve') return 'rejected';
  if (answer === undefined && turn.decision !== 'proceed') return undefined;
  if (later.some(({ task }) => task === turn.task)) return 'reopened';
  if (failedLater(turn, later)) return 'check_failed';
  if (answer === 'approve') return 'approved';
  return turn.completed ? 'stood' : undefined;
}

/** Of turns in the order in which they were made. */
export function samplesOf(turns: readonly JudgedTurn[]): Sample[] {
  const runs = Map.groupBy(turns, ({ milestone, epoch }) => `${milestone}/${epoch}`);
  return [...runs.values()].flatMap((run) => run.flatMap((turn, n) => {
    const why = turn.confidence === null ? undefined : truthOf(turn, run.slice(n + 1));
    return why === undefined ? [] : [{ confidence: turn.confidence ?? 0, right: why === 'stood' || why === 'approved', why }];
  }));
}

export interface CalibrationBin {
  from: number;
  /** Not included, but for the last. */
  to: number;
  samples: number;
  /** Means; null where there is no sample. */
  predicted: number | null;
  observed: number | null;
}

export interface Calibration {
  samples: number;
  /** Mean confidence. */
  predicted: number | null;
  /** Share that was right. */
  observed: number | null;
  /** Mean squared distance of confidence from truth: 0 is perfect, .25 is a coin. */
  brier: number | null;
  bins: CalibrationBin[];
  why: Record<Why, number>;
}

const BINS = 5;

const round = (value: number): number => Math.round(value * 10_000) / 10_000;

const mean = <T>(list: readonly T[], value: (item: T) => number): number | null =>
  (list.length === 0 ? null : round(list.reduce((sum, item) => sum + value(item), 0) / list.length));

const summary = (samples: readonly Sample[]): Pick<Calibration, 'samples' | 'predicted' | 'observed'> =>
  ({ samples: samples.length, predicted: mean(samples, ({ confidence }) => confidence), observed: mean(samples, ({ right }) => Number(right)) });

export function calibrationOf(samples: readonly Sample[]): Calibration {
  const binOf = ({ confidence }: Sample): number => Math.min(BINS - 1, Math.floor(round(confidence * BINS)));
  const bins = Array.from({ length: BINS }, (_, n) => ({ from: n / BINS, to: (n + 1) / BINS, ...summary(samples.filter((one) => binOf(one) === n)) }));
  const why: Record<Why, number> = { approved: 0, rejected: 0, stood: 0, reopened: 0, check_failed: 0 };
  for (const sample of samples) why[sample.why] += 1;
  return { ...summary(samples), brier: mean(samples, ({ confidence, right }) => (confidence - Number(right)) ** 2), bins, why };
}

/** Fewer say nothing about the next turn. */
export const MIN_SAMPLES = 20;
/** The past takes no more than this from a turn's own confidence. */
export const MAX_PAST_DOUBT = 0.2;

/** What a turn is told of the turns before it. */
export interface PastCalibration {
  samples: number;
  predicted: number;
  observed: number;
}

/** Undefined where there are too few samples. */
export function pastOf({ samples, predicted, observed }: Calibration): PastCalibration | undefined {
  return samples < MIN_SAMPLES || predicted === null || observed === null ? undefined : { samples, predicted, observed };
}

/** By how much confidence was too high, 0 to `MAX_PAST_DOUBT`. One that was too low gives nothing: doubt is never made up for. */
export function pastDoubt(past: PastCalibration | undefined): number {
  if (!past || past.samples < MIN_SAMPLES) return 0;
  return Math.min(MAX_PAST_DOUBT, Math.max(0, round(past.predicted - past.observed)));
}
