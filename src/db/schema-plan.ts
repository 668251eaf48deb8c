/** Tables of what is to be done and where it stands. */
import type { Generated } from 'kysely';
import type { ForkPoint } from '../domain/fork-point.ts';
import type { Plan } from '../domain/plan.ts';
import type { TaskState, WorkState } from '../domain/states.ts';
import type { InstantDefaulted, InstantOrNull, Json, JsonOrNull } from './columns.ts';

export interface PlanTable {
  project: string;
  sha256: string;
  plan: Json<Plan>;
  /** Text of the file. */
  source: string;
  created_at: InstantDefaulted;
}

export interface ProjectTable {
  id: string;
  plan_sha256: string;
  host: string;
  workspace: string;
  /** How changes of its files were noticed last; null: no turn has run yet. */
  watch: string | null;
  state: Generated<WorkState>;
  state_at: InstantOrNull;
  workflow_id: string;
  run_id: string | null;
  created_at: InstantDefaulted;
  updated_at: InstantDefaulted;
}

export interface MilestoneTable {
  project: string;
  id: string;
  plan_sha256: string;
  title: string;
  /** In the plan, from 0. */
  position: number;
  depends_on: string[];
  /** Null: of the project's plan. */
  fork_of: JsonOrNull<ForkPoint>;
  epoch: number | null;
  state: Generated<WorkState>;
  state_at: InstantOrNull;
  workflow_id: string;
  run_id: string | null;
}

export interface TaskTable {
  project: string;
  milestone: string;
  id: string;
  plan_sha256: string;
  title: string;
  position: number;
  priority: number;
  deadline: InstantOrNull;
  state: Generated<TaskState>;
  state_at: InstantOrNull;
}

export interface TaskDependencyTable {
  project: string;
  milestone: string;
  task: string;
  depends_on: string;
}

export interface WorkspaceLeaseTable {
  host: string;
  workspace: string;
  epoch: number;
  /** Run id of the workflow that holds it; null: free. */
  holder: string | null;
  project: string;
  milestone: string;
  since: InstantDefaulted;
  /** When the attempt that wrote last was scheduled; null: nothing was written yet under this epoch. */
  attempt_at: InstantOrNull;
}

/** One row, made by whoever asks first. */
export interface InstallationTable {
  one: Generated<boolean>;
  id: string;
  made_at: InstantDefaulted;
}

export interface HostSeatTable {
  project: string;
  milestone: string;
  /** Empty: of the milestone itself. */
  task: Generated<string>;
  host: string;
  state: 'waiting' | 'taken' | 'left';
  asked_at: InstantDefaulted;
  seen_at: InstantDefaulted;
  taken_at: InstantOrNull;
}
