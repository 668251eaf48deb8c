/**
 * What the workflows ask of the world: one object in, one small plain-JSON object out (under 64 KiB; bulk is in
 * Postgres). Types only; the shapes are in contract/. Every activity may run twice: rows are written by key, runs are started by key.
 */
import type { StateChange } from '../domain/questions.ts';
import type { CheckpointReport, KeepCheckpoint } from './contract/checkpoints.ts';
import type { ChecksResult, EndTurnResult, JudgeResult, JudgeTurn, MeasureTurn, ReviewResult } from './contract/judgement.ts';
import type { ClosedWorktree, MergeCall, MergeChecked, MergedWorktree, OpenedWorktree, OpenWorktree, Readiness, SetUpFork, UndoMerge, WorktreeCall } from './contract/isolation.ts';
import type { MilestoneBrief, MilestoneRef, PlanRef, ProjectBrief, TurnCall } from './contract/plan-brief.ts';
import type { ComparePlans, PlanComparison, TellMilestone, ToldMilestone } from './contract/plan-change.ts';
import type { NotificationActivities, Notify } from './contract/notifications.ts';
import type { LookAtTree, PlanAnswer, StillAsked, TreeNow } from './contract/questions.ts';
import type { Effects, ListEffects, PreviewedRestore, PreviewRestore, RestoreFiles, RestoreReport } from './contract/restores.ts';
import type { SteerAgent, Steered } from './contract/steering.ts';
import type { PutBack, PutBackResult } from './contract/unexpected.ts';
import type { BeginTurn, BegunTurn, RunReport, RunTurn, StopRun } from './contract/turn.ts';

export type * from './contract/checkpoints.ts';
export type * from './contract/isolation.ts';
export type * from './contract/judgement.ts';
export type * from './contract/notifications.ts';
export type * from './contract/plan-brief.ts';
export type * from './contract/plan-change.ts';
export type * from './contract/questions.ts';
export type * from './contract/restores.ts';
export type * from './contract/steering.ts';
export type * from './contract/turn.ts';
export type * from './contract/unexpected.ts';

export interface Claim {
  /** Fencing number of the workspace's lease; part of every run key of this milestone run. */
  epoch: number;
}

/** Of the milestone's own line of work, or of a task that works beside it. */
export interface SeatRef extends MilestoneRef {
  task?: string;
}

export interface ClaimCall extends MilestoneRef {
  workflowRunId: string;
  /** The workspace itself, of a milestone that works elsewhere: to begin from it, or to bring something back. */
  root?: true;
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
  takeSeat(p: SeatRef): Promise<void>;
  leaveSeat(p: SeatRef): Promise<void>;
  comparePlans(p: ComparePlans): Promise<PlanComparison>;
  /** The stored plan is the project's current one from now on; for the run that asks. */
  adoptPlan(p: PlanRef): Promise<void>;
  /** Says the plan to a milestone of the project that runs. */
  tellMilestone(p: TellMilestone): Promise<ToldMilestone>;
  /** May be repeated: each is told once. */
  notify(p: Notify): Promise<void>;
  /** Whether an open question is covered by the plan as it is now. */
  stillAsked(p: StillAsked): Promise<PlanAnswer>;
}

/** Talk to the host of the project or to the reviewer; still minutes at most. Queue `holdpoint`. */
export interface HostActivities {
  claimWorkspace(p: ClaimCall): Promise<Claim>;
  releaseWorkspace(p: MilestoneRef & Claim & { root?: true }): Promise<void>;
  /** A worktree with the files the workspace has now, made ready. */
  openWorktree(p: OpenWorktree): Promise<OpenedWorktree>;
  /** The plan's setup, in the worktree of a fork. May be repeated: it is found again where it has begun. */
  setUpFork(p: SetUpFork): Promise<Readiness>;
  /** The files of both, in the workspace; of a conflict, in the worktree. */
  mergeWorktree(p: MergeCall): Promise<MergedWorktree>;
  checkMerged(p: MergeCall): Promise<MergeChecked>;
  /** The workspace as it was before the merge. `goesOn`: the worktree gets the files of both, to go on with. */
  undoMerge(p: UndoMerge): Promise<void>;
  /** The merge stays. */
  finishMerge(p: WorktreeCall): Promise<void>;
  /** Takes a checkpoint, then removes it, unless that would lose something. */
  closeWorktree(p: WorktreeCall): Promise<ClosedWorktree>;
  /** Leaves all of the milestone's where they are, each saved as a checkpoint. */
  keepWorktrees(p: Omit<WorktreeCall, 'task'>): Promise<void>;
  takeBaseline(p: MilestoneRef & Claim): Promise<ChecksResult>;
  /** T0, the prompt, the rows of turn and run. */
  beginTurn(p: BeginTurn): Promise<BegunTurn>;
  /**
   * Ends a run that somebody else follows, with all it started; that one then learns how it ended. Waits for a host that is
   * away for as long as it takes.
   */
  stopRun(p: StopRun): Promise<void>;
  /** Whether the files are still those that a person was asked about. */
  lookAtTree(p: LookAtTree): Promise<TreeNow>;
  /** Of the workspace as it is, also while an agent works. May be repeated: the same files are one checkpoint. */
  keepCheckpoint(p: KeepCheckpoint): Promise<CheckpointReport>;
  /** What going back to before the task's turns would do; changes nothing. */
  previewRestore(p: PreviewRestore): Promise<PreviewedRestore>;
  /** What was done in the project since a checkpoint and no restore undoes. Asks no host. `unknown_target` for a checkpoint that is not there. */
  listEffects(p: ListEffects): Promise<Effects>;
  /**
   * Puts files back to a checkpoint, after taking one of the present. Killed in the middle, it goes on where it was. `unknown_target` for a
   * checkpoint that is not there, `workspace_busy` while a run lives, `policy` when effects have come that were not shown.
   */
  restoreFiles(p: RestoreFiles): Promise<RestoreReport>;
  /** Takes back what no tool call accounts for and the question was about, and nothing else. May be repeated. */
  putBack(p: PutBack): Promise<PutBackResult>;
  /** May be repeated: the same words are told once. */
  steerAgent(p: SteerAgent): Promise<Steered>;
  /** T1 and the changes between. */
  endTurn(p: MeasureTurn): Promise<EndTurnResult>;
  runChecks(p: MeasureTurn): Promise<ChecksResult>;
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

export type Activities = QuickActivities & HostActivities & AgentActivities & NotificationActivities;
