/**
 * The facts as the rules of a plan see them: every name with its type, declared once. What is declared here is what `validate`
 * checks an expression against; values are made from the same facts that the judge's own rules read.
 */
import { Environment } from '@marcbachmann/cel-js';
import type { Scores } from '../decision.ts';
import type { CheckEvidence } from '../evidence.ts';
import type { Review } from '../review.ts';
import type { JudgeFacts } from './facts.ts';

/** No rule is worth more, and an expression within these bounds costs little on any facts. */
export const LIMITS = { maxAstNodes: 100, maxDepth: 20, maxListElements: 50, maxMapEntries: 10, maxCallArguments: 8 };

/** Longest list a rule goes through; two such lists may be nested. */
export const MAX_ITEMS = 200;

class Fields {
  constructor(values: object) {
    Object.assign(this, values);
  }
}
class CheckFacts extends Fields {}
class IssueFacts extends Fields {}
class ReviewFacts extends Fields {}
class ChangeFacts extends Fields {}
class TurnFacts extends Fields {}
class TaskFacts extends Fields {}

const CHECK = {
  name: 'string', outcome: 'string', met: 'bool', required: 'bool', measures: 'string', exitCode: 'int', durationMs: 'int', timedOut: 'bool',
};
const ISSUE = { severity: 'string', text: 'string', path: 'string' };
const REVIEW = { quality: 'double', confidence: 'double', unmet: 'list<string>', issues: 'list<Issue>', alternatives: 'list<string>' };
const CHANGES = { files: 'int', lines: 'int', paths: 'list<string>' };
const TURN = { valid: 'bool', findings: 'list<string>', denials: 'int', attemptsLeft: 'int', failuresBefore: 'int' };
const TASK = { id: 'string', design: 'bool' };

/** Names and types, for the documentation and for a mistake's suggestion. */
export const VARIABLES: Readonly<Record<string, string>> = {
  quality: 'double', confidence: 'double', gate: 'double', reviewed: 'bool', checks: 'list<Check>', changes: 'Changes', review: 'Review', turn: 'Turn',
  task: 'Task',
};

/** Knows every name; made once. */
export const environment = Object.entries(VARIABLES).reduce(
  (env, [name, type]) => env.registerVariable(name, type),
  new Environment({ limits: LIMITS })
    .registerType('Check', { ctor: CheckFacts, fields: CHECK }).registerType('Issue', { ctor: IssueFacts, fields: ISSUE })
    .registerType('Review', { ctor: ReviewFacts, fields: REVIEW }).registerType('Changes', { ctor: ChangeFacts, fields: CHANGES })
    .registerType('Turn', { ctor: TurnFacts, fields: TURN }).registerType('Task', { ctor: TaskFacts, fields: TASK }),
);

const int = (value: number | null | undefined): bigint => BigInt(Math.round(value ?? 0));
const few = <T>(list: readonly T[] | undefined): T[] => (list ?? []).slice(0, MAX_ITEMS);

const checkOf = ({ name, outcome, met, required, measures, exitCode, durationMs, timedOut }: CheckEvidence): CheckFacts =>
  new CheckFacts({ name, outcome, met, required, measures: measures ?? 'tests', exitCode: int(exitCode ?? -1), durationMs: int(durationMs), timedOut });

const reviewOf = ({ quality, confidence, requirementsMet, issues, alternatives }: Review): ReviewFacts => new ReviewFacts({
  quality, confidence, alternatives: few(alternatives),
  unmet: few(requirementsMet.filter(({ met }) => !met).map(({ requirement }) => requirement)),
  issues: few(issues).map(({ severity, text, path }) => new IssueFacts({ severity, text, path: path ?? '' })),
});

/** What is not known is left out: a rule that needs it cannot be evaluated, and says so. */
export function contextOf(facts: JudgeFacts, { quality, confidence }: Scores): Record<string, unknown> {
  const { review, validation, changes } = facts;
  return {
    ...(quality !== null && { quality }), ...(confidence !== null && { confidence }),
    gate: facts.policy.gate, reviewed: review?.kind === 'reviewed',
    checks: few(facts.evidence).map(checkOf),
    changes: new ChangeFacts({ files: int(changes.files), lines: int(changes.lines), ...(changes.paths && { paths: few(changes.paths) }) }),
    review: review?.kind === 'reviewed' ? reviewOf(review.review) : new ReviewFacts({}),
    turn: new TurnFacts({
      valid: validation.valid, findings: few(validation.findings.map(({ kind }) => kind)), denials: int(validation.denials),
      attemptsLeft: int(facts.attemptsLeft), failuresBefore: int(facts.failuresBefore),
    }),
    task: new TaskFacts({ id: facts.task?.id ?? '', design: facts.task?.design ?? false }),
  };
}
