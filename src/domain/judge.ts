/**
 * The decision about a turn: an ordered table, first match wins (design: "The life of a turn"). Rows 2, 7, 8 and 9 of the
 * design (weakened evidence, custom rules, conflicts, architecture) join when their breakpoints do; whoever adds them must
 * keep the order: no row above 10 may proceed, so that no score overrules a failing required check. Package-free.
 */
import type { Decision, RuleName, Scores } from './decision.ts';
import type { JudgeFacts } from './judge/facts.ts';
import { failedChecksLine, failedChecksText, issuesText, unmetChecks, validationText } from './judge/feedback.ts';
import { OUTCOME_RULES } from './judge/outcome-rules.ts';
import type { Rule, Verdict } from './judge/rule.ts';
import { askPerson, failuresInRow, MAX_FAILURES_IN_ROW, mayRetry, retry, whyNotAgain } from './judge/verdict.ts';
import { scoreTurn } from './scores.ts';

export type { JudgeFacts } from './judge/facts.ts';

export interface Judgement {
  decision: Decision;
  rule: RuleName;
  scores: Scores;
  /** One paragraph for people. */
  reason: string;
  /** Counts towards failures in a row. */
  failed: boolean;
}

/** Below, a person is asked; the plan cannot change it. */
export const CONFIDENCE_FLOOR = 0.3;
/** At or above, another turn with the issues is worth it; below, the work is as good as failed. */
export const CLARIFY_FLOOR = 0.5;

const percent = (score: number | null): string => (score ?? 0).toFixed(2);
const reviewed = (facts: JudgeFacts): boolean => facts.review?.kind === 'reviewed';
const evidenceAlone = ({ skipReview, policy }: JudgeFacts, { quality }: Scores): boolean =>
  skipReview || (policy.withoutReviewer === 'evidence' && quality !== null);

/**
 * A reviewer's own score under the clarify floor never passes, however well the checks stand: that is the design's
 * row 8, which will ask a person once conflicting_solutions exists. Until then the agent hears the issues.
 */
const passes = (facts: JudgeFacts, { quality }: Scores): boolean =>
  (quality ?? 0) >= facts.policy.gate && !(facts.review?.kind === 'reviewed' && facts.review.review.quality < CLARIFY_FLOOR);

const atGate = (facts: JudgeFacts, { quality }: Scores): string => `quality ${percent(quality)} against the gate ${percent(facts.policy.gate)}`;

/** In this order; every rule of the design that exists today. */
export const RULES: readonly Rule[] = [
  ...OUTCOME_RULES,
  {
    name: 'check_failed_retry', design: 3,
    when: (facts) => unmetChecks(facts).length > 0 && mayRetry(facts),
    decide: (facts) => retry(failedChecksText(facts), failedChecksLine(facts)),
  },
  {
    name: 'check_failed_final', design: 4,
    when: (facts) => unmetChecks(facts).length > 0,
    decide: (facts) => askPerson(
      failuresInRow(facts) >= MAX_FAILURES_IN_ROW ? 'consecutive_failures' : 'breaking_test_failure', `${failedChecksLine(facts)} ${whyNotAgain(facts)}`,
    ),
  },
  {
    name: 'no_work_done_retry', design: 5,
    when: (facts) => !facts.validation.valid && mayRetry(facts),
    decide: (facts) => retry(`${validationText(facts)}\nDo the work with the tools you have; a description of it is not enough.`, validationText(facts)),
  },
  {
    name: 'no_work_done_final', design: 5,
    when: (facts) => !facts.validation.valid,
    decide: (facts) => askPerson('consecutive_failures', `${validationText(facts)} ${whyNotAgain(facts)}`),
  },
  {
    name: 'reviewer_unavailable', design: 6,
    when: (facts, scores) => !reviewed(facts) && !evidenceAlone(facts, scores),
    decide: (facts) => askPerson('reviewer_unavailable', unavailableReason(facts), false),
  },
  {
    name: 'confidence_too_low', design: 10,
    when: (facts, { confidence }) => (confidence ?? 0) < CONFIDENCE_FLOOR && !facts.skipReview,
    decide: (facts, scores) => askPerson(
      'confidence_too_low', `Confidence ${percent(scores.confidence)} is under ${percent(CONFIDENCE_FLOOR)} (${atGate(facts, scores)}).`, false,
    ),
  },
  {
    name: 'reviewer_skipped', design: 11,
    when: (facts, scores) => !reviewed(facts) && (scores.quality === null || passes(facts, scores)),
    decide: (facts, scores) => proceed(
      `Decided ${facts.skipReview ? 'without a review, as a person said' : 'on the evidence alone, as the plan says'}: ` +
      (scores.quality === null ? 'there is no check either.' : `${atGate(facts, scores)}.`),
    ),
  },
  { name: 'quality_reached', design: 11, when: passes, decide: (facts, scores) => proceed(`Required checks are met, ${atGate(facts, scores)}.`) },
  {
    name: 'clarify', design: 12,
    when: (facts, { quality }) => (quality ?? 0) >= CLARIFY_FLOOR && facts.attemptsLeft > 0,
    decide: (facts, scores) => ({
      decision: { kind: 'clarify', feedback: issuesText(facts) },
      reason: `Not good enough yet, ${atGate(facts, scores)}:\n${issuesText(facts)}`, failed: false,
    }),
  },
  {
    name: 'quality_low_retry', design: 13,
    when: mayRetry,
    decide: (facts, scores) => retry(issuesText(facts), `Too low, ${atGate(facts, scores)}:\n${issuesText(facts)}`),
  },
  {
    name: 'quality_low_final', design: 13,
    when: () => true,
    decide: (facts, scores) => askPerson('consecutive_failures', `Too low, ${atGate(facts, scores)}. ${whyNotAgain(facts)}\n${issuesText(facts)}`),
  },
];

const proceed = (reason: string): Verdict => ({ decision: { kind: 'proceed' }, reason, failed: false });

function unavailableReason({ review, policy }: JudgeFacts): string {
  const why = review?.kind === 'unavailable' ? `${review.reason}, ${review.message} (${review.model}, tried ${review.tries} times)` : 'it was not asked';
  const alone = policy.withoutReviewer === 'evidence' ? ' The plan says to go by the evidence alone, but no check ran.' : '';
  return `The reviewer could not judge this turn: ${why}.${alone}`;
}

/** Judges a turn. Same facts, same judgement. */
export function judge(facts: JudgeFacts): Judgement {
  const scores = scoreTurn(facts);
  const rule = RULES.find(({ when }) => when(facts, scores));
  if (!rule) throw new Error('the last rule matches always');
  return { ...rule.decide(facts, scores), rule: rule.name, scores };
}
