/** Every number of the judge's table, at it and on either side of it. */
import { describe, expect, test } from '@jest/globals';
import { judge, type JudgeFacts } from '../../../src/domain/judge.ts';
import { THRESHOLDS } from '../../../src/domain/judge/thresholds.ts';
import { besides, check, good, OUTCOMES, redCheck, reviewed, unavailable } from './sample-facts.ts';

const policy = { gate: 0.7, withoutReviewer: 'ask' } as const;
const moved = (change: Partial<typeof THRESHOLDS>): JudgeFacts['policy'] => ({ ...policy, thresholds: { ...THRESHOLDS, ...change } });

/** Only a review: its quality is the quality. */
const reviewAlone = (quality: number, change: Partial<JudgeFacts> = {}): JudgeFacts =>
  good({ evidence: [], review: reviewed({ quality, requirementsMet: [] }), ...change });

/** The heuristic gives 1, so confidence is .4 + .6 of the reviewer's. */
const sure = (confidence: number, change: Partial<JudgeFacts> = {}): JudgeFacts => good({ review: reviewed({ confidence, ...{ alternatives: ['b'] } }), ...change });
/** The heuristic gives .5 without a check: confidence is .2 + .6 of the reviewer's. */
const unsure = (confidence: number, change: Partial<JudgeFacts> = {}): JudgeFacts =>
  good({ evidence: [], review: reviewed({ confidence }), ...change });

/** Passing and failing optional checks: evidence of that share. */
const shares = (met: number, of: number): JudgeFacts['evidence'] =>
  Array.from({ length: of }, (_, n) => (n < met ? check({ name: `c${n}` }) : redCheck({ name: `c${n}`, required: false })));
const sides = (met: number, of: number, quality: number, change: Partial<JudgeFacts> = {}): JudgeFacts =>
  good({ evidence: shares(met, of), review: reviewed({ quality }), ...change });

const overloaded = OUTCOMES.find((one) => one.kind === 'failed' && one.reason === 'overloaded');

