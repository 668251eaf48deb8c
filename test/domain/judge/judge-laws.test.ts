/** Laws of the judge over thousands of random sets of facts; the seed is fixed, so a failure comes back. */
import { describe, expect, test } from '@jest/globals';
import { wouldChange } from '../../../src/domain/explain.ts';
import { judge, RULES } from '../../../src/domain/judge.ts';
import type { JudgeFacts } from '../../../src/domain/judge.ts';
import { unmetChecks } from '../../../src/domain/judge/feedback.ts';
import { heuristicConfidence } from '../../../src/domain/scores.ts';
import { seededRandom } from '../../support/random.ts';
import { good, randomFacts, redCheck, reviewed } from './sample-facts.ts';

const ROUNDS = 5000;

/** Tries a law on many facts; a law answers true where it holds. (An `expect` per round would take seconds.) */
function forAll(law: (facts: JudgeFacts, random: () => number) => boolean): void {
  const random = seededRandom(7);
  for (let round = 0; round < ROUNDS; round += 1) {
    const facts = randomFacts(random);
    if (!law(facts, random)) expect({ round, facts, judged: judge(facts) }).toBe('a case where the law holds');
  }
}

const withQuality = (facts: JudgeFacts, quality: number): JudgeFacts =>
  facts.review?.kind === 'reviewed' ? { ...facts, review: { ...facts.review, review: { ...facts.review.review, quality } } } : facts;

const RANK = { wait: 0, rerun: 0, breakpoint: 1, retry: 1, clarify: 2, proceed: 3 } as const;

const goesOn = (facts: JudgeFacts): boolean => ['proceed', 'clarify'].includes(judge(facts).decision.kind);
const within = (score: number | null): boolean => score === null || (score >= 0 && score <= 1);
const addUp = (parts: { weight: number }[]): boolean => parts.length === 0 || Math.abs(parts.reduce((all, { weight }) => all + weight, 0) - 1) < 0.001;

describe('laws', () => {
  test('a required check that is not met never goes on, whatever the review', () => {
    let seen = 0;
    forAll((facts) => {
      const perfect = { ...facts, evidence: [...facts.evidence, redCheck()], review: reviewed({ quality: 1, confidence: 1 }) };
      return [facts, perfect].filter((some) => unmetChecks(some).length > 0).every((some) => {
        seen += 1;
        return !goesOn(some);
      });
    });
    expect(seen).toBeGreaterThan(ROUNDS);
  });

  test('a turn that did not complete, or shows no work, never goes on', () => {
    forAll((facts) => (facts.outcome.kind === 'completed' && facts.validation.valid) || !goesOn(facts));
  });

  test('a better review never makes the decision worse', () => {
    forAll((facts, random) => {
      const [low, high] = [random(), random()].sort((a, b) => a - b) as [number, number];
      const [worse, better] = [judge(withQuality(facts, low)), judge(withQuality(facts, high))];
      return RANK[better.decision.kind] >= RANK[worse.decision.kind] && (better.scores.quality ?? 0) >= (worse.scores.quality ?? 0);
    });
  });

  test('a higher gate never lets more through', () => {
    forAll((facts) => judge({ ...facts, policy: { ...facts.policy, gate: 0.95 } }).decision.kind !== 'proceed' || judge(facts).decision.kind === 'proceed');
  });

  test('the same facts give the same judgement, and are left as they were', () => {
    forAll((facts) => {
      const before = JSON.stringify(facts);
      const same = JSON.stringify(judge(JSON.parse(before) as JudgeFacts)) === JSON.stringify(judge(facts));
      return same && JSON.stringify(facts) === before;
    });
  });

  test('no attempt is spent that is not left, and no retry follows three failures in a row', () => {
    forAll((facts) => {
      const { kind } = judge(facts).decision;
      return !(facts.attemptsLeft === 0 && ['retry', 'clarify'].includes(kind)) && !(facts.failuresBefore >= 2 && kind === 'retry');
    });
  });

  test('weights add up to one and scores stay within 0 and 1', () => {
    forAll((facts) => {
      const { scores } = judge(facts);
      return addUp(scores.parts) && addUp(scores.confidenceParts) && [scores.quality, scores.confidence, heuristicConfidence(facts)].every(within);
    });
  });

  test('every rule is reached by random facts too', () => {
    const reached = new Set<string>();
    forAll((facts) => reached.add(judge(facts).rule) !== undefined);
    expect([...reached].sort()).toEqual(RULES.map(({ name }) => name).sort());
  });
});

describe('what would have changed the decision', () => {
  test('a turn with a red check: the check, and nothing about the review', () => {
    const says = wouldChange(good({ evidence: [redCheck()], attemptsLeft: 1 }));
    expect(says).toContain('With test passing (it still fails, as it did before (exit code 1)): proceed (quality_reached).');
    expect(says).toContain('With no attempt left: breakpoint breaking_test_failure (check_failed_final).');
    expect(says.join()).not.toMatch(/review/);
  });

  test('a turn just under the gate: the nearest scores', () => {
    const facts = good({ evidence: [], review: reviewed({ requirementsMet: [], quality: 0.6 }), attemptsLeft: 1 });
    const says = wouldChange(facts);
    expect(says).toContain('With a review quality of 0.70 or more: proceed (quality_reached).');
    expect(says).toContain('With a review quality of 0.49 or less: retry (quality_low_retry).');
    expect(says).toContain('With policy.gate of 0.60 or less: proceed (quality_reached).');
    expect(judge({ ...facts, review: reviewed({ requirementsMet: [], quality: 0.7 }) }).decision.kind).toBe('proceed');
  });

  test('an absent reviewer: the policy', () => {
    const says = wouldChange(good({ review: null }));
    expect(says).toContain('With policy.withoutReviewer: evidence: proceed (reviewer_skipped).');
  });

  test('never says what is already so', () => {
    const random = seededRandom(3);
    for (let round = 0; round < 200; round += 1) {
      const facts = randomFacts(random);
      const judged = judge(facts);
      const now = judged.decision.kind === 'breakpoint' ? `breakpoint ${judged.decision.breakpoint}` : judged.decision.kind;
      expect(wouldChange(facts, judged).filter((sentence) => sentence.includes(`: ${now} (`))).toEqual([]);
    }
  });
});
