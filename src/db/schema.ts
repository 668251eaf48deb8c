/**
 * Types of all tables, by hand, one interface per table; the SQL is in migrations/. A test inserts into and reads from each,
 * so the two cannot drift apart unseen.
 */
import type {
  HostSeatTable, MilestoneTable, PlanTable, ProjectTable, TaskDependencyTable, TaskTable, WorkspaceLeaseTable,
} from './schema-plan.ts';
import type { AgentEventTable, CheckpointTable, FileChangeTable, RunTable, TurnTable, UsageWindowTable } from './schema-turn.ts';
import type { BreakpointTable, DecisionTable, EventTable, EvidenceTable, ReviewTable } from './schema-judgement.ts';

export interface Database {
  plan: PlanTable;
  project: ProjectTable;
  milestone: MilestoneTable;
  task: TaskTable;
  task_dependency: TaskDependencyTable;
  workspace_lease: WorkspaceLeaseTable;
  host_seat: HostSeatTable;
  turn: TurnTable;
  run: RunTable;
  agent_event: AgentEventTable;
  file_change: FileChangeTable;
  checkpoint: CheckpointTable;
  evidence: EvidenceTable;
  review: ReviewTable;
  decision: DecisionTable;
  breakpoint: BreakpointTable;
  event: EventTable;
  usage_window: UsageWindowTable;
}
