/** States, questions and notes for the read side. */
import { Context } from '@temporalio/activity';
import { recordStates } from '../db/states.ts';
import type { QuickActivities } from './contract.ts';
import type { Deps } from './deps.ts';

export const createRecords = (deps: Deps): Pick<QuickActivities, 'recordState'> => ({
  async recordState(change) {
    const { activityId, scheduledTimestampMs, workflowExecution } = Context.current().info;
    const at = new Date(scheduledTimestampMs).toISOString();
    await recordStates(deps.db, { ...change, at, key: `${workflowExecution?.runId ?? ''}/${activityId}` });
  },
});
