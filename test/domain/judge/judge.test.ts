import { describe, expect, test } from '@jest/globals';
import type { RuleName } from '../../../src/domain/decision.ts';
import { judge, RULES } from '../../../src/domain/judge.ts';
import type { JudgeFacts, Judgement } from '../../../src/domain/judge.ts';
import type { CustomRule } from '../../../src/domain/judge/custom-rule.ts';
import { account, besides, check, good, noWork, OUTCOMES, redCheck, reviewed, unavailable, weakened } from './sample-facts.ts';

const short = ({ decision, rule }: Judgement): string =>
  `${rule}: ${decision.kind === 'breakpoint' ? decision.breakpoint : decision.kind}`;

const failed = (reason: string): Partial<JudgeFacts> => ({ outcome: OUTCOMES.find((o) => o.kind === 'failed' && o.reason === reason) });
const ended = (kind: string): Partial<JudgeFacts> => ({ outcome: OUTCOMES.find((o) => o.kind === kind) });
const red = { evidence: [redCheck()] };
const policy = (rules: CustomRule[]): JudgeFacts['policy'] => ({ gate: 0.7, withoutReviewer: 'ask', rules });

/** Rules of plans are one row of the table. */
const ruleOf = ({ rule }: Judgement): RuleName => (rule.startsWith('custom:') ? 'custom' : rule);

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
  ['too many model turns, and more are planned', { ...ended('maxTurns'), enlargeTo: 24 }, 'turns_enlarged: rerun'],
  ['too many model turns, and what is there is good', ended('maxTurns'), 'quality_reached: proceed'],
  ['too many model turns, good, and nobody reviewed it', { ...ended('maxTurns'), review: null, policy: { gate: 0.7, withoutReviewer: 'evidence' } }, 'limit_reached: budget_exceeded'],
  ['too many model turns, good, and no check is required', { ...ended('maxTurns'), evidence: [check({ required: false })] }, 'limit_reached: budget_exceeded'],
  ['too many model turns with red checks', { ...ended('maxTurns'), ...red }, 'limit_reached: budget_exceeded'],
  ['too many model turns with a poor review', { ...ended('maxTurns'), review: reviewed({ quality: 0.3 }) }, 'limit_reached: budget_exceeded'],
  ['too much money with red checks', { ...ended('overBudget'), ...red, enlargeTo: 24 }, 'limit_reached: budget_exceeded'],
  ['too much money, and what is there is good', ended('overBudget'), 'quality_reached: proceed'],
  ['a person finishes, red checks', { ...ended('maxTurns'), ...red, finish: true, attemptsLeft: 0, enlargeTo: 24 }, 'check_failed_final: breaking_test_failure'],
  ['a person finishes, good and not reviewed', { ...ended('overBudget'), finish: true, review: null }, 'reviewer_unavailable: reviewer_unavailable'],
  ['a person finishes a lost run', { ...ended('lost'), finish: true }, 'quality_reached: proceed'],
  ['a red check, no money for another attempt', { ...red, accounts: [account({ spentUsd: 5 })] }, 'budget_spent: budget_exceeded'],
  ['a red check, almost no money', { ...red, accounts: [account({ spentUsd: 4.999999 })] }, 'check_failed_retry: retry'],
  ['a red check, no money, no attempt either', { ...red, attemptsLeft: 0, accounts: [account({ spentUsd: 9 })] }, 'check_failed_final: breaking_test_failure'],
  ['half good, no money', { evidence: [check()], accounts: [account({ spentUsd: 5 })], review: reviewed({ quality: 0.5, requirementsMet: [{ requirement: 'r', met: false }, { requirement: 's', met: true }] }) }, 'budget_spent: budget_exceeded'],
  ['good, and the last dollar is spent', { accounts: [account({ spentUsd: 5 })] }, 'quality_reached: proceed'],
  ['weaker evidence', { weakenings: [weakened()] }, 'evidence_weakened: evidence_weakened'],
  ['a record that is not what happened', { unproven: ['a row is missing'] }, 'record_unproven: evidence_weakened'],
  ['such a record, and a red check', { unproven: ['a row is missing'], ...red }, 'record_unproven: evidence_weakened'],
  ['such a record that a person has accepted', { unproven: ['a row is missing'], weakeningsApproved: true }, 'quality_reached: proceed'],
  ['weaker evidence and a red check', { weakenings: [weakened()], ...red }, 'evidence_weakened: evidence_weakened'],
  ['weaker evidence that a person has accepted', { weakenings: [weakened()], weakeningsApproved: true }, 'quality_reached: proceed'],
  ['the same with a red check', { weakenings: [weakened()], weakeningsApproved: true, ...red }, 'check_failed_retry: retry'],
  ['weaker evidence that the plan has accepted', { weakenings: [weakened({ accepted: 'policy' })] }, 'quality_reached: proceed'],
  ['weaker evidence of a turn that ended early', { ...failed('agent_error'), weakenings: [weakened()] }, 'agent_failed: retry'],
  ['an open call', ended('deferred'), 'deferred: permission_request'],
  ['a plan', { planning: true, ...red }, 'plan_made: plan_approval'],
  ['a plan that was cut off', { planning: true, ...ended('maxTurns') }, 'limit_reached: budget_exceeded'],
  ['a plan that was cut off, and a person finishes', { planning: true, ...ended('overBudget'), finish: true }, 'limit_reached: consecutive_failures'],
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
  ['good checks, a reviewer that says it is bad', { review: reviewed({ quality: 0.1 }) }, 'conflicting_solutions: conflicting_solutions'],
  ['bad checks nobody requires, a reviewer that says it is good', { evidence: [redCheck({ required: false })] }, 'conflicting_solutions: conflicting_solutions'],
  ['good checks, a bad review, a person said to go on without it', { review: reviewed({ quality: 0.1 }), skipReview: true }, 'conflicting_solutions: conflicting_solutions'],
  ['a bad review and no check to contradict it', { evidence: [], review: reviewed({ quality: 0.1 }) }, 'clarify: clarify'],
  ['a red check and a review that contradicts it', { ...red, review: reviewed({ quality: 1 }) }, 'check_failed_retry: retry'],
  ['good, and another line of the task is bad', { forks: besides(0.2) }, 'conflicting_solutions: conflicting_solutions'],
  ['good, and other lines are good and bad', { forks: besides(0.9, 0.2) }, 'conflicting_solutions: conflicting_solutions'],
  ['good, and so is the other line', { forks: besides(0.9) }, 'quality_reached: proceed'],
  ['good, and the other line is half good', { forks: besides(0.6) }, 'quality_reached: proceed'],
  ['bad, and another line of the task is good', { evidence: [], review: reviewed({ quality: 0.1, requirementsMet: [] }), forks: besides(0.9) }, 'conflicting_solutions: conflicting_solutions'],
  ['bad, no attempt left, and so is the other line', { evidence: [], attemptsLeft: 0, review: reviewed({ quality: 0.1, requirementsMet: [] }), forks: besides(0.2) }, 'quality_low_final: consecutive_failures'],
  ['on the evidence alone, and another line is bad', { review: unavailable, policy: { gate: 0.7, withoutReviewer: 'evidence' }, forks: besides(0.2) }, 'conflicting_solutions: conflicting_solutions'],
  ['without any score, and another line is bad', { evidence: [], review: null, skipReview: true, forks: besides(0.2) }, 'reviewer_skipped: proceed'],
  ['a red check, and another line is good', { ...red, forks: besides(0.9) }, 'check_failed_retry: retry'],
  ['weaker evidence, and another line is bad', { weakenings: [weakened()], forks: besides(0.2) }, 'evidence_weakened: evidence_weakened'],
  ['no reviewer, and another line is bad', { review: unavailable, forks: besides(0.2) }, 'reviewer_unavailable: reviewer_unavailable'],
  ['a rule of the plan before another line', { forks: besides(0.2), policy: policy([{ name: 'many', when: 'true', then: 'retry' }]) }, 'custom:many: retry'],
  ['another line before a design task', { forks: besides(0.2), task: { id: 'ascii', design: true } }, 'conflicting_solutions: conflicting_solutions'],
  ['a design task', { task: { id: 'ascii', design: true } }, 'architecture_decision: architecture_decision'],
  ['a design task with poor work', { task: { id: 'ascii', design: true }, review: unavailable, skipReview: true, evidence: [check(), redCheck({ required: false })] }, 'architecture_decision: architecture_decision'],
  ['a design task with a red check', { ...red, task: { id: 'ascii', design: true } }, 'check_failed_retry: retry'],
  ['alternatives, not quite sure', { review: reviewed({ alternatives: ['a table'], confidence: 0.8 }) }, 'architecture_decision: architecture_decision'],
  ['alternatives, sure', { review: reviewed({ alternatives: ['a table'], confidence: 0.9 }) }, 'quality_reached: proceed'],
  ['no alternative, not quite sure', { review: reviewed({ confidence: 0.8 }) }, 'quality_reached: proceed'],
  ['a rule of the plan that stops', { policy: policy([{ name: 'many', when: 'changes.files > 1', then: 'stop' }]) }, 'custom:many: stop'],
  ['a rule of the plan that asks', { policy: policy([{ name: 'many', when: 'changes.files > 1', then: 'ask' }]) }, 'custom:many: confidence_too_low'],
  ['a rule of the plan that asks in its own way', { policy: policy([{ name: 'many', when: 'true', then: 'ask', breakpoint: 'architecture_decision' }]) }, 'custom:many: architecture_decision'],
  ['a rule of the plan that tries again', { policy: policy([{ name: 'many', when: 'true', then: 'retry' }]) }, 'custom:many: retry'],
  ['the same, no attempt left', { attemptsLeft: 0, policy: policy([{ name: 'many', when: 'true', then: 'retry' }]) }, 'custom:many: consecutive_failures'],
  ['a rule of the plan that does not match', { policy: policy([{ name: 'many', when: 'changes.files > 2', then: 'stop' }]) }, 'quality_reached: proceed'],
  ['the first of two rules of the plan', { policy: policy([{ name: 'first', when: 'true', then: 'ask' }, { name: 'second', when: 'true', then: 'stop' }]) }, 'custom:first: confidence_too_low'],
  ['a rule of the plan that cannot be evaluated', { review: unavailable, skipReview: true, policy: policy([{ name: 'review', when: 'review.quality < 0.5', then: 'retry' }]) }, 'custom:review: confidence_too_low'],
  ['a rule of the plan beside a red check', { ...red, policy: policy([{ name: 'many', when: 'true', then: 'ask' }]) }, 'check_failed_retry: retry'],
  ['a rule of the plan beside no work', { validation: noWork, policy: policy([{ name: 'many', when: 'true', then: 'ask' }]) }, 'no_work_done_retry: retry'],
  ['a rule of the plan without a review', { review: null, policy: policy([{ name: 'many', when: 'true', then: 'stop' }]) }, 'reviewer_unavailable: reviewer_unavailable'],
  ['a rule of the plan before a contradiction', { review: reviewed({ quality: 0.1 }), policy: policy([{ name: 'many', when: 'true', then: 'retry' }]) }, 'custom:many: retry'],
  ['bad', { evidence: [], review: reviewed({ quality: 0.1, requirementsMet: [{ requirement: 'r', met: false }] }) }, 'quality_low_retry: retry'],
  ['bad for the third time', { evidence: [], failuresBefore: 2, review: reviewed({ quality: 0.1, requirementsMet: [{ requirement: 'r', met: false }] }) }, 'quality_low_final: consecutive_failures'],
];

