/** A past turn judged again: by another gate, other thresholds or rules, another review. Changes nothing but the facts it is given. */
import type { Decision, RuleName, Scores } from './decision.ts';
import type { CustomRule, CustomValue } from './judge/custom-rule.ts';
import { thresholdsOf, type Thresholds } from './judge/thresholds.ts';
import { judge, type JudgeFacts } from './judge.ts';
import type { ReviewOutcome } from './review.ts';

export interface Otherwise {
  gate?: number;
  thresholds?: Partial<Thresholds>;
  /** In place of the plan's. */
  rules?: CustomRule[];
  /** In place of the review there was. */
  review?: ReviewOutcome;
  /** Where the facts do not hold them. */
  paths?: string[];
}

/** A decision in few words, as it is stored and as it would be. */
export interface Outcome {
  decision: Decision['kind'];
  breakpoint: string | null;
  rule: RuleName;
  quality: number | null;
  confidence: number | null;
}

export interface Rejudged {
  before: Outcome;
  after: Outcome;
  /** Why, in a sentence, now. */
  reason: string;
  custom?: CustomValue[];
  /** Another decision or another rule. */
  differs: boolean;
}

export interface Stored {
  decision: Decision['kind'];
  breakpoint: string | null;
  rule: RuleName;
  scores: Scores;
  facts: JudgeFacts;
}

function altered(facts: JudgeFacts, { gate, thresholds, rules, review, paths }: Otherwise): JudgeFacts {
  const changes = { ...facts.changes, ...(paths && !facts.changes.paths && { paths }) };
  const policy = {
    ...facts.policy, ...(gate !== undefined && { gate }), ...(thresholds && { thresholds: { ...thresholdsOf(facts), ...thresholds } }), ...(rules && { rules }),
  };
  return { ...facts, changes, policy, ...(review && { review }) };
}

/** Pure: the same decision and the same question give the same answer. */
export function rejudge(stored: Stored, otherwise: Otherwise): Rejudged {
  const judged = judge(altered(stored.facts, otherwise));
  const { quality, confidence } = stored.scores;
  const before: Outcome = { decision: stored.decision, breakpoint: stored.breakpoint, rule: stored.rule, quality, confidence };
  const after: Outcome = {
    decision: judged.decision.kind, breakpoint: 'breakpoint' in judged.decision ? judged.decision.breakpoint : null, rule: judged.rule,
    quality: judged.scores.quality, confidence: judged.scores.confidence,
  };
  const differs = before.decision !== after.decision || before.breakpoint !== after.breakpoint || before.rule !== after.rule;
  return { before, after, reason: judged.reason, ...(judged.custom && { custom: judged.custom }), differs };
}
