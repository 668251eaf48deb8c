/** Rows 8 to 10: work that meets the required checks, and that a person has to look at all the same. Package-free. */
import type { Scores } from '../decision.ts';
import type { Review } from '../review.ts';
import { evidenceScore } from '../scores.ts';
import type { JudgeFacts } from './facts.ts';
import { areOpposite, oppositeSiblings } from './opposite.ts';
import type { Rule } from './rule.ts';
import { thresholdsOf } from './thresholds.ts';
import { askPerson, atGate, percent } from './verdict.ts';

const MAX_LISTED = 10;
const MAX_NAMED = 3;
const MAX_TEXT = 300;

/** Small enough for the history, and for a page. */
const listed = (texts: readonly string[]): string[] => texts.slice(0, MAX_LISTED).map((text) => text.slice(0, MAX_TEXT));

const reviewIn = ({ review }: JudgeFacts): Review | undefined => (review?.kind === 'reviewed' ? review.review : undefined);

/** What the checks and the reviewer say by themselves, where both say something. */
function sides(facts: JudgeFacts): { evidence: number; review: number } | undefined {
  const [evidence, review] = [evidenceScore(facts.evidence), reviewIn(facts)?.quality];
  return evidence === null || review === undefined ? undefined : { evidence, review };
}

function contradict(facts: JudgeFacts): boolean {
  const both = sides(facts);
  return both !== undefined && areOpposite(facts, both.evidence, both.review);
}

function sayContradiction(facts: JudgeFacts): string[] {
  const both = sides(facts);
  if (!both || !contradict(facts)) return [];
  return [`Evidence and review contradict each other: the checks give ${percent(both.evidence)}, the reviewer ${percent(both.review)}.`];
}

/** The newest with the command that shows both; of the others the figures. */
function sayForks(facts: JudgeFacts, scores: Scores): string[] {
  const [first, ...others] = oppositeSiblings(facts, scores).slice(0, MAX_NAMED);
  if (!first || !facts.forks) return [];
  const { turn } = facts.forks;
  return [
    `Two lines of this task point to opposite decisions: ${turn} has quality ${percent(scores.quality)}, ${first.turn} has ${percent(first.quality)}.`
      + ` See both: holdpoint compare ${first.turn} ${turn}`,
    ...others.map((other) => `Opposite too: ${other.turn} has ${percent(other.quality)}.`),
  ];
}

function conflictDetail(facts: JudgeFacts, scores: Scores): Record<string, unknown> {
  const siblings = oppositeSiblings(facts, scores);
  return {
    ...sides(facts), gate: facts.policy.gate, issues: listed((reviewIn(facts)?.issues ?? []).map(({ text }) => text)),
    ...(siblings.length > 0 && { turn: facts.forks?.turn, quality: scores.quality, siblings: siblings.slice(0, MAX_LISTED) }),
  };
}

const isDesign = ({ task }: JudgeFacts): boolean => task?.design === true;

const alternativesOf = (facts: JudgeFacts): string[] => reviewIn(facts)?.alternatives ?? [];

const isOpenChoice = (facts: JudgeFacts, { confidence }: Scores): boolean =>
  alternativesOf(facts).length > 0 && (confidence ?? 0) < thresholdsOf(facts).design;

function sayDesign(facts: JudgeFacts, scores: Scores): string {
  const count = alternativesOf(facts).length;
  const found = `The review finds ${count === 1 ? 'an alternative' : `${count} alternatives`}, with confidence ${percent(scores.confidence)}`;
  if (!isDesign(facts)) return `${found}, under ${percent(thresholdsOf(facts).design)} (${atGate(facts, scores)}).`;
  return `A design task has ended (${atGate(facts, scores)}).${count > 0 ? ` ${found}.` : ''}`;
}

export const PERSON_RULES: readonly Rule[] = [
  {
    name: 'conflicting_solutions', design: 8,
    when: (facts, scores) => contradict(facts) || oppositeSiblings(facts, scores).length > 0,
    decide: (facts, scores) => ({
      ...askPerson('conflicting_solutions', [...sayContradiction(facts), ...sayForks(facts, scores)].join('\n'), false),
      detail: conflictDetail(facts, scores),
    }),
  },
  {
    name: 'architecture_decision', design: 9,
    when: (facts, scores) => facts.policy.designUnasked !== true && (isDesign(facts) || isOpenChoice(facts, scores)),
    decide: (facts, scores) => ({
      ...askPerson('architecture_decision', sayDesign(facts, scores), false),
      detail: { alternatives: listed(alternativesOf(facts)), design: isDesign(facts), quality: scores.quality, confidence: scores.confidence },
    }),
  },
  {
    name: 'confidence_too_low', design: 10,
    when: (facts, { confidence }) => (confidence ?? 0) < thresholdsOf(facts).confidence && !facts.skipReview,
    decide: (facts, scores) => ({
      ...askPerson(
        'confidence_too_low', `Confidence ${percent(scores.confidence)} is under ${percent(thresholdsOf(facts).confidence)} (${atGate(facts, scores)}).`, false,
      ),
      detail: { quality: scores.quality, confidence: scores.confidence, parts: scores.confidenceParts },
    }),
  },
];
