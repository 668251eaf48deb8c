/** What is decided about a turn. The rules that decide are in judge.ts; this is the vocabulary. Package-free. */
import type { BreakpointKind } from './breakpoints.ts';

export type Decision =
  | { kind: 'proceed' }
  /** Another attempt; the feedback goes into its prompt. */
  | { kind: 'retry'; feedback: string }
  /** Another attempt in the same session with the reviewer's issues. */
  | { kind: 'clarify'; feedback: string }
  /** Sleep until then (RFC 3339; null: nobody said) and run again; not an attempt. With a breakpoint a person sees it, and may shorten it. */
  | { kind: 'wait'; until: string | null; breakpoint: 'rate_limit_hit' | null }
  /** The run was lost or interrupted: run again under the next seq; not an attempt. */
  | { kind: 'rerun'; feedback: string }
  /** A rule of the plan ends the milestone. */
  | { kind: 'stop'; reason: string }
  /** `hold`: nothing was tried; after `retry` the same turn goes on with its next run. */
  | { kind: 'breakpoint'; breakpoint: BreakpointKind; reason: string; hold?: true };

export type DecisionKind = Decision['kind'];

/** Name of the rule that matched; stored with the decision and shown by `decisions`. */
export type RuleName =
  | 'turns_enlarged' | 'limit_reached' | 'budget_spent'
  | 'limited' | 'overloaded' | 'overloaded_too_long' | 'lost' | 'interrupted' | 'deferred' | 'plan_made' | 'partial' | 'sign_in_required' | 'access_refused' | 'agent_failed'
  | 'evidence_weakened' | 'record_unproven'
  | 'check_failed_retry' | 'check_failed_final'
  | 'no_work_done_retry' | 'no_work_done_final'
  | 'reviewer_unavailable' | 'reviewer_skipped'
  | 'custom' | `custom:${string}` | 'conflicting_solutions' | 'architecture_decision'
  | 'confidence_too_low' | 'quality_reached' | 'clarify' | 'quality_low_retry' | 'quality_low_final';

export interface Scores {
  /** 0..1; null when nothing could be scored. */
  quality: number | null;
  confidence: number | null;
  parts: { name: 'syntax' | 'requirements' | 'review' | 'tests'; weight: number; score: number }[];
  confidenceParts: { name: 'heuristic' | 'reviewer'; weight: number; score: number }[];
}