const ROWS: [what: string, facts: JudgeFacts, rule: string][] = [
  ['gate .7: at it', reviewAlone(0.7), 'quality_reached'],
  ['gate .7: just under', reviewAlone(0.6999), 'clarify'],
  ['gate moved to .9: at it', reviewAlone(0.9, { policy: { ...policy, gate: 0.9 } }), 'quality_reached'],
  ['gate moved to .9: just under', reviewAlone(0.8999, { policy: { ...policy, gate: 0.9 } }), 'clarify'],
  ['clarify .5: at it', reviewAlone(0.5), 'clarify'],
  ['clarify .5: just under', reviewAlone(0.4999), 'quality_low_retry'],
  ['clarify moved to .6: at it', reviewAlone(0.6, { policy: moved({ clarify: 0.6 }) }), 'clarify'],
  ['clarify moved to .6: just under', reviewAlone(0.5999, { policy: moved({ clarify: 0.6 }) }), 'quality_low_retry'],
  ['confidence .3: at it', unsure(1 / 6), 'quality_reached'],
  ['confidence .3: just under', unsure(0.1665), 'confidence_too_low'],
  ['confidence moved to .8: at it', unsure(1, { policy: moved({ confidence: 0.8 }) }), 'quality_reached'],
  ['confidence moved to .8: just under', unsure(0.999, { policy: moved({ confidence: 0.8 }) }), 'confidence_too_low'],
  ['design .9: at it', sure(5 / 6), 'quality_reached'],
  ['design .9: just under', sure(0.833), 'architecture_decision'],
  ['design moved to 1: under it', sure(0.99, { policy: moved({ design: 1 }) }), 'architecture_decision'],
  ['design moved to .5: over it', sure(0.5, { policy: moved({ design: 0.5 }) }), 'quality_reached'],
  ['conflict: evidence .75 and review .45 are .3 apart, not more', sides(3, 4, 0.45), 'quality_reached'],
  ['conflict: evidence .75 and review .4499 are more than .3 apart', sides(3, 4, 0.4499), 'conflicting_solutions'],
  ['conflict: the lower side at .5', sides(1, 1, 0.5), 'quality_reached'],
  ['conflict: the lower side just under .5', sides(1, 1, 0.4999), 'conflicting_solutions'],
  ['conflict: the higher side at the gate', sides(1, 4, 0.7), 'conflicting_solutions'],
  ['conflict: the higher side just under the gate', sides(1, 4, 0.6999, { policy: { ...policy, gate: 0.7 } }), 'quality_reached'],
  ['conflict moved to .7', sides(1, 1, 0.31, { policy: moved({ conflict: 0.7 }) }), 'quality_reached'],
  ['conflict moved to .1', sides(3, 5, 0.49, { policy: { ...moved({ conflict: 0.1 }), gate: 0.6 } }), 'conflicting_solutions'],
  ['forks: .7 and .4 are .3 apart, not more', reviewAlone(0.7, { forks: besides(0.4) }), 'quality_reached'],
  ['forks: .7 and .3999 are more than .3 apart', reviewAlone(0.7, { forks: besides(0.3999) }), 'conflicting_solutions'],
  ['forks: the turn just under the gate', reviewAlone(0.6999, { forks: besides(0.1) }), 'clarify'],
  ['forks: the other at .5', reviewAlone(0.9, { forks: besides(0.5) }), 'quality_reached'],
  ['forks: the other just under .5', reviewAlone(0.9, { forks: besides(0.4999) }), 'conflicting_solutions'],
  ['forks: the turn at .5', reviewAlone(0.5, { forks: besides(0.9) }), 'clarify'],
  ['forks: the turn just under .5', reviewAlone(0.4999, { forks: besides(0.9) }), 'conflicting_solutions'],
  ['forks: the other at the gate', reviewAlone(0.1, { forks: besides(0.7) }), 'conflicting_solutions'],
  ['forks: the other just under the gate', reviewAlone(0.1, { forks: besides(0.6999) }), 'quality_low_retry'],
  ['forks: conflict moved to .7', reviewAlone(0.9, { forks: besides(0.2), policy: moved({ conflict: 0.7 }) }), 'quality_reached'],
  ['failures in a row: the second', good({ evidence: [redCheck()], failuresBefore: 1 }), 'check_failed_retry'],
  ['failures in a row: the third', good({ evidence: [redCheck()], failuresBefore: 2 }), 'check_failed_final'],
  ['attempts: one left', good({ evidence: [redCheck()], attemptsLeft: 1 }), 'check_failed_retry'],
  ['attempts: none left', good({ evidence: [redCheck()], attemptsLeft: 0 }), 'check_failed_final'],
  ['attempts: one left, to clarify', reviewAlone(0.6, { attemptsLeft: 1 }), 'clarify'],
  ['attempts: none left, to clarify', reviewAlone(0.6, { attemptsLeft: 0 }), 'quality_low_final'],
  ['waits: the tenth', good({ outcome: overloaded, waitsBefore: 9 }), 'overloaded'],
  ['waits: the eleventh', good({ outcome: overloaded, waitsBefore: 10 }), 'overloaded_too_long'],
  ['without a reviewer, on the evidence: at the gate', good({ evidence: shares(7, 10), review: unavailable, policy: { gate: 0.7, withoutReviewer: 'evidence' } }), 'reviewer_skipped'],
  ['without a reviewer, on the evidence: under it', good({ evidence: shares(6, 10), review: unavailable, policy: { gate: 0.7, withoutReviewer: 'evidence' } }), 'clarify'],
];

describe('at each number, and beside it', () => {
  test.each(ROWS)('%s', (_, facts, rule) => {
    expect(judge(facts).rule).toBe(rule);
  });

  test('what is not moved stays where it is', () => {
    expect(THRESHOLDS).toEqual({ confidence: 0.3, clarify: 0.5, conflict: 0.3, design: 0.9 });
    const stored = JSON.parse(JSON.stringify(reviewAlone(0.5))) as JudgeFacts;
    expect(judge(stored)).toEqual(judge({ ...stored, policy: moved({}) }));
  });
});
