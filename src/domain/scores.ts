/** Two numbers about a turn: how good it is (quality) and how sure we are of that (confidence), each with its parts. Package-free. */
import type { Scores } from './decision.ts';
import { pastDoubt } from './calibration.ts';
import type { CheckEvidence } from './evidence.ts';
import type { JudgeFacts } from './judge/facts.ts';
import type { Review } from './review.ts';
import type { FindingKind } from './stream-validation.ts';

/** Shares of the quality; the share of a part that does not exist goes to the others in proportion. */
export const QUALITY_WEIGHTS = { syntax: 0.2, requirements: 0.3, review: 0.3, tests: 0.2 } as const;
export const CONFIDENCE_WEIGHTS = { heuristic: 0.4, reviewer: 0.6 } as const;

/** Scores of a turn; the weights in `parts` are the ones used, and add up to 1. */
export function scoreTurn(facts: JudgeFacts): Scores {
  const review = facts.review?.kind === 'reviewed' ? facts.review.review : undefined;
  const parts = share([
    { name: 'syntax' as const, weight: QUALITY_WEIGHTS.syntax, score: checksScore(facts.evidence, 'syntax') },
    { name: 'requirements' as const, weight: QUALITY_WEIGHTS.requirements, score: requirementsScore(review) },
    { name: 'review' as const, weight: QUALITY_WEIGHTS.review, score: review?.quality ?? null },
    { name: 'tests' as const, weight: QUALITY_WEIGHTS.tests, score: checksScore(facts.evidence, 'tests') },
  ]);
  const confidenceParts = share([
    { name: 'heuristic' as const, weight: CONFIDENCE_WEIGHTS.heuristic, score: heuristicConfidence(facts) },
    { name: 'reviewer' as const, weight: CONFIDENCE_WEIGHTS.reviewer, score: review?.confidence ?? null },
  ]);
  return { quality: sum(parts), confidence: sum(confidenceParts), parts, confidenceParts };
}

/** What the checks say by themselves: their two parts of the quality; null when no check ran. */
export const evidenceScore = (evidence: CheckEvidence[]): number | null => sum(share([
  { name: 'syntax', weight: QUALITY_WEIGHTS.syntax, score: checksScore(evidence, 'syntax') },
  { name: 'tests', weight: QUALITY_WEIGHTS.tests, score: checksScore(evidence, 'tests') },
]));

interface Part<Name> {
  name: Name;
  weight: number;
  score: number;
}

function share<Name>(parts: (Omit<Part<Name>, 'score'> & { score: number | null })[]): Part<Name>[] {
  const present = parts.flatMap(({ score, ...part }) => (score === null ? [] : [{ ...part, score }]));
  const total = present.reduce((all, { weight }) => all + weight, 0);
  return present.map((part) => ({ ...part, weight: round(part.weight / total) }));
}

function sum(parts: Part<string>[]): number | null {
  const total = parts.reduce((all, { weight }) => all + weight, 0);
  return parts.length === 0 ? null : round(parts.reduce((all, { weight, score }) => all + weight * score, 0) / total);
}

/** Shown, stored and compared as the same number: 0.7 must not become 0.6999999. */
const round = (value: number): number => Math.round(value * 10_000) / 10_000;

/** Mean over the checks that ran: 1 for a pass, one half for a flaky one and for an old failure that may stay, 0 for the rest. */
function checksScore(evidence: CheckEvidence[], measures: 'syntax' | 'tests'): number | null {
  const scores = evidence.filter(hasRun).filter((check) => (check.measures ?? 'tests') === measures).map(checkScore);
  return scores.length === 0 ? null : scores.reduce((all, score) => all + score, 0) / scores.length;
}

const hasRun = ({ outcome }: CheckEvidence): boolean => outcome !== 'skipped';

function checkScore({ outcome, met }: CheckEvidence): number {
  if (!met) return 0;
  return outcome === 'pass' || outcome === 'fixed' ? 1 : 0.5;
}

function requirementsScore(review: Review | undefined): number | null {
  if (!review || review.requirementsMet.length === 0) return null;
  return review.requirementsMet.filter(({ met }) => met).length / review.requirementsMet.length;
}

/**
 * How far the facts themselves can be trusted, 0..1, from 1 down:
 *
 * | what | takes |
 * |---|---|
 * | the stream is invalid (no work, cut off, gate bypassed) | .5 |
 * | tool calls denied by the gate | .05 each, at most .2 |
 * | the agent claims tests that no call of it supports | .2 |
 * | files were written outside the workspace | .1 |
 * | files were written and are not there at the end | .05 |
 * | no check ran (one that was skipped did not) | .5 |
 * | checks ran, but none of them is required | .3 |
 * | a check is flaky | .15 |
 * | a check ran out of time | .15 |
 * | a check changed files while it ran | .1 |
 * | no file changed | .1 |
 * | the reviewer did not see all of the difference | .1 |
 * | more than 20 files or 500 lines changed | .1 |
 * | more than 100 files or 3,000 lines changed | another .2 |
 * | the project's confidence was higher than right before (calibration.ts) | by how much, at most .2 |
 */
export function heuristicConfidence(facts: JudgeFacts): number {
  const taken = streamDoubt(facts) + evidenceDoubt(facts.evidence) + sizeDoubt(facts.changes) + sightDoubt(facts) + pastDoubt(facts.past);
  return round(Math.max(0, 1 - taken));
}

/** What a finding takes that does not make the stream invalid. */
const DOUBTS: Partial<Record<FindingKind, number>> = { unsupportedClaim: 0.2, outside: 0.1, partlyUndone: 0.05 };

const streamDoubt = ({ validation: { valid, denials, findings } }: JudgeFacts): number =>
  (valid ? 0 : 0.5) + Math.min(0.2, 0.05 * denials) + findings.reduce((all, { kind }) => all + (DOUBTS[kind] ?? 0), 0);

const sightDoubt = ({ review }: JudgeFacts): number => (review?.kind === 'reviewed' && (review.notShown ?? 0) > 0 ? 0.1 : 0);

function evidenceDoubt(all: CheckEvidence[]): number {
  const evidence = all.filter(hasRun);
  if (evidence.length === 0) return 0.5;
  const when = (doubtful: (check: CheckEvidence) => boolean, doubt: number): number => (evidence.some(doubtful) ? doubt : 0);
  return (
    (evidence.some(({ required }) => required) ? 0 : 0.3) +
    when(({ outcome }) => outcome === 'flaky', 0.15) +
    when(({ outcome }) => outcome === 'timeout', 0.15) +
    when(({ tree, treeAfter }) => tree !== treeAfter, 0.1)
  );
}

function sizeDoubt({ files, lines }: JudgeFacts['changes']): number {
  const larger = (thanFiles: number, thanLines: number): boolean => files > thanFiles || (lines ?? 0) > thanLines;
  return (files === 0 ? 0.1 : 0) + (larger(20, 500) ? 0.1 : 0) + (larger(100, 3000) ? 0.2 : 0);
}
