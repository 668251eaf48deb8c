/** Histories of questions that do something by themselves, and of tasks side by side, for record-histories.ts. */
import { answerUpdate } from '../../src/workflows/messages.ts';
import type { TestWorker } from '../support/temporal-worker.ts';
import { opened, startMilestone, type Handle } from './driver.ts';
import { failure, judgements, milestone, newWorld, restored, task } from './fakes.ts';

/** Reminded of, more urgent, answered by the plan; then an approval of files that have changed. */
async function timed(worker: TestWorker): Promise<Handle> {
  const policy = { enabled: true, priority: 'low', remindMs: 200, escalate: { afterMs: 300, priority: 'high' }, automatic: { afterMs: 2_500, then: 'retry' } } as const;
  let looks = 0;
  const world = newWorld({
    milestones: [milestone('m', { breakpoints: { confidence_too_low: policy } })],
    on: {
      judgeTurn: judgements({ decision: 'breakpoint', breakpoint: 'confidence_too_low', failed: true }, {}),
      lookAtTree: async (p) => (looks++ === 0 ? { tree: 'now', files: 1, paths: ['a.js'] } : { tree: p.tree, files: 0, paths: [] }),
    },
  });
  const handle = await startMilestone(worker, world);
  await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: (await opened(handle, 'milestone_completion')).id, action: 'approve', note: 'fine', by: 'ann' }] });
  await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: (await opened(handle, 'milestone_completion', 2)).id, action: 'approve', by: 'ann', via: 'cli' }] });
  await handle.result();
  return handle;
}

/** The last run of a question that has waited over a fresh history: the plan answers it there. */
async function timedOn(worker: TestWorker): Promise<Handle> {
  const policy = { enabled: true, priority: null, remindMs: 150, automatic: { afterMs: 6_000, then: 'abort' } } as const;
  const world = newWorld({
    milestones: [milestone('m', { breakpoints: { consecutive_failures: policy } })],
    on: { judgeTurn: judgements({ decision: 'breakpoint', breakpoint: 'consecutive_failures', failed: true }) },
  });
  const { workflowId } = await startMilestone(worker, world, { historyLimit: 40 });
  const latest = worker.temporal.client.workflow.getHandle(workflowId) as Handle;
  await latest.result().catch(() => undefined);
  const { runId } = await latest.describe();
  return worker.temporal.client.workflow.getHandle(workflowId, runId) as Handle;
}

/** Two tasks in worktrees of their own, before questions about them offered a restore: one is asked about, and tries again. */
async function beside(worker: TestWorker): Promise<Handle> {
  const red = judgements({ decision: 'breakpoint', breakpoint: 'breaking_test_failure', failed: true }, {});
  const tasks = ['one', 'two'].map((id) => task(id, { isolated: true }));
  const handle = await startMilestone(worker, newWorld({ milestones: [milestone('m', { tasks })], on: { judgeTurn: (p) => (p.task === 'one' ? red : judgements({}))(p) } }));
  await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: (await opened(handle, 'breaking_test_failure')).id, action: 'retry', by: 'ann' }] });
  await handle.result();
  return handle;
}

/** A restore that is refused, before what others have done since was shown anew: it is asked again, and done. */
async function refusedRestore(worker: TestWorker): Promise<Handle> {
  const preview = { checkpoint: '12', taken: 'before one #1', files: 3, effects: [], moreEffects: 0 };
  let tries = 0;
  const handle = await startMilestone(worker, newWorld({
    on: {
      judgeTurn: judgements({ decision: 'breakpoint', breakpoint: 'breaking_test_failure', failed: true }, {}), previewRestore: async () => ({ preview }),
      restoreFiles: async () => ((tries += 1) === 1 ? Promise.reject(failure('workspace_busy', 'a run is alive')) : restored()),
    },
  }));
  for (const n of [1, 2]) await handle.executeUpdate(answerUpdate, { args: [{ breakpoint: (await opened(handle, 'breaking_test_failure', n)).id, action: 'restore', by: 'ann' }] });
  await handle.result();
  return handle;
}

/** A fork of a plan with a setup, before that was run for forks. */
async function forked(worker: TestWorker): Promise<Handle> {
  const fork = { task: 'one', over: [], note: 'use teal' };
  const handle = await startMilestone(worker, newWorld({ milestones: [milestone('m', { fork, setupTimeoutMs: 1_000 })] }));
  await handle.result();
  return handle;
}

export const timedScenarios = (worker: TestWorker): Record<string, () => Promise<Handle>> =>
  ({ timed: () => timed(worker), timedOn: () => timedOn(worker), beside: () => beside(worker), refusedRestore: () => refusedRestore(worker), forked: () => forked(worker) });
