/** The reviewer's seam: any local model that can answer with this shape. Package-free. */

export interface Review {
  requirementsMet: { requirement: string; met: boolean }[];
  issues: { severity: 'info' | 'minor' | 'major'; text: string; path?: string }[];
  alternatives: string[];
  /** 0..1 */
  quality: number;
  /** 0..1: how sure the reviewer is of its own judgement. */
  confidence: number;
}

export type ReviewOutcome =
  | { kind: 'reviewed'; review: Review; model: string; promptHash: string; durationMs: number; tries: number }
  /** Unreachable, model missing, deadline passed, or rubbish three times. */
  | { kind: 'unavailable'; reason: 'unreachable' | 'model_missing' | 'deadline' | 'rubbish'; message: string; model: string; tries: number };

export interface ReviewRequest {
  system: string;
  prompt: string;
  promptHash: string;
  deadlineMs: number;
}

/** Chosen by name through the registry in src/llm; one contract suite runs against each. */
export interface Reviewer {
  readonly name: string;
  readonly model: string;
  /** Never throws for what a model or its server does: that is `unavailable`. Cancelled by `signal`. */
  review(request: ReviewRequest, signal: AbortSignal): Promise<ReviewOutcome>;
  /** For doctor: reachable, model present. */
  probe(signal: AbortSignal): Promise<{ reachable: boolean; modelPresent: boolean; version: string | null; detail: string; cure?: string }>;
}
