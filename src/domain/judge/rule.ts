/** One line of the judge's table. Package-free. */
import type { Decision, RuleName, Scores } from '../decision.ts';
import type { JudgeFacts } from './facts.ts';

export interface Verdict {
  decision: Decision;
  /** One paragraph for people. */
  reason: string;
  /** Counts towards failures in a row. */
  failed: boolean;
  /** What a question of it is about: it goes into the history, so it is small. */
  detail?: Record<string, unknown>;
  /** The name that is stored, where one rule stands for several. */
  as?: RuleName;
}

export interface Rule {
  name: RuleName;
  /** Number of the row in the design's table. */
  design: number;
  when: (facts: JudgeFacts, scores: Scores) => boolean;
  decide: (facts: JudgeFacts, scores: Scores) => Verdict;
}
