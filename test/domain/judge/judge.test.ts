import { describe, expect, test } from '@jest/globals';
import type { RuleName } from '../../../src/domain/decision.ts';
import { judge, RULES } from '../../../src/domain/judge.ts';
import type { JudgeFacts, Judgement } from '../../../src/domain/judge.ts';
import { check, good, noWork, OUTCOMES, redCheck, reviewed, unavailable } from './sample-facts.ts';

const short = ({ decision, rule }: Judgement): string =>
  `${rule}: ${decision.kind === 'breakpoint' ? decision.breakpoint : decision.kind}`;

const failed = (reason: string): Partial<JudgeFacts> => ({ outcome: OUTCOMES.find((o) => o.kind === 'failed' && o.reason === reason) });
const ended = (kind: string): Partial<JudgeFacts> => ({ outcome: OUTCOMES.find((o) => o.kind === kind) });
const red = { evidence: [redCheck()] };

const TABLE: [what: string, facts: Partial<JudgeFacts>, expected: string][] = [
  ['a good turn', {}, 'quality_reached: proceed'],
  ['a usage limit', ended('limited'), 'limited: wait'],
  ['a lost run', ended('lost'), 'lost: rerun'],
  ['an interrupted run', ended('interrupted'), 'interrupted: rerun'],
  ['a limit with red checks', { ...ended('limited'), ...red }, 'limited: wait'],
  ['no sign-in', failed('sign_in_required'), 'sign_in_required: sign_in_required'],
  ['an account that cannot pay', failed('billing'), 'access_refused: consecutive_failures'],
  ['an account without access', failed('access_denied'), 'access_refused: consecutive_failures'],
  ['an unknown model', failed('model_not_found'), 'access_refused: consecutive_failures'],
  ['an overloaded API', failed('overloaded'), 'overloaded: wait'],
  ['an overloaded API, no attempt left', { ...failed('overloaded'), attemptsLeft: 0, failuresBefore: 2 }, 'overloaded: wait'],
  ['an API overloaded ten times in a row', { ...failed('overloaded'), waitsBefore: 9 }, 'overloaded: wait'],
  ['an API overloaded eleven times in a row', { ...failed('overloaded'), waitsBefore: 10 }, 'overloaded_too_long: consecutive_failures'],
  ['an API overloaded more often than the plan says', { ...failed('overloaded'), waitsBefore: 2, policy: { gate: 0.7, withoutReviewer: 'ask', overload: { askAfter: 2 } } }, 'overloaded_too_long: consecutive_failures'],
  ['a bypassed gate', failed('gate_bypassed'), 'agent_failed: consecutive_failures'],
  ['a failing API', failed('api_error'), 'agent_failed: retry'],
  ['a failing API, no attempt left', { ...failed('api_error'), attemptsLeft: 0 }, 'agent_failed: consecutive_failures'],
  ['a third failure of the agent', { ...failed('agent_error'), failuresBefore: 2 }, 'agent_failed: consecutive_failures'],
  ['a refusal', ended('refused'), 'agent_failed: retry'],
  ['too many model turns', ended('maxTurns'), 'partial: consecutive_failures'],
  ['too much money', ended('overBudget'), 'partial: consecutive_failures'],
  ['an open call', ended('deferred'), 'partial: consecutive_failures'],
  ['a red check', red, 'check_failed_retry: retry'],
  ['a red check, no attempt left', { ...red, attemptsLeft: 0 }, 'check_failed_final: breaking_test_failure'],
  ['a red check for the third time', { ...red, failuresBefore: 2 }, 'check_failed_final: consecutive_failures'],
  ['a red check for the third time, no attempt left', { ...red, failuresBefore: 2, attemptsLeft: 0 }, 'check_failed_final: consecutive_failures'],
  ['a red check and a perfect review', { ...red, review: reviewed({ quality: 1, confidence: 1 }) }, 'check_failed_retry: retry'],
  ['a red check and no work', { ...red, validation: noWork }, 'check_failed_retry: retry'],
  ['a red check nobody requires', { evidence: [check(), redCheck({ name: 'perf', required: false })] }, 'quality_reached: proceed'],
  ['an old failure that may stay', { evidence: [redCheck({ expect: 'noNewFailures', met: true })] }, 'quality_reached: proceed'],
  ['no work', { validation: noWork }, 'no_work_done_retry: retry'],
  ['no work, no attempt left', { validation: noWork, attemptsLeft: 0 }, 'no_work_done_final: consecutive_failures'],
  ['no reviewer', { review: unavailable }, 'reviewer_unavailable: reviewer_unavailable'],
  ['no reviewer asked', { review: null }, 'reviewer_unavailable: reviewer_unavailable'],
  ['no reviewer, evidence is enough', { review: unavailable, policy: { gate: 0.7, withoutReviewer: 'evidence' } }, 'reviewer_skipped: proceed'],
  ['no reviewer, evidence would be enough, none there', { review: unavailable, evidence: [], policy: { gate: 0.7, withoutReviewer: 'evidence' } }, 'reviewer_unavailable: reviewer_unavailable'],
  ['no reviewer, evidence is weak', { review: unavailable, evidence: [check(), redCheck({ required: false })], policy: { gate: 0.7, withoutReviewer: 'evidence' } }, 'clarify: clarify'],
  ['no reviewer, a person said to go on', { review: unavailable, skipReview: true }, 'reviewer_skipped: proceed'],
  ['no reviewer, no check, a person said to go on', { review: unavailable, evidence: [], skipReview: true }, 'reviewer_skipped: proceed'],
  ['a person said to go on, but a check is red', { ...red, review: unavailable, skipReview: true }, 'check_failed_retry: retry'],
  ['an unsure reviewer and no check', { evidence: [], review: reviewed({ confidence: 0.1 }) }, 'confidence_too_low: confidence_too_low'],
  ['an unsure reviewer and good checks', { review: reviewed({ confidence: 0.1 }) }, 'quality_reached: proceed'],
  ['a higher gate', { review: reviewed({ quality: 0.6 }), policy: { gate: 0.9, withoutReviewer: 'ask' } }, 'clarify: clarify'],
  ['half good', { evidence: [check()], review: reviewed({ quality: 0.5, requirementsMet: [{ requirement: 'r', met: false }, { requirement: 's', met: true }] }) }, 'clarify: clarify'],
  ['half good, no attempt left', { evidence: [check()], attemptsLeft: 0, review: reviewed({ quality: 0.5, requirementsMet: [{ requirement: 'r', met: false }, { requirement: 's', met: true }] }) }, 'quality_low_final: consecutive_failures'],
  ['good checks, a reviewer that says it is bad', { review: reviewed({ quality: 0.1 }) }, 'clarify: clarify'],
  ['bad', { evidence: [check()], review: reviewed({ quality: 0.1, requirementsMet: [{ requirement: 'r', met: false }] }) }, 'quality_low_retry: retry'],
  ['bad for the third time', { evidence: [check()], failuresBefore: 2, review: reviewed({ quality: 0.1, requirementsMet: [{ requirement: 'r', met: false }] }) }, 'quality_low_final: consecutive_failures'],
];

