/** Laws of the judge over thousands of random sets of facts; the seed is fixed, so a failure comes back. */
import { describe, expect, test } from '@jest/globals';
import { wouldChange } from '../../../src/domain/explain.ts';
import { judge, RULES } from '../../../src/domain/judge.ts';
import type { JudgeFacts } from '../../../src/domain/judge.ts';
import { unmetChecks } from '../../../src/domain/judge/feedback.ts';
import { heuristicConfidence } from '../../../src/domain/scores.ts';
import { seededRandom } from '../random.ts';
import { good, randomFacts, redCheck, reviewed } from './sample-facts.ts';

const ROUNDS = 5000;

function forAll(law: (facts: JudgeFacts, random: () => number) => void, seed = 7): void {
  const random = seededRandom(seed);
  for (let round = 0; round < ROUNDS; round += 1) law(randomFacts(random), random);
}

const withQuality = (facts: JudgeFacts, quality: number): JudgeFacts =>
  facts.review?.kind === 'reviewed' ? { ...facts, review: { ...facts.review, review: { ...facts.review.review, quality } } } : facts;

const RANK = { wait: 0, rerun: 0, breakpoint: 1, retry: 1, clarify: 2, proceed: 3 } as const;

describe('laws', () => {
  test('a required check that is not met never proceeds, whatever the review', () => {
    let seen = 0;
    forAll((facts) => {
      const perfect = { ...facts, evidence: [...facts.evidence, redCheck()], review: reviewed({ quality: 1, confidence: 1 }) };
      for (const some of [facts, perfect]) {
        if (unmetChecks(some).length === 0) continue;
        seen += 1;
        expect(['proceed', 'clarify']).not.toContain(judge(some).decision.kind);
      }
    });
    expect(seen).toBeGreaterThan(ROUNDS);
  });

  test('a turn that did not complete, or shows no work, never proceeds', () => {
    forAll((facts) => {
      if (facts.outcome.kind !== 'completed' || !facts.validation.valid) expect(judge(facts).decision.kind).not.toBe('proceed');
    });
  });

  test('a better review never makes the decision worse', () => {
    forAll((facts, random) => {
      const [low, high] = [random(), random()].sort((a, b) => a - b) as [number, number];
      const [worse, better] = [judge(withQuality(facts, low)), judge(withQuality(facts, high))];
      expect(RANK[better.decision.kind]).toBeGreaterThanOrEqual(RANK[worse.decision.kind]);
      expect(better.scores.quality ?? 0).toBeGreaterThanOrEqual(worse.scores.quality ?? 0);
    });
  });

  test('a higher gate never lets more through', () => {
    forAll((facts) => {
      const strict = judge({ ...facts, policy: { ...facts.policy, gate: 0.95 } });
      if (strict.decision.kind === 'proceed') expect(judge(facts).decision.kind).toBe('proceed');
    });
  });

  test('the same facts give the same judgement, and are left as they were', () => {
    forAll((facts) => {
      const before = JSON.stringify(facts);
      expect(judge(JSON.parse(before) as JudgeFacts)).toEqual(judge(facts));
      expect(JSON.stringify(facts)).toBe(before);
    });
  });

  test('no attempt is spent that is not left, and none after three failures in a row', () => {
    forAll((facts) => {
      const { kind } = judge(facts).decision;
      if (facts.attemptsLeft === 0) expect(['retry', 'clarify']).not.toContain(kind);
      if (facts.failuresBefore >= 2) expect(kind).not.toBe('retry');
    });
  });

  test('weights add up to one and scores stay within 0 and 1', () => {
    forAll((facts) => {
      const { scores } = judge(facts);
      for (const parts of [scores.parts, scores.confidenceParts]) {
        if (parts.length > 0) expect(parts.reduce((all, { weight }) => all + weight, 0)).toBeCloseTo(1, 3);
      }
      for (const score of [scores.quality ?? 0, scores.confidence ?? 0, heuristicConfidence(facts)]) {
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
      }
    });
  });

  test('every rule is reached by random facts too', () => {
    const reached = new Set<string>();
    forAll((facts) => reached.add(judge(facts).rule));
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
