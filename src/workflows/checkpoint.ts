/** A checkpoint on demand while no milestone holds the workspace. */
import type { CheckpointReport, MilestoneRef } from '../activities/contract.ts';
import type { CheckpointRequestCall } from '../domain/checkpoint.ts';
import { groups } from './activity-groups.ts';
import { underOwnLease } from './own-lease.ts';

export type CheckpointInput = MilestoneRef & CheckpointRequestCall;

export function checkpointWorkflow(input: CheckpointInput): Promise<CheckpointReport> {
  const summary = `${input.milestone} checkpoint on demand`;
  return underOwnLease(input, summary, ({ epoch }) => groups.host.keepCheckpoint.executeWithOptions({ summary }, [{ ...input, epoch }]));
}
