/** The kinds of questions to a person: when each is asked for, how urgent it is, what may be answered. Package-free. */

export type Priority = 'high' | 'medium' | 'low';

/** Kinds that open today; the remaining ones of the design join when something can raise them. */
export type BreakpointKind =
  | 'milestone_completion'
  | 'breaking_test_failure'
  | 'consecutive_failures'
  | 'confidence_too_low'
  | 'reviewer_unavailable'
  | 'host_unreachable'
  | 'rate_limit_hit'
  | 'sign_in_required'
  | 'stalled';

export type AnswerAction = 'approve' | 'revise' | 'retry' | 'skip' | 'skip-review' | 'wait' | 'abort';

export interface BreakpointRule {
  priority: Priority;
  actions: readonly AnswerAction[];
  /** The answer means nothing without a note. */
  noteRequired: readonly AnswerAction[];
  /** What a person is asked, in one sentence. */
  question: string;
}

export const BREAKPOINTS: Record<BreakpointKind, BreakpointRule> = {
  milestone_completion: {
    priority: 'medium', actions: ['approve', 'revise', 'abort'], noteRequired: ['revise'],
    question: 'All tasks of the milestone are done. Accept the result?',
  },
  breaking_test_failure: {
    priority: 'high', actions: ['retry', 'skip', 'approve', 'abort'], noteRequired: [],
    question: 'A required check still fails and no attempt is left. What now?',
  },
  consecutive_failures: {
    priority: 'high', actions: ['retry', 'revise', 'skip', 'abort'], noteRequired: ['revise'],
    question: 'The task failed several times in a row. What now?',
  },
  confidence_too_low: {
    priority: 'high', actions: ['approve', 'revise', 'retry', 'abort'], noteRequired: ['revise'],
    question: 'The evidence is fine, but confidence in the result is too low. Accept it?',
  },
  reviewer_unavailable: {
    priority: 'medium', actions: ['retry', 'approve', 'skip-review', 'abort'], noteRequired: [],
    question: 'The reviewer could not judge this turn. Go on without it?',
  },
  host_unreachable: {
    priority: 'high', actions: ['retry', 'abort'], noteRequired: [],
    question: 'The host does not answer. Try again?',
  },
  rate_limit_hit: {
    priority: 'high', actions: ['wait', 'retry', 'abort'], noteRequired: [],
    question: 'A usage limit stops the agent. It goes on by itself at the reset; try earlier?',
  },
  sign_in_required: {
    priority: 'high', actions: ['retry', 'abort'], noteRequired: [],
    question: "The agent's sign-in is missing or has expired. Is it put right?",
  },
  stalled: {
    priority: 'medium', actions: ['wait', 'retry', 'abort'], noteRequired: [],
    question: 'The agent lives but does not get on. It goes on meanwhile. Wait, or stop it?',
  },
};

export const BREAKPOINT_KINDS = Object.keys(BREAKPOINTS) as BreakpointKind[];
