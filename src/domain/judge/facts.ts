/** Everything a turn is judged by. Plain JSON: it is stored with the decision. Package-free. */
import type { CheckEvidence } from '../evidence.ts';
import type { Policy } from '../plan.ts';
import type { ReviewOutcome } from '../review.ts';
import type { Validation } from '../stream-validation.ts';
import type { TurnOutcome } from '../turn-outcome.ts';

export interface JudgeFacts {
  outcome: TurnOutcome;
  validation: Validation;
  /** `lines`: added and removed; null when nobody counted. */
  changes: { files: number; lines: number | null };
  evidence: CheckEvidence[];
  /** Null: nobody asked the reviewer. */
  review: ReviewOutcome | null;
  /** Attempts that remain after this one. */
  attemptsLeft: number;
  /** Failed turns in a row before this one. */
  failuresBefore: number;
  /** Times in a row that the turn has waited for the API or a limit before this; absent: none. */
  waitsBefore?: number;
  /** A person said: go on without a review. */
  skipReview: boolean;
  policy: Pick<Policy, 'gate' | 'withoutReviewer' | 'overload'>;
}
