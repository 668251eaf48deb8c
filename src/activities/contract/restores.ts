/** What workflows ask of the world about restores. Types only. */
import type { Effects, RestorePreview, RestoreReport, RestoreRequestCall } from '../../domain/restore.ts';
import type { MilestoneRef, TurnCall } from './plan-brief.ts';

export type PreviewRestore = TurnCall;

export interface PreviewedRestore {
  /** Null: there is nothing to go back to, or nothing has changed since. */
  preview: RestorePreview | null;
}

/** `checkpoint`: an id. */
export interface ListEffects extends MilestoneRef {
  checkpoint: string;
}

export interface RestoreFiles extends MilestoneRef, RestoreRequestCall {
  epoch: number;
  /** The task that works beside the rest of the milestone. */
  lane?: string;
}

export type { Effects, RestoreReport };
