/**
 * What the workflows ask of the world: one object in, one small plain-JSON object out (under 64 KiB; bulk is in
 * Postgres). Types only. Every activity may run twice: rows are written by key, runs are started by key.
 */
import type { BreakpointKind } from '../domain/breakpoints.ts';
import type { DecisionKind, RuleName } from '../domain/decision.ts';
import type { TurnRef } from '../domain/ids.ts';
import type { BreakpointPolicy } from '../domain/plan.ts';
import type { FailureReason, TurnOutcomeKind } from '../domain/turn-outcome.ts';
import type { StateChange } from '../domain/questions.ts';
import type { Stall } from '../domain/watchdog.ts';

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
  milestones: { id: string; title: string; dependsOn: string[] }[];
}

export interface TaskBrief {
  id: string;
  title: string;
  dependsOn: string[];
  priority: number;
  deadline: string | null;
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
  /** Sum of the checks' time-outs. */
  checksTimeoutMs: number;
  breakpoints: Partial<Record<BreakpointKind, BreakpointPolicy>>;
  /** Highest occurrence among the questions of earlier runs of this milestone; absent: none. */
  questionsBefore?: number;
  tasks: TaskBrief[];
}

export interface Claim {
  /** Fencing number of the workspace's lease; part of every run key of this milestone run. */
  epoch: number;
}

export interface BeginTurn extends TurnCall {
  /** Run of this turn that is about to start, from 1. */
  seq: number;
  /** Why this attempt exists; null for the first. The text itself is in the decision row of the turn before. */
  note: string | null;
  /** A person, or the timer, has said not to wait for windows that reset by then (RFC 3339). */
  usageSkipped?: string;
}

export interface BegunTurn {
  /** Empty where the turn was not begun. */
  runKey: string;
  /** A usage window is too full by the plan's policy: nothing was done. `until`: its reset, RFC 3339. */
  full?: { until: string; reason: string };
}

/** A stall that a person is asked about while the run goes on. */
export interface ReportedStall {
  /** Id of the question. An answer `wait` begins the watch anew. */
  question: string;
  kind: Stall['kind'];
  /** Bytes of the run's output that were stored when it stalled: any more, and a silent run gets on. */
  offset: number;
}

export interface RunTurn extends TurnCall {
  seq: number;
  reported?: ReportedStall;
}

export interface StopRun extends TurnCall {
  seq: number;
  /** For people. */
  by: string;
}

export interface RunResult {
  outcome: TurnOutcomeKind;
  /** One line for people; cut to 500 characters. */
  message: string;
  /** RFC 3339; for `limited`. */
  until: string | null;
  costUsd: number;
  toolCalls: number;
  /** For `failed`. */
  failure?: FailureReason;
}

/** The run lives but does not get on: it was let go, nothing was ended. Calling again follows on. */
export interface RunStalled {
  outcome: 'stalled';
  /** One sentence for people. */
  message: string;
  kind: Stall['kind'];
  offset: number;
}

/** The reported stall is over, and the run was let go again. */
export interface RunGoesOn {
  outcome: 'goesOn';
}

export type RunReport = RunResult | RunStalled | RunGoesOn;

export interface EndTurnResult {
  tree: string;
  changedFiles: number;
}

export interface ChecksResult {
  checks: { name: string; exitCode: number | null; outcome: string; met: boolean }[];
}

export interface ReviewResult {
  kind: 'reviewed' | 'unavailable' | 'skipped';
  quality: number | null;
  confidence: number | null;
}

export interface JudgeTurn extends TurnCall {
  attemptsLeft: number;
  /** Failures in a row before this turn. */
  failuresBefore: number;
  /** A person said: go on without a review. */
  skipReview: boolean;
  /** Times in a row that the turn has waited for the API or a limit before this; absent: none. */
  waitsBefore?: number;
}

export interface JudgeResult {
  decision: DecisionKind;
  rule: RuleName;
  /** For `breakpoint`, and for a `wait` that a person sees. */
  breakpoint: BreakpointKind | null;
  /** For `breakpoint`: nothing was tried; after `retry` the same turn goes on. */
  hold?: boolean;
  /** One paragraph for people; cut to 1,000 characters. The whole feedback is in the decision row. */
  reason: string;
  until: string | null;
  quality: number | null;
  confidence: number | null;
  /** Counts towards failures in a row. */
  failed: boolean;
}

/** State changes for the read side; all in one call, one transaction. */
export type RecordState = StateChange;

/** Short ones, queue `holdpoint`. */
export interface QuickActivities {
  loadProject(p: PlanRef): Promise<ProjectBrief>;
  loadMilestone(p: MilestoneRef): Promise<MilestoneBrief>;
  recordState(p: RecordState): Promise<void>;
  judgeTurn(p: JudgeTurn): Promise<JudgeResult>;
  /** `no_seat` while others come first; asked again until it is taken. May be repeated. */
  takeSeat(p: MilestoneRef): Promise<void>;
  leaveSeat(p: MilestoneRef): Promise<void>;
}

/** Talk to the host of the project or to the reviewer; still minutes at most. Queue `holdpoint`. */
export interface HostActivities {
  claimWorkspace(p: MilestoneRef & { workflowRunId: string }): Promise<Claim>;
  releaseWorkspace(p: MilestoneRef & Claim): Promise<void>;
  takeBaseline(p: MilestoneRef & Claim): Promise<ChecksResult>;
  /** T0, the prompt, the rows of turn and run. */
  beginTurn(p: BeginTurn): Promise<BegunTurn>;
  /**
   * Ends a run that somebody else follows, with all it started; that one then learns how it ended. Waits for a host that is
   * away for as long as it takes.
   */
  stopRun(p: StopRun): Promise<void>;
  /** T1 and the changes between. */
  endTurn(p: TurnCall): Promise<EndTurnResult>;
  runChecks(p: TurnCall): Promise<ChecksResult>;
  reviewTurn(p: TurnCall): Promise<ReviewResult>;
}

/** Hours; queue `holdpoint-agent`, one slot is one seat. */
export interface AgentActivities {
  /**
   * Starts the run if nobody has, follows it to its end, reaps it. Lets go of a living run that stalls, and of one whose
   * reported stall is over. Cancelled: stops the agent and everything it started. Worker shutdown: lets go without stopping anything.
   */
  runTurn(p: RunTurn): Promise<RunReport>;
}

export type Activities = QuickActivities & HostActivities & AgentActivities;
