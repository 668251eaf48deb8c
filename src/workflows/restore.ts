/** A restore while no milestone holds the workspace. */
import type { MilestoneRef, RestoreReport } from '../activities/contract.ts';
import type { RestoreRequestCall } from '../domain/restore.ts';
import { groups } from './activity-groups.ts';
import { underOwnLease } from './own-lease.ts';

export type RestoreInput = MilestoneRef & RestoreRequestCall;

export function restoreWorkflow(input: RestoreInput): Promise<RestoreReport> {
  const { milestone, checkpoint, dryRun } = input;
  const summary = `${milestone} ${dryRun ? 'what a restore would do' : `restore of checkpoint ${checkpoint}`}`;
  return underOwnLease(input, summary, ({ epoch }) => groups.host.restoreFiles.executeWithOptions({ summary }, [{ ...input, epoch }]));
}
