/** Laws of the judge over thousands of random sets of facts; the seed is fixed, so a failure comes back. */
import { describe, expect, test } from '@jest/globals';
import { BREAKPOINTS } from '../../../src/domain/breakpoints.ts';
import { wouldChange } from '../../../src/domain/explain.ts';
import { judge, RULES } from '../../../src/domain/judge.ts';
import type { JudgeFacts } from '../../../src/domain/judge.ts';
import { unmetChecks } from '../../../src/domain/judge/feedback.ts';
import { heuristicConfidence } from '../../../src/domain/scores.ts';
import { seededRandom } from '../../support/random.ts';
import { account, besides, check, good, randomFacts, redCheck, reviewed, weakened } from './sample-facts.ts';

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

const withoutRules = (facts: JudgeFacts): JudgeFacts => ({ ...facts, policy: { ...facts.policy, rules: undefined } });

const RANK = { wait: 0, rerun: 0, stop: 0, breakpoint: 1, retry: 1, clarify: 2, proceed: 3 } as const;

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

  test('with weaker evidence nothing goes on, whatever the checks and the review say', () => {
    forAll((facts) => {
      const perfect = { ...facts, weakenings: [weakened()], weakeningsApproved: false, evidence: [check()], review: reviewed({ quality: 1, confidence: 1 }) };
      return !goesOn(perfect) && !goesOn({ ...facts, weakenings: [weakened()], weakeningsApproved: false });
    });
  });

  test('a record that is not what happened never goes on by itself', () => {
    forAll((facts) => !goesOn({ ...facts, unproven: ['a row is missing'], weakeningsApproved: false }));
  });

  test('weaker evidence that was accepted changes nothing: the other rules hold as without it', () => {
    forAll(({ unproven: _, ...facts }) => {
      const { rule, decision } = judge({ ...facts, weakenings: [] });
      const accepted = [{ ...facts, weakenings: [weakened()], weakeningsApproved: true }, { ...facts, weakenings: [weakened({ accepted: 'task' })] }];
      return accepted.every((some) => JSON.stringify(judge(some).decision) === JSON.stringify(decision) && judge(some).rule === rule);
    });
  });

  test('a turn that did not complete, or shows no work, never goes on by itself, unless checks and a review prove what a limit cut short', () => {
    const isCut = ({ outcome }: JudgeFacts): boolean => outcome.kind === 'maxTurns' || outcome.kind === 'overBudget';
    const isProven = ({ evidence, review }: JudgeFacts): boolean => evidence.some(({ required }) => required) && review?.kind === 'reviewed';
    forAll((facts) => {
      const mayGoOn = facts.finish ? facts.validation.valid : facts.validation.valid && (facts.outcome.kind === 'completed' || (isCut(facts) && isProven(facts)));
      return mayGoOn || !goesOn(facts);
    });
  });

  test('without money no attempt begins before a person was asked, and a run is given more turns at most once', () => {
    forAll((facts) => {
      const { kind } = judge({ ...facts, accounts: [account({ spentUsd: 5 })], finish: false }).decision;
      const again = judge({ ...facts, outcome: { kind: 'maxTurns', turns: 24 }, enlargeTo: undefined }).decision.kind;
      return kind !== 'retry' && kind !== 'clarify' && again !== 'rerun';
    });
  });

  test('who finishes gets no further attempt', () => {
    forAll((facts) => !['retry', 'clarify', 'rerun', 'wait'].includes(judge({ ...facts, finish: true, attemptsLeft: 0 }).decision.kind));
  });

  test('a better review never makes the decision worse, unless it comes to contradict the evidence', () => {
    forAll((some, random) => {
      const facts = withoutRules(some);
      const [low, high] = [random(), random()].sort((a, b) => a - b) as [number, number];
      const [worse, better] = [judge(withQuality(facts, low)), judge(withQuality(facts, high))];
      return (better.rule === 'conflicting_solutions' || RANK[better.decision.kind] >= RANK[worse.decision.kind]) && (better.scores.quality ?? 0) >= (worse.scores.quality ?? 0);
    });
  });

  test('a higher gate never lets more through', () => {
    forAll((facts) => judge({ ...facts, policy: { ...facts.policy, gate: 0.95 } }).decision.kind !== 'proceed' || judge(facts).decision.kind === 'proceed');
  });

  test('a check that passes in place of one that fails never lowers the quality', () => {
    let seen = 0;
    forAll((facts) => facts.evidence.every((failing, n) => {
      if (failing.met && failing.outcome !== 'flaky') return true;
      seen += 1;
      const evidence = facts.evidence.map((one, at) => (at === n ? check({ ...one, outcome: 'pass', exitCode: 0, met: true }) : one));
      return (judge({ ...facts, evidence }).scores.quality ?? 0) >= (judge(facts).scores.quality ?? 0);
    }));
    expect(seen).toBeGreaterThan(ROUNDS / 2);
  });

  test('every set of facts has exactly one decision, by a rule of the table', () => {
    const names = new Set<string>(RULES.map(({ name }) => name));
    forAll((facts) => {
      const { decision, rule, failed, reason } = judge(facts);
      const known = names.has(rule.startsWith('custom:') ? 'custom' : rule) && Object.hasOwn(RANK, decision.kind);
      return known && typeof failed === 'boolean' && reason !== '' && (decision.kind !== 'breakpoint' || decision.breakpoint in BREAKPOINTS);
    });
  });

  test('a rule of the plan never lets work through, and never comes before the rows above it', () => {
    let seen = 0;
    forAll((some) => {
      const facts = { ...some, accounts: [] };
      if (['maxTurns', 'overBudget'].includes(facts.outcome.kind)) return true;
      const [own, without] = [judge(facts), judge(withoutRules(facts))];
      const row = RULES.find(({ name }) => name === without.rule)?.design ?? 0;
      if (own.rule.startsWith('custom:')) seen += 1;
      return own.rule.startsWith('custom:') ? row > 6 && own.decision.kind !== 'proceed' : own.rule === without.rule;
    });
    expect(seen).toBeGreaterThan(ROUNDS / 50);
  });

  test('another line of the task can only ask, never before the rows above it, and never lets work through', () => {
    let seen = 0;
    forAll((some) => {
      const { forks: _, ...alone } = { ...some, accounts: [] };
      if (['maxTurns', 'overBudget'].includes(alone.outcome.kind)) return true;
      const [beside, without] = [judge({ ...alone, forks: besides(0, 1) }), judge(alone)];
      const row = RULES.find(({ name }) => name === without.rule)?.design ?? 0;
      if (beside.rule === without.rule) return beside.decision.kind === without.decision.kind;
      seen += 1;
      return beside.rule === 'conflicting_solutions' && row > 8;
    });
    expect(seen).toBeGreaterThan(ROUNDS / 50);
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
    forAll((facts) => reached.add(judge(facts).rule.replace(/:.*/, '')) !== undefined);
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
