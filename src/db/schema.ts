/**
 * Types of all tables, by hand, one interface per table; the SQL is in migrations/. A test inserts into and reads from each,
 * so the two cannot drift apart unseen.
 */
import type {
  HostSeatTable, InstallationTable, MilestoneTable, PlanTable, ProjectTable, TaskDependencyTable, TaskTable, WorkspaceLeaseTable,
} from './schema-plan.ts';
import type { AgentEventTable, CheckpointTable, FileChangeTable, RunTable, TaskCostTable, TurnProofTable, TurnTable, UsageWindowTable } from './schema-turn.ts';
import type { NotificationTable } from './schema-notification.ts';
import type { RestoreTable } from './schema-restore.ts';
import type { SteeringTable } from './schema-steering.ts';
import type { TranscriptPartTable } from './schema-transcript.ts';
import type { LeaseAttemptTable, WorktreeTable } from './schema-worktree.ts';
import type { BreakpointTable, DecisionTable, EventTable, EvidenceTable, RaisedLimitTable, ReviewPromptTable, ReviewTable, WeakeningTable } from './schema-judgement.ts';

export interface Database {
  installation: InstallationTable;
  plan: PlanTable;
  project: ProjectTable;
  milestone: MilestoneTable;
  task: TaskTable;
  task_dependency: TaskDependencyTable;
  workspace_lease: WorkspaceLeaseTable;
  host_seat: HostSeatTable;
  worktree: WorktreeTable;
  lease_attempt: LeaseAttemptTable;
  turn: TurnTable;
  run: RunTable;
  agent_event: AgentEventTable;
  file_change: FileChangeTable;
  checkpoint: CheckpointTable;
  turn_proof: TurnProofTable;
  evidence: EvidenceTable;
  weakening: WeakeningTable;
  review: ReviewTable;
  review_prompt: ReviewPromptTable;
  decision: DecisionTable;
  breakpoint: BreakpointTable;
  notification: NotificationTable;
  restore: RestoreTable;
  steering: SteeringTable;
  transcript_part: TranscriptPartTable;
  raised_limit: RaisedLimitTable;
  task_cost: TaskCostTable;
  event: EventTable;
  usage_window: UsageWindowTable;
}
