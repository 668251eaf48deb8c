/**
 * One review out of several. A score is the greatest one that a majority of all named reviewers gives at least; whoever could
 * not judge gives none. So one generous reviewer lifts nothing, a tie falls to the lower side, and with one reviewer it is
 * that reviewer's score. Package-free.
 */
import type { Review, ReviewOutcome, Reviewed, ReviewerVote, Unavailable } from './review.ts';

/** What was asked of one reviewer, and what came of it. */
export interface AskedReview {
  reviewer: string;
  outcome: ReviewOutcome;
}

/** More than half: with two, both. */
export const defaultMajority = (reviewers: number): number => Math.floor(reviewers / 2) + 1;

type Judged = AskedReview & { outcome: Reviewed };

/** `asked`: every reviewer of the plan, in its order. Undefined when nobody was asked. */
export function combineReviews(asked: readonly AskedReview[], majority = defaultMajority(asked.length)): ReviewOutcome | undefined {
  const [first] = asked;
  if (!first || asked.length === 1) return first?.outcome;
  const judged = asked.filter((one): one is Judged => one.outcome.kind === 'reviewed');
  return judged.length < majority ? tooFew(asked, judged.length, majority) : combined(asked, judged, majority);
}

const modelsOf = (asked: readonly AskedReview[]): string => asked.map(({ outcome }) => outcome.model).join(', ');

function tooFew(asked: readonly AskedReview[], judged: number, majority: number): Unavailable {
  const missing = asked.flatMap(({ reviewer, outcome }) => (outcome.kind === 'unavailable' ? [{ reviewer, outcome }] : []));
  const why = missing.map(({ reviewer, outcome }) => `${reviewer} ${outcome.model}: ${outcome.reason}, ${outcome.message}`).join(' ');
  return {
    kind: 'unavailable', reason: missing[0]?.outcome.reason ?? 'unreachable', model: modelsOf(asked), tries: sum(missing.map(({ outcome }) => outcome.tries)),
    message: `Of ${asked.length} reviewers ${judged} judged, ${majority} are needed. ${why}`,
  };
}

function combined(asked: readonly AskedReview[], judged: readonly Judged[], majority: number): Reviewed {
  const outcomes = judged.map(({ outcome }) => outcome);
  const reviews = outcomes.map(({ review }) => review);
  const score = (of: (review: Review) => number): number => [...reviews.map(of)].sort((a, b) => b - a)[majority - 1] ?? 0;
  return {
    kind: 'reviewed',
    review: {
      requirementsMet: requirements(reviews, reviews.length - majority),
      issues: unique(reviews.flatMap(({ issues }) => issues), ({ severity, text, path }) => JSON.stringify([severity, path, fold(text)])),
      alternatives: unique(reviews.flatMap(({ alternatives }) => alternatives), fold),
      quality: score(({ quality }) => quality), confidence: score(({ confidence }) => confidence),
    },
    model: modelsOf(judged), promptHash: outcomes.map(({ promptHash }) => promptHash).join(' '),
    durationMs: sum(outcomes.map(({ durationMs }) => durationMs)), tries: sum(outcomes.map(({ tries }) => tries)),
    notShown: Math.max(...outcomes.map(({ notShown }) => notShown ?? 0)), by: asked.map(voteOf),
  };
}

const voteOf = ({ reviewer, outcome }: AskedReview): ReviewerVote => ({
  reviewer, model: outcome.model, quality: outcome.kind === 'reviewed' ? outcome.review.quality : null,
  confidence: outcome.kind === 'reviewed' ? outcome.review.confidence : null,
});

/** Met unless so many say no that the rest is no majority. Whoever does not name it does not count. */
function requirements(reviews: readonly Review[], mayDissent: number): Review['requirementsMet'] {
  const votes = new Map<string, { requirement: string; met: number; unmet: number }>();
  for (const { requirement, met } of reviews.flatMap(({ requirementsMet }) => unique(requirementsMet, (one) => fold(one.requirement)))) {
    const vote = votes.get(fold(requirement)) ?? { requirement, met: 0, unmet: 0 };
    votes.set(fold(requirement), { ...vote, met: vote.met + (met ? 1 : 0), unmet: vote.unmet + (met ? 0 : 1) });
  }
  return [...votes.values()].map(({ requirement, met, unmet }) => ({ requirement, met: met > 0 && unmet <= mayDissent }));
}

/** Models copy a sentence with their own bullets, case and full stop. */
const fold = (text: string): string => text.toLowerCase().replaceAll(/\s+/g, ' ').replace(/^[-*\s]+/, '').replace(/[.\s]+$/, '');

const sum = (numbers: readonly number[]): number => numbers.reduce((all, number) => all + number, 0);

/** A requirement that one reviewer names twice counts once, the worse way. */
function unique<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const found = new Map<string, T>();
  for (const item of items) {
    const key = keyOf(item);
    if (!found.has(key) || isUnmet(item)) found.set(key, item);
  }
  return [...found.values()];
}

const isUnmet = (item: unknown): boolean => typeof item === 'object' && item !== null && 'met' in item && item.met === false;
