/** Checkpoints as workflows, activities and people speak of them. Small: what is asked and told travels through the history. Package-free. */

export type CheckpointKind = 'baseline' | 'before' | 'after' | 'restore' | 'merge' | 'asked';

const OF_NO_TURN: Partial<Record<CheckpointKind, string>> = { baseline: 'before the first turn', restore: 'before a restore', merge: 'before a merge', asked: 'on demand' };

/** When it was taken, in words. */
export const whenTaken = ({ kind, task, turn }: { kind: CheckpointKind; task: string | null; turn: number | null }): string =>
  OF_NO_TURN[kind] ?? `${kind} ${task ?? ''} #${turn ?? ''}`;

export interface CheckpointRequestCall {
  by?: string;
}

export interface CheckpointReport {
  /** Names it in `restore`. */
  id: string;
  tree: string;
  files: number;
  bytes: number;
  /** Paths with the reason; the first 20. */
  notCovered: string[];
  moreNotCovered: number;
}
