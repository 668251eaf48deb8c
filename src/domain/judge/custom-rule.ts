/** A rule that a plan adds to the judge's table. Package-free. */
import type { BreakpointKind } from '../breakpoints.ts';

export interface CustomRule {
  name: string;
  /** A CEL expression over the facts of the turn, of type bool. */
  when: string;
  /** `stop` ends the milestone, `ask` asks a person, `retry` spends an attempt. */
  then: 'stop' | 'ask' | 'retry';
  /** Kind of question of an `ask`. */
  breakpoint?: BreakpointKind;
  /** What a person is told, and the agent where it tries again. */
  message?: string;
}

/** Kinds a rule may ask by: those whose answers are about the work of a turn. */
export const ASKABLE = [
  'confidence_too_low', 'architecture_decision', 'conflicting_solutions', 'consecutive_failures', 'breaking_test_failure',
] as const satisfies readonly BreakpointKind[];

export const DEFAULT_ASK: (typeof ASKABLE)[number] = 'confidence_too_low';

/** What one rule said about a turn. */
export type CustomValue = { name: string; value: boolean } | { name: string; error: string };
