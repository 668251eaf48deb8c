/** The kinds of questions to a person: when each is asked for, how urgent it is, what may be answered. Package-free. */

export type Priority = 'high' | 'medium' | 'low';

export type BreakpointKind =
  | 'architecture_decision'
  | 'breaking_test_failure'
  | 'conflicting_solutions'
  | 'milestone_completion'
  | 'rate_limit_hit'
  | 'time_threshold_exceeded'
  | 'confidence_too_low'
  | 'consecutive_failures'
  | 'destructive_operation'
  | 'permission_request'
  | 'agent_question'
  | 'budget_exceeded'
  | 'plan_approval'
  | 'reviewer_unavailable'
  | 'stalled'
  | 'host_unreachable'
  | 'unexpected_change'
  | 'merge_conflict'
  | 'evidence_weakened'
  | 'sign_in_required';

export type AnswerAction =
  | 'approve' | 'revise' | 'retry' | 'skip' | 'skip-review' | 'wait' | 'extend' | 'finish'
  | 'allow' | 'allow-always' | 'deny' | 'answer' | 'keep' | 'resolved' | 'restore' | 'abort';

export interface BreakpointRule {
  priority: Priority;
  actions: readonly AnswerAction[];
  /** The answer means nothing without a note. */
  noteRequired: readonly AnswerAction[];
  /** What a person is asked, in one sentence. */
  question: string;
  /** An answer lets something happen that cannot be taken back: none is kept before the question opens, no time-out approves. */
  dangerous?: true;
}

export const BREAKPOINTS: Record<BreakpointKind, BreakpointRule> = {
  architecture_decision: {
    priority: 'high', actions: ['approve', 'revise', 'retry', 'abort'], noteRequired: ['revise'],
    question: 'The design needs a decision. Accept this one?',
  },
  breaking_test_failure: {
    priority: 'high', actions: ['retry', 'skip', 'approve', 'restore', 'abort'], noteRequired: [],
    question: 'A required check still fails and no attempt is left. What now?',
  },
  conflicting_solutions: {
    priority: 'medium', actions: ['approve', 'retry', 'abort'], noteRequired: [],
    question: 'The evidence and the review point to opposite decisions. Accept the result?',
  },
  milestone_completion: {
    priority: 'medium', actions: ['approve', 'revise', 'abort'], noteRequired: ['revise'],
    question: 'All tasks of the milestone are done. Accept the result?',
  },
  rate_limit_hit: {
    priority: 'high', actions: ['wait', 'retry', 'abort'], noteRequired: [],
    question: 'A usage limit stops the agent. It goes on by itself at the reset; try earlier?',
  },
  time_threshold_exceeded: {
    priority: 'medium', actions: ['extend', 'retry', 'abort'], noteRequired: [],
    question: 'The work takes longer than the plan allows. Give it more time?',
  },
  confidence_too_low: {
    priority: 'high', actions: ['approve', 'revise', 'retry', 'abort'], noteRequired: ['revise'],
    question: 'The evidence is fine, but confidence in the result is too low. Accept it?',
  },
  consecutive_failures: {
    priority: 'high', actions: ['retry', 'revise', 'skip', 'restore', 'abort'], noteRequired: ['revise'],
    question: 'The task failed several times in a row. What now?',
  },
  destructive_operation: {
    priority: 'high', actions: ['allow', 'deny', 'abort'], noteRequired: [], dangerous: true,
    question: 'The agent wants to do something that cannot be undone. Let it?',
  },
  permission_request: {
    priority: 'high', actions: ['allow', 'allow-always', 'deny', 'abort'], noteRequired: [], dangerous: true,
    question: 'The agent wants to do something the plan asks about. Let it?',
  },
  agent_question: {
    priority: 'high', actions: ['answer', 'abort'], noteRequired: ['answer'],
    question: 'The agent asks a question.',
  },
  budget_exceeded: {
    priority: 'high', actions: ['extend', 'finish', 'abort'], noteRequired: [],
    question: 'A limit of the plan is reached. Go on?',
  },
  plan_approval: {
    priority: 'medium', actions: ['approve', 'revise', 'abort'], noteRequired: ['revise'],
    question: 'The agent has made a plan. Carry it out?',
  },
  reviewer_unavailable: {
    priority: 'medium', actions: ['retry', 'approve', 'skip-review', 'abort'], noteRequired: [],
    question: 'The reviewer could not judge this turn. Go on without it?',
  },
  stalled: {
    priority: 'medium', actions: ['wait', 'retry', 'abort'], noteRequired: [],
    question: 'The agent lives but does not get on. It goes on meanwhile. Wait, or stop it?',
  },
  host_unreachable: {
    priority: 'high', actions: ['retry', 'abort'], noteRequired: [],
    question: 'The host does not answer. Try again?',
  },
  unexpected_change: {
    priority: 'medium', actions: ['keep', 'restore', 'abort'], noteRequired: [],
    question: 'Files changed that no tool call accounts for. Keep the changes?',
  },
  merge_conflict: {
    priority: 'high', actions: ['retry', 'resolved', 'abort'], noteRequired: [],
    question: "Bringing the task's branch back conflicts. Resolve it and say so?",
  },
  evidence_weakened: {
    priority: 'high', actions: ['approve', 'retry', 'restore', 'abort'], noteRequired: [], dangerous: true,
    question: 'What proves the work has been made weaker. Accept that?',
  },
  sign_in_required: {
    priority: 'high', actions: ['retry', 'abort'], noteRequired: [],
    question: "The agent's sign-in is missing or has expired. Is it put right?",
  },
};

export const BREAKPOINT_KINDS = Object.keys(BREAKPOINTS) as BreakpointKind[];

/** Nothing raises these yet: a plan may name them, and is warned. */
export const LATER_KINDS: readonly BreakpointKind[] = [];
