/** What activities are told of the plan, and what workflows learn of it: enough for scheduling, no texts. Types only. */
import type { BreakpointKind } from '../../domain/breakpoints.ts';
import type { TurnRef } from '../../domain/ids.ts';
import type { BudgetLevel } from '../../domain/limits/budget.ts';
import type { TimePolicy } from '../../domain/limits/time.ts';
import type { BreakpointPolicy } from '../../domain/plan.ts';
import type { RetryPolicy } from '../../domain/waits.ts';

export interface PlanRef {
  project: string;
  planSha256: string;
}

export interface MilestoneRef extends PlanRef {
  milestone: string;
}

/** The turn a call is about, with the plan it follows. */
export interface TurnCall extends TurnRef {
  planSha256: string;
}

/** The plan without its texts: what scheduling needs. */
export interface ProjectBrief {
  project: string;
  host: string;
  /** Whose money the plan limits; absent: of an older version. */
  budgetLevels?: BudgetLevel[];
  milestones: { id: string; title: string; dependsOn: string[] }[];
}

export interface TaskBrief {
  id: string;
  title: string;
  dependsOn: string[];
  priority: number;
  deadline: string | null;
  /** Begins with a plan that a person accepts. */
  plan?: true;
  /** In place of the milestone's. */
  attempts?: number;
  /** It works in a worktree of its own. */
  isolated?: true;
}

export interface MilestoneBrief {
  milestone: string;
  title: string;
  host: string;
  workspace: string;
  attempts: number;
  hostPatienceMs: number;
  /** Agents that may be at work on the host at the same time; null or absent: as many as the workers have slots. */
  hostSeats?: number | null;
  /** Longest a run may take, for the activity's own time-out. */
  runTimeoutMs: number;
  /** When a person is asked about a run that goes on; absent: never. */
  time?: TimePolicy;
  /** Whose money the plan limits; absent: nobody's. */
  budgetLevels?: BudgetLevel[];
  /** Sum of the checks' time-outs. */
  checksTimeoutMs: number;
  /** Sum of the reviewers' deadlines; absent: of an older version. */
  reviewTimeoutMs?: number;
  breakpoints: Partial<Record<BreakpointKind, BreakpointPolicy>>;
  /** Absent: a further attempt never waits. */
  retry?: RetryPolicy;
  /** Highest occurrence among the questions of earlier runs of this milestone; absent: none. */
  questionsBefore?: number;
  /** Of a fork: the task it goes on with, what is over, and a person's words about it. */
  fork?: { task: string; over: { id: string; state: 'completed' | 'skipped' }[]; note: string | null };
  /** All of it works in a worktree. */
  isolated?: true;
  /** Longest a new worktree may take to become ready; absent: at once. */
  setupTimeoutMs?: number;
  tasks: TaskBrief[];
}
