/** What a fork goes on from. Types only; package-free. */

/** The turn at whose end it begins. */
export interface ForkPoint {
  milestone: string;
  epoch: number;
  task: string;
  turn: number;
}

export interface Fork extends ForkPoint {
  /** Row id of the turn: its transcript is cut there. */
  turnId: number;
  /** Checkpoint after the turn. */
  tree: string;
  sidecar: string;
  /** Tree from which its task set out, in the first attempt. */
  firstTree: string;
  /** Of the agent. */
  sessionId: string;
  /** Tasks that were over when the turn began. */
  over: { id: string; state: 'completed' | 'skipped' }[];
  /** A person's; goes into the first prompt. */
  note: string | null;
  /** Its worktree. */
  path: string;
  branch: string;
}
