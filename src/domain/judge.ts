/**
 * The decision about a turn: an ordered table, first match wins (design: "The life of a turn"). Whoever adds a
 * row must keep the order: no row above 11 may proceed, so that no score and no rule of a plan overrules a failing required check.
 */
import type { Decision, RuleName, Scores } from './decision.ts';
import { evidenceRemarks } from './judge/evidence-text.ts';
import type { JudgeFacts } from './judge/facts.ts';
import { CUSTOM_RULES, customValues } from './judge/custom-rules.ts';
import type { CustomValue } from './judge/custom-rule.ts';
import { failedChecksLine, failedChecksText, issuesText, unmetChecks, validationText } from './judge/feedback.ts';
import { limitRules } from './judge/limit-rules.ts';
import { OUTCOME_RULES } from './judge/outcome-rules.ts';
import { PERSON_RULES } from './judge/person-rules.ts';
import type { Rule, Verdict } from './judge/rule.ts';
import { thresholdsOf } from './judge/thresholds.ts';
import { askPerson, atGate, failuresInRow, MAX_FAILURES_IN_ROW, mayRetry, retry, whyNotAgain } from './judge/verdict.ts';
import { WEAKENING_RULES } from './judge/weakening-rules.ts';
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
  /** What a question of it is about; small. */
  detail?: Record<string, unknown>;
  /** What each rule of the plan said; absent where the plan has none. */
  custom?: CustomValue[];
}

const reviewed = (facts: JudgeFacts): boolean => facts.review?.kind === 'reviewed';
const evidenceAlone = ({ skipReview, policy }: JudgeFacts, { quality }: Scores): boolean =>
  skipReview || (policy.withoutReviewer === 'evidence' && quality !== null);

const passes = (facts: JudgeFacts, { quality }: Scores): boolean => (quality ?? 0) >= facts.policy.gate;

/** In this order; every rule of the design that exists today. */
export const RULES: readonly Rule[] = [
  ...limitRules((facts, scores) => ruleFor(facts, scores, TIRELESS).decide(facts, scores)),
  ...OUTCOME_RULES,
  ...WEAKENING_RULES,
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
  ...CUSTOM_RULES,
  ...PERSON_RULES,
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
    when: (facts, { quality }) => (quality ?? 0) >= thresholdsOf(facts).clarify && facts.attemptsLeft > 0,
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

const LIMIT_RULES: readonly RuleName[] = ['turns_enlarged', 'limit_reached', 'budget_spent'];
/** Those that ask for no limit. */
const TIRELESS = RULES.filter(({ name }) => !LIMIT_RULES.includes(name));

/** What a person wants judged as it is, is judged by what is there, however its run ended. */
function ruleFor(facts: JudgeFacts, scores: Scores, rules: readonly Rule[] = RULES): Rule {
  const rule = rules.find((one) => !(facts.finish && OUTCOME_RULES.includes(one)) && one.when(facts, scores));
  if (!rule) throw new Error('the last rule matches always');
  return rule;
}

/** Judges a turn. Same facts, same judgement. */
export function judge(facts: JudgeFacts): Judgement {
  const scores = scoreTurn(facts);
  const rule = ruleFor(facts, scores);
  const { as, ...verdict } = rule.decide(facts, scores);
  const reason = [verdict.reason, ...evidenceRemarks(facts)].join('\n');
  return { ...verdict, reason, rule: as ?? rule.name, scores, ...(facts.policy.rules && { custom: customValues(facts, scores) }) };
}
