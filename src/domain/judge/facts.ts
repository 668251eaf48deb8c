/** Everything a turn is judged by. Plain JSON: it is stored with the decision. Package-free. */
import type { CheckEvidence } from '../evidence.ts';
import type { Account } from '../limits/budget.ts';
import type { Policy } from '../plan.ts';
import type { ReviewOutcome } from '../review.ts';
import type { Validation } from '../stream-validation.ts';
import type { TurnOutcome } from '../turn-outcome.ts';
import type { PastCalibration } from '../calibration.ts';
import type { CustomRule } from './custom-rule.ts';
import type { Thresholds } from './thresholds.ts';
import type { Weakening } from '../weakening/finding.ts';

/** What another line (a fork, or what it was forked from) has come to at the same task. */
export interface Sibling {
  /** Its latest judged turn, as commands take it. */
  turn: string;
  /** 0..1 */
  quality: number;
}

export interface JudgeFacts {
  outcome: TurnOutcome;
  validation: Validation;
  /** `lines`: added and removed; null when nobody counted. `paths`: the first ones, only where a rule of the plan may ask for them. */
  changes: { files: number; lines: number | null; paths?: string[] };
  evidence: CheckEvidence[];
  /** What makes it weaker than it was before the task; absent: nobody looked. */
  weakenings?: Weakening[];
  /** What is wrong with the record of what the turn changed; absent: nothing, or nobody looked. */
  unproven?: string[];
  /** A person has accepted them, for exactly this tree. */
  weakeningsApproved?: boolean;
  /** Tree the turn ended with. Absent in decisions of older versions. */
  tree?: string | null;
  /** Null: nobody asked the reviewer. */
  review: ReviewOutcome | null;
  /** Attempts that remain after this one. */
  attemptsLeft: number;
  /** Failed turns in a row before this one. */
  failuresBefore: number;
  /** Times in a row that the turn has waited for the API or a limit before this; absent: none. */
  waitsBefore?: number;
  /** The turn made a plan and nothing else. Absent: it did the work. */
  planning?: true;
  /** A person said: go on without a review. */
  skipReview: boolean;
  /** Turns with which a run that reached its limit may go on; absent: a person is asked. */
  enlargeTo?: number;
  /** A person said: judge what is there, and try no more. */
  finish?: boolean;
  /** How the turn stands with the limits of money; absent: there are none. */
  accounts?: Account[];
  /** The task the turn was about; absent in facts of older versions. */
  task?: { id: string; design: boolean };
  /** The turn's own name, and what other lines of its task have come to since they parted and nobody was asked about; absent: nothing, or an older version. */
  forks?: { turn: string; siblings: Sibling[] };
  /** How confidence and truth went together before, in this project; absent: too few turns, or an older version. */
  past?: PastCalibration;
  /** With the plan's own rules, where it has some. */
  policy: Pick<Policy, 'gate' | 'withoutReviewer' | 'overload'> & {
    thresholds?: Thresholds;
    rules?: CustomRule[];
    /** The plan asks nobody about designs: the scores decide. */
    designUnasked?: boolean;
  };
}
