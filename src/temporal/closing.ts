/** The moment between the end that everybody can read and the close of the workflow. */
import { WorkflowFailedError } from '@temporalio/client';
import { call, unknownTarget, workflowIdOf, type WorkTarget } from './client.ts';
import type { Temporal } from './connection.ts';

/** From its last record to its close; a worker may be busy. */
const CLOSE_DEADLINE_MS = 60_000;

/** Returns when the workflow is closed, however it has ended; `temporal_unreachable` when that takes longer than a minute. */
export async function untilClosed(t: Temporal, target: WorkTarget): Promise<void> {
  const handle = t.client.workflow.getHandle(workflowIdOf(target));
  await call(t, () => unknownTarget(target), () => handle.result(), CLOSE_DEADLINE_MS).catch((error: unknown) => {
    if (!(error instanceof WorkflowFailedError)) throw error;
  });
}
