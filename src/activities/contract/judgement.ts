/** What becomes of a turn that has ended: changes, checks, review, decision. Types only. */
import type { BreakpointKind } from '../../domain/breakpoints.ts';
import type { DecisionKind, RuleName } from '../../domain/decision.ts';
import type { TurnCall } from './plan-brief.ts';
import type { Unexpected } from './unexpected.ts';

/** `again`: how often its end was measured anew before, with no run between; what was measured then is dropped. */
export interface MeasureTurn extends TurnCall {
  again?: number;
}

export interface EndTurnResult {
  tree: string;
  changedFiles: number;
  /** Changes that a person is asked about. */
  unexpected?: Unexpected;
}

export interface ChecksResult {
  checks: { name: string; exitCode: number | null; outcome: string; met: boolean }[];
}

export interface ReviewResult {
  kind: 'reviewed' | 'unavailable' | 'skipped';
  quality: number | null;
  confidence: number | null;
}

export interface JudgeTurn extends TurnCall {
  attemptsLeft: number;
  /** Failures in a row before this turn. */
  failuresBefore: number;
  /** A person said: go on without a review. */
  skipReview: boolean;
  /** Tree whose weaker evidence a person has accepted; absent: none. */
  weakeningsApproved?: string;
  /** The turn made a plan and nothing else. */
  planning?: true;
  /** Times in a row that the turn has waited for the API or a limit before this; absent: none. */
  waitsBefore?: number;
  /** Turns with which a run that reached its limit may go on; absent: a person is asked. */
  enlargeTo?: number;
  /** A person said: judge what is there, and try no more. */
  finish?: boolean;
}

export interface JudgeResult {
  decision: DecisionKind;
  rule: RuleName;
  /** For `breakpoint`, and for a `wait` that a person sees. */
  breakpoint: BreakpointKind | null;
  /** For `breakpoint`: nothing was tried; after `retry` the same turn goes on. */
  hold?: boolean;
  /** What the question is about; small. */
  detail?: Record<string, unknown>;
  /** One paragraph for people; cut to 1,000 characters. The whole feedback is in the decision row. */
  reason: string;
  until: string | null;
  quality: number | null;
  confidence: number | null;
  /** Counts towards failures in a row. */
  failed: boolean;
}
