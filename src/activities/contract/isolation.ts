/** Work in a worktree of its own, and how it comes back. Types only. */
import type { MergeConflict } from '../../domain/host-api.ts';
import type { MilestoneRef, TurnCall } from './plan-brief.ts';

/** A worktree by whom it is for, with the lease of the workspace it is a worktree of. */
export interface WorktreeCall extends MilestoneRef {
  /** Null: the whole milestone works in it. */
  task: string | null;
  /** Fencing number of the workspace itself. */
  rootEpoch: number;
  /** The milestone's own fencing number; of a milestone that is isolated as a whole, another one. */
  epoch: number;
  /** First run of the workflow. */
  workflowRunId: string;
}

/** `again`: how often setup has failed before, and somebody wants it tried once more. */
export interface OpenWorktree extends WorktreeCall {
  again?: number;
}

/** The same, with the turn whose result is brought back. */
export interface MergeCall extends WorktreeCall {
  turn: Pick<TurnCall, 'task' | 'turn'>;
}

/** `goesOn`: the worktree gets the files of both. `turn`: whose checks may be under way on the merged files. */
export type UndoMerge = WorktreeCall & Partial<Pick<MergeCall, 'turn'>> & { goesOn: boolean };

/** The worktree of a fork, which was made when it was claimed: `epoch` is its own number. */
export interface SetUpFork extends MilestoneRef {
  epoch: number;
  again?: number;
}

export interface Readiness {
  /** Why the plan's setup has not made it ready, for people; absent: it has, or there is none. */
  unready?: string;
}

export interface OpenedWorktree extends Readiness {
  path: string;
  branch: string;
}

/** `merged`: the workspace has the files of both, not yet checked. */
export type MergedWorktree =
  | { kind: 'merged' }
  /** Both sides stand in the worktree's files; `more`: how many are not listed. */
  | { kind: 'conflict'; conflicts: MergeConflict[]; more: number }
  /** Files in which both sides still stand beside each other. */
  | { kind: 'unresolved'; paths: string[]; more: number }
  /** Files of the workspace that have become larger in the worktree than checkpoints hold: a merge would take them for deleted. */
  | { kind: 'outgrown'; paths: string[]; more: number };

export interface MergeChecked {
  met: boolean;
  /** Of the checks that are not met, for people and for the next prompt; cut. */
  feedback: string;
  /** The workspace before them, and after: they may write. */
  merged: string;
  tree: string;
}

export interface ClosedWorktree {
  /** Why it was not removed; null: it is gone, and its files are a checkpoint. */
  kept: string | null;
  /** Branch with commits of its own; null: there is none. */
  branch: string | null;
}
