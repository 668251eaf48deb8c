/** Facts for the judge's tests: a good turn to start from, and any number of random ones. */
import type { CheckEvidence } from '../../../src/domain/evidence.ts';
import type { Account } from '../../../src/domain/limits/budget.ts';
import type { JudgeFacts } from '../../../src/domain/judge.ts';
import type { CustomRule } from '../../../src/domain/judge/custom-rule.ts';
import { THRESHOLDS } from '../../../src/domain/judge/thresholds.ts';
import type { Review, Reviewed, ReviewOutcome } from '../../../src/domain/review.ts';
import type { TurnOutcome } from '../../../src/domain/turn-outcome.ts';
import type { Weakening } from '../../../src/domain/weakening/finding.ts';
import { pick } from '../../support/random.ts';

export const check = (change: Partial<CheckEvidence> = {}): CheckEvidence => ({
  name: 'test', exitCode: 0, durationMs: 10, timedOut: false, tail: '', tree: 't', treeAfter: 't', required: true, expect: 'pass',
  measures: 'tests', outcome: 'pass', met: true, baselineExitCode: 1, ...change,
});

export const redCheck = (change: Partial<CheckEvidence> = {}): CheckEvidence =>
  check({ exitCode: 1, outcome: 'stillFailing', met: false, tail: 'not ok 3 - umlauts', ...change });

export const reviewed = (change: Partial<Review> = {}): Reviewed => ({
  kind: 'reviewed', model: 'm', promptHash: 'h', durationMs: 1, tries: 1,
  review: { requirementsMet: [{ requirement: 'npm test passes', met: true }], issues: [], alternatives: [], quality: 0.9, confidence: 0.9, ...change },
});

export const unavailable: ReviewOutcome = { kind: 'unavailable', reason: 'unreachable', message: 'refused', model: 'm', tries: 3 };

export const good = (change: Partial<JudgeFacts> = {}): JudgeFacts => ({
  outcome: { kind: 'completed', text: 'done' },
  validation: { valid: true, findings: [], denials: 0 },
  changes: { files: 2, lines: 30 },
  evidence: [check(), check({ name: 'lint', measures: 'syntax' })],
  review: reviewed(),
  attemptsLeft: 2, failuresBefore: 0, skipReview: false,
  policy: { gate: 0.7, withoutReviewer: 'ask' },
  ...change,
});

export const weakened = (change: Partial<Weakening> = {}): Weakening => ({
  kind: 'testsRemoved', path: 'a.test.js', before: 3, after: 2, text: 'a.test.js: 1 of its 3 tests is gone: "umlauts".', accepted: null, ...change,
});

export const account = (change: Partial<Account> = {}): Account => ({ level: 'task', spentUsd: 1, limitUsd: 5, planUsd: 5, ...change });

/** Other lines of the task that have come to these qualities. */
export const besides = (...qualities: number[]): JudgeFacts['forks'] =>
  ({ turn: 'p/m-fork-1/ascii.1', siblings: qualities.map((quality, n) => ({ turn: `p/m${n === 0 ? '' : `-fork-${n + 1}`}/ascii.2`, quality })) });

export const noWork = { valid: false, findings: [{ kind: 'noWorkDone' as const, text: 'No work done.' }], denials: 0 };

export const OUTCOMES: TurnOutcome[] = [
  { kind: 'completed', text: '' }, { kind: 'limited', until: '2026-01-01T00:00:00Z', message: 'limit' }, { kind: 'limited', until: null, message: 'limit' },
  { kind: 'deferred', toolUseId: 'u', tool: 'Bash', input: {} }, { kind: 'interrupted', message: 'gone' }, { kind: 'lost', message: 'gone' },
  { kind: 'refused', message: 'no' }, { kind: 'maxTurns', turns: 3 }, { kind: 'overBudget', message: '5 USD' },
  ...(['sign_in_required', 'access_denied', 'billing', 'model_not_found', 'overloaded', 'api_error', 'agent_error', 'gate_bypassed', 'time_limit', 'output_limit'] as const)
    .map((reason) => ({ kind: 'failed' as const, reason, message: reason })),
];

