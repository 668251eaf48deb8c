/** Table of the worktrees that milestones and tasks work in. */
import type { Generated } from 'kysely';
import type { CheckEvidence } from '../domain/evidence.ts';
import type { MergeConflict } from '../domain/host-api.ts';
import type { Id, Instant, InstantDefaulted, Json, JsonOrNull } from './columns.ts';

export type WorktreeState = 'open' | 'conflicting' | 'merging' | 'merged' | 'halfway' | 'kept' | 'removed';

export interface WorktreeTable {
  id: Id;
  project: string;
  milestone: string;
  /** Null: of the whole milestone. */
  task: string | null;
  epoch: number;
  /** Run id of the workflow it was made for. */
  holder: string;
  host: string;
  /** The plan's workspace. */
  root: string;
  path: string;
  branch: string;
  base_commit: string;
  base_tree: string;
  base_sidecar: string;
  state: Generated<WorktreeState>;
  ours_tree: string | null;
  ours_sidecar: string | null;
  merged_tree: string | null;
  merged_sidecar: string | null;
  /** How often it was begun to bring it back. */
  merges: Generated<number>;
  conflicts: Json<MergeConflict[]>;
  evidence: JsonOrNull<CheckEvidence[]>;
  saved_tree: string | null;
  saved_sidecar: string | null;
  created_at: InstantDefaulted;
  updated_at: InstantDefaulted;
}

export interface LeaseAttemptTable {
  project: string;
  milestone: string;
  epoch: number;
  /** Task that works beside the rest of its milestone. */
  lane: string;
  attempt_at: Instant;
}