describe('the table', () => {
  test.each(TABLE)('%s', (_, facts, expected) => {
    expect(short(judge(good(facts)))).toBe(expected);
  });

  test('reaches every rule', () => {
    const reached = new Set<RuleName>(TABLE.map(([, facts]) => ruleOf(judge(good(facts)))));
    expect([...reached].sort()).toEqual(RULES.map(({ name }) => name).sort());
  });
});

test('the rules stand in the order of the design, and none above 11 lets work through', () => {
  const rows = RULES.map(({ design }) => design);
  expect(rows).toEqual([...rows].sort((a, b) => a - b));
  expect(rows.slice(1)).toEqual(expect.arrayContaining([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]));
  const asking = good({ policy: policy([{ name: 'always', when: 'true', then: 'ask' }]) });
  const proceeding = RULES.filter(({ decide }) => decide(asking, judge(asking).scores).decision.kind === 'proceed').map(({ design }) => design);
  expect(proceeding.filter((row) => row < 11)).toEqual([]);
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
      quality: 0.6, requirementsMet: [{ requirement: 'titles in Greek', met: false }],
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
    ['maxTurns', { ...ended('maxTurns'), review: null }, /limit of 3 model turns.*Judged as it is: The reviewer could not judge/],
    ['overBudget with red checks', { ...ended('overBudget'), ...red, accounts: [account({ spentUsd: 5 })] }, /budget.*\$5.00 of \$5.00 for the task.*5 USD.*Required checks not met/],
    ['no money', { ...red, accounts: [account({ spentUsd: 5.5, level: 'project' })] }, /No money is left.*\$5.50 of \$5.00 for the project.*Required checks not met/],
    ['deferred', ended('deferred'), /The agent wants to call Bash/],
    ['third failure', { ...red, failuresBefore: 2 }, /failure 3 in a row/],
    ['no attempt left', { ...red, attemptsLeft: 0 }, /No attempt is left/],
    ['no reviewer', { review: unavailable }, /unreachable, refused \(m, tried 3 times\)/],
  ])('a person is told the truth: %s', (_, facts, words) => {
    const { decision, reason } = judge(good(facts));
    expect(decision).toMatchObject({ kind: 'breakpoint', reason });
    expect(reason).toMatch(words);
  });
});

test('a plan is in the question, whole or cut with its length', () => {
  const asked = (text: string) => judge(good({ planning: true, outcome: { kind: 'completed', text } }));
  expect(asked('First this.').detail).toEqual({ plan: 'First this.', changedFiles: expect.any(Number) });
  expect(asked('x'.repeat(9_000)).detail).toMatchObject({ plan: expect.stringMatching(/^x{8000} \[1000 characters cut\]$/) });
});

test('a plan that asks nobody about designs leaves them to the scores: bad work does not pass', () => {
  const bad = good({ task: { id: 't', design: true }, review: reviewed({ quality: 0.1, confidence: 0.9 }), evidence: [] });
  expect(judge(bad).rule).toBe('architecture_decision');
  expect(judge({ ...bad, policy: { ...bad.policy, designUnasked: true } }).decision.kind).not.toBe('proceed');
});