/** Rules as plans have them: some match, some do not, one cannot be evaluated without a review. */
const RULES_OF_PLANS: CustomRule[] = [
  { name: 'large', when: 'changes.files > 100', then: 'ask' }, { name: 'unsure', when: 'confidence < 0.5', then: 'retry' },
  { name: 'never', when: 'false', then: 'stop' }, { name: 'poor', when: 'review.quality < 0.1', then: 'stop' },
  { name: 'flaky', when: 'checks.exists(c, c.outcome == "flaky")', then: 'ask', breakpoint: 'breaking_test_failure' },
];

const upTo = (random: () => number, most: number): number => Math.floor(random() * (most + 1));
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

function randomCheck(random: () => number): CheckEvidence {
  const outcome = pick(random, ['pass', 'fixed', 'flaky', 'newlyFailing', 'stillFailing', 'timeout', 'noReport', 'skipped'] as const);
  const expect = pick(random, ['pass', 'pass', 'noNewFailures'] as const);
  const met = ['pass', 'fixed', 'flaky', 'skipped'].includes(outcome) || (expect === 'noNewFailures' && outcome === 'stillFailing');
  return check({ outcome, expect, met, required: random() < 0.7, measures: pick(random, ['syntax', 'tests'] as const), exitCode: met ? 0 : 1 });
}

function randomWeakenings(random: () => number): Weakening[] {
  const kind = pick(random, ['testsRemoved', 'lockedPath', 'testConfig'] as const);
  return random() < 0.9 ? [] : [weakened({ kind, accepted: pick(random, ['policy', 'task', null, null] as const) })];
}

function randomReview(random: () => number): ReviewOutcome | null {
  if (random() < 0.15) return pick(random, [unavailable, null]);
  const requirementsMet = times(upTo(random, 3), () => ({ requirement: 'r', met: random() < 0.6 }));
  const issues = times(upTo(random, 2), () => ({ severity: pick(random, ['info', 'minor', 'major'] as const), text: 'i' }));
  const alternatives = random() < 0.2 ? ['another way'] : [];
  return reviewed({ requirementsMet, issues, alternatives, quality: random(), confidence: random() });
}

function randomPolicy(random: () => number): JudgeFacts['policy'] {
  const thresholds = { ...THRESHOLDS, [pick(random, ['confidence', 'clarify', 'conflict', 'design'] as const)]: random() };
  return {
    gate: pick(random, [0.5, 0.7, 0.85]), withoutReviewer: pick(random, ['ask', 'evidence'] as const),
    ...(random() < 0.3 && { thresholds }), ...(random() < 0.3 && { rules: times(1 + upTo(random, 2), () => pick(random, RULES_OF_PLANS)) }),
  };
}

export function randomFacts(random: () => number): JudgeFacts {
  return {
    outcome: random() < 0.7 ? { kind: 'completed', text: '' } : pick(random, OUTCOMES),
    validation: random() < 0.85 ? { valid: true, findings: [], denials: upTo(random, 6) } : noWork,
    changes: { files: upTo(random, 150), lines: random() < 0.5 ? null : upTo(random, 5000) },
    evidence: times(upTo(random, 3), () => randomCheck(random)),
    review: randomReview(random),
    weakenings: randomWeakenings(random), ...(random() < 0.1 && { weakeningsApproved: true }),
    attemptsLeft: upTo(random, 3), failuresBefore: upTo(random, 4), skipReview: random() < 0.2, waitsBefore: upTo(random, 20), ...(random() < 0.05 && { planning: true as const }),
    ...(random() < 0.5 && { task: { id: 'ascii', design: random() < 0.2 } }),
    ...(random() < 0.3 && { enlargeTo: 24 }), ...(random() < 0.1 && { finish: true }),
    ...(random() < 0.3 && { accounts: [account({ spentUsd: upTo(random, 6) })] }),
    ...(random() < 0.2 && { forks: besides(...times(1 + upTo(random, 1), random)) }),
    policy: randomPolicy(random), ...(random() < 0.05 && { unproven: ['a row is missing'] }),
  };
}
