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

/**
 * Unreachable, model missing, deadline passed, rubbish three times, or a prompt that the model's server cut although it was
 * made to fit. Of several reviewers: too few judged.
 */
export interface Unavailable {
  kind: 'unavailable';
  reason: 'unreachable' | 'model_missing' | 'deadline' | 'rubbish' | 'prompt_cut';
  message: string;
  model: string;
  tries: number;
}

export interface Reviewed {
  kind: 'reviewed';
  review: Review;
  model: string;
  promptHash: string;
  durationMs: number;
  tries: number;
  /** Of the prompt, as the model's own server counted; absent: it did not say. */
  modelTokens?: number;
  /** Changed files the reviewer saw only a part of, or nothing; absent: not known. */
  notShown?: number;
  /** Where several judged: what each of them said. */
  by?: ReviewerVote[];
}

export interface ReviewerVote {
  reviewer: string;
  model: string;
  /** Null: could not judge. */
  quality: number | null;
  confidence: number | null;
}

export type ReviewOutcome = Reviewed | Unavailable;

export interface ReviewRequest {
  system: string;
  prompt: string;
  promptHash: string;
  deadlineMs: number;
  /** Of system and prompt, with a margin for another tokenizer; absent: the reviewer estimates. */
  promptTokens?: number;
  /** What the model can read at once, as it said; absent: it did not. */
  windowTokens?: number;
}

/** `tokens`: what the model can read at once, answer included; null: nobody said. */
export type ModelWindow = { kind: 'window'; tokens: number | null } | Unavailable;

/** Chosen by name through the registry in src/llm; one contract suite runs against each. */
export interface Reviewer {
  readonly name: string;
  readonly model: string;
  /** Never throws for what a model or its server does: that is `unavailable`. Cancelled by `signal`. */
  review(request: ReviewRequest, signal: AbortSignal): Promise<ReviewOutcome>;
  /** Asked before the prompt is made. Without it the prompt is made to fit 8,192 tokens. Never throws but when cancelled. */
  window?(deadlineMs: number, signal: AbortSignal): Promise<ModelWindow>;
  /** For doctor: reachable, model present. */
  probe(signal: AbortSignal): Promise<{ reachable: boolean; modelPresent: boolean; version: string | null; detail: string; cure?: string }>;
}
