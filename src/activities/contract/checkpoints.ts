/** What workflows ask of the world about checkpoints on demand. Types only. */
import type { CheckpointReport, CheckpointRequestCall } from '../../domain/checkpoint.ts';
import type { MilestoneRef } from './plan-brief.ts';

export interface KeepCheckpoint extends MilestoneRef, CheckpointRequestCall {
  epoch: number;
}

export type { CheckpointReport };
