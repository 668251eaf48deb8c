/** When two qualities point to opposite decisions, and which siblings a turn contradicts: row 8 for evidence and review, and for two lines of one task. Package-free. */
import type { Scores } from '../decision.ts';
import type { JudgeFacts, Sibling } from './facts.ts';
import { thresholdsOf } from './thresholds.ts';

/** 0.7 - 0.4 is 0.3, not 0.29999999999999993. */
const apart = (a: number, b: number): number => Math.round(Math.abs(a - b) * 10_000) / 10_000;

/** One would let the work through, the other would have it done again, and they are far apart. */
export function areOpposite(facts: Pick<JudgeFacts, 'policy'>, a: number, b: number): boolean {
  const { clarify, conflict } = thresholdsOf(facts);
  const [low, high] = [Math.min(a, b), Math.max(a, b)];
  return high >= facts.policy.gate && low < clarify && apart(high, low) > conflict;
}

/** Siblings that have come to the opposite of this turn, in the order of the facts. */
export function oppositeSiblings(facts: Pick<JudgeFacts, 'policy' | 'forks'>, { quality }: Pick<Scores, 'quality'>): Sibling[] {
  return quality === null ? [] : (facts.forks?.siblings ?? []).filter((sibling) => areOpposite(facts, quality, sibling.quality));
}
