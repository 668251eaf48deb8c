/** Work in a workspace that no milestone holds: claims it as a restore does, works, gives it back. A worker that is killed changes nothing: another goes on. */
import { CancellationScope, TemporalFailure, workflowInfo } from '@temporalio/workflow';
import type { MilestoneRef } from '../activities/contract.ts';
import { restoreHolderOf } from '../domain/ids.ts';
import { groups } from './activity-groups.ts';
import { endedBy } from './failures.ts';

/** Ends the workflow as failed where the claim or the work fails. `summary`: of the claim. */
export async function underOwnLease<T>({ project, milestone, planSha256 }: MilestoneRef, summary: string, work: (lease: MilestoneRef & { epoch: number }) => Promise<T>): Promise<T> {
  const ref = { project, milestone, planSha256 };
  try {
    const claim = { ...ref, workflowRunId: restoreHolderOf(workflowInfo().firstExecutionRunId) };
    const { epoch } = await groups.leaseProbe.claimWorkspace.executeWithOptions({ summary }, [claim]);
    try {
      return await work({ ...ref, epoch });
    } finally {
      await CancellationScope.nonCancellable(() => groups.closing.releaseWorkspace.executeWithOptions({ summary: `${milestone} gives the workspace back` }, [{ ...ref, epoch }]));
    }
  } catch (error) {
    throw error instanceof TemporalFailure ? endedBy(error) : error;
  }
}
