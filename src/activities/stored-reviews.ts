/** The reviews of a turn as they are stored, by the reviewers the plan names. */
import { reviewsOf } from '../db/reviews.ts';
import type { Db } from '../db/transaction.ts';
import type { TurnRef } from '../domain/ids.ts';
import { reviewersOf } from '../domain/plan.ts';
import type { Plan, ReviewerSettings } from '../domain/plan.ts';
import { combineReviews } from '../domain/review-majority.ts';
import type { AskedReview } from '../domain/review-majority.ts';
import type { ReviewOutcome } from '../domain/review.ts';

/** With one reviewer in the plan any row is its own: older versions did not store its name. */
export function storedReview(plan: Plan, { name, model }: ReviewerSettings, stored: readonly AskedReview[]): AskedReview | undefined {
  const own = stored.find(({ reviewer, outcome }) => reviewer === name && outcome.model === model);
  return own ?? (plan.reviewers ? undefined : stored.find(({ outcome }) => outcome.kind === 'reviewed') ?? stored[0]);
}

const notAsked = ({ name, model }: ReviewerSettings): AskedReview =>
  ({ reviewer: name, outcome: { kind: 'unavailable', reason: 'unreachable', message: 'it was not asked', model, tries: 0 } });

/** What all of them say together; undefined when none was asked. */
export async function combinedReview(db: Db, plan: Plan, ref: TurnRef): Promise<ReviewOutcome | undefined> {
  const stored = await reviewsOf(db, ref);
  if (stored.length === 0) return undefined;
  const asked = reviewersOf(plan).map((settings) => storedReview(plan, settings, stored) ?? notAsked(settings));
  return combineReviews(asked, plan.policy.review?.majority);
}