describe('the table', () => {
  test.each(TABLE)('%s', (_, facts, expected) => {
    expect(short(judge(good(facts)))).toBe(expected);
  });

  test('reaches every rule', () => {
    const reached = new Set<RuleName>(TABLE.map(([, facts]) => judge(good(facts)).rule));
    expect([...reached].sort()).toEqual(RULES.map(({ name }) => name).sort());
  });
});

describe('what a decision says', () => {
  test('the same evidence with a review of .9 and of .1 gives two decisions', () => {
    for (const evidence of [[], [check()], [check(), check({ name: 'lint', measures: 'syntax' })]]) {
      const [high, low] = [0.9, 0.1].map((quality) => judge(good({ evidence, review: reviewed({ quality }) })));
      expect(high?.decision.kind).toBe('proceed');
      expect(low?.decision.kind).not.toBe('proceed');
    }
  });

  test('a retry carries the failing output, whole', () => {
    const { decision, reason, failed: counts } = judge(good({ evidence: [redCheck({ tail: 'line\n'.repeat(50) }), check({ name: 'lint' })] }));
    expect(decision).toMatchObject({ kind: 'retry', feedback: `The check test still fails, as it did before (exit code 1). Its last output:\n${'line\n'.repeat(50).trimEnd()}` });
    expect([reason, counts]).toEqual(['Required checks not met: test still fails, as it did before (exit code 1).', true]);
  });

  test('a clarification carries what the reviewer misses, worst first', () => {
    const review = reviewed({
      quality: 0.4, requirementsMet: [{ requirement: 'titles in Greek', met: false }],
      issues: [{ severity: 'minor', text: 'name' }, { severity: 'major', text: 'loses ß', path: 'src/slug.js' }],
    });
    const { decision, failed: counts } = judge(good({ review }));
    expect(decision).toEqual({ kind: 'clarify', feedback: '- requirement not met: titles in Greek\n- major in src/slug.js: loses ß\n- minor: name' });
    expect(counts).toBe(false);
  });

  test('a limit keeps its end, also when nobody said one', () => {
    expect(judge(good({ outcome: { kind: 'limited', until: '2026-01-01T00:00:00Z', message: '' } })).decision).toEqual({ kind: 'wait', until: '2026-01-01T00:00:00Z', breakpoint: 'rate_limit_hit' });
    expect(judge(good({ outcome: { kind: 'limited', until: null, message: '' } })).decision).toEqual({ kind: 'wait', until: null, breakpoint: 'rate_limit_hit' });
  });

  test.each(['sign_in_required', 'access_denied', 'billing', 'model_not_found', 'overloaded'])('%s is no failure of the work, however often', (reason) => {
    for (const waitsBefore of [0, 99]) {
      const { decision, failed: counts } = judge(good({ ...failed(reason), waitsBefore, attemptsLeft: 0, failuresBefore: 2 }));
      expect(counts).toBe(false);
      if (decision.kind !== 'wait') expect(decision).toMatchObject({ kind: 'breakpoint', hold: true });
    }
  });

  test.each([
    ['sign_in_required', failed('sign_in_required'), /sign-in is missing or has expired/],
    ['billing', failed('billing'), /cannot pay/],
    ['maxTurns', ended('maxTurns'), /limit of 3 model turns.*meets every required check/],
    ['overBudget with red checks', { ...ended('overBudget'), ...red }, /budget.*5 USD.*Required checks not met/],
    ['deferred', ended('deferred'), /waits for an answer to its Bash call/],
    ['third failure', { ...red, failuresBefore: 2 }, /failure 3 in a row/],
    ['no attempt left', { ...red, attemptsLeft: 0 }, /No attempt is left/],
    ['no reviewer', { review: unavailable }, /unreachable, refused \(m, tried 3 times\)/],
  ])('a person is told the truth: %s', (_, facts, words) => {
    const { decision, reason } = judge(good(facts));
    expect(decision).toMatchObject({ kind: 'breakpoint', reason });
    expect(reason).toMatch(words);
  });
});
