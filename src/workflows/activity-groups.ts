/**
 * One proxy per class of time-out, each number with its reason. No group bounds its attempts: a fault of the
 * infrastructure must not throw away days of work; what no retry can cure is in the catalogue and fails at once.
 */
import { ActivityCancellationType, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { ActivityOptions } from '@temporalio/common';
import type { AgentActivities, HostActivities, MilestoneBrief, QuickActivities } from '../activities/contract.ts';
import { FAILURES, type FailureKind } from '../domain/failure-kind.ts';
import { agentQueueOf } from './messages.ts';

const nonRetryable = (Object.keys(FAILURES) as FailureKind[]).filter((kind) => !FAILURES[kind].retryable);

// Half a minute between attempts: what waits for a database or a lease goes on soon after it is back.
const retry = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s', nonRetryableErrorTypes: nonRetryable } as const;

// A statement or two against Postgres, or the rules over what is stored: seconds even on a loaded machine. They do not
// heartbeat, so this is also how long a killed worker delays them.
const quickTimeout = '15s';

// These heartbeat each second; ten seconds without one means a dead worker, not a busy event loop.
const hostHeartbeat = '10s';

// One snapshot of 100,000 files on a cold disk, beside the patience for a host that is away.
const SNAPSHOT_MS = 10 * 60_000;

// Every check may run twice (a newly failing one, to tell a flaky one).
const CHECK_RUNS = 2;

// The difference from the host, and reviewers of a plan that was stored before their deadlines were told.
const REVIEW_MS = 30 * 60_000;

// Room to start the run, read the last of its stream and reap it, beside the run's own limit.
const REAP_MS = 5 * 60_000;

// Cancelling waits until the activity has ended: then nothing of ours runs any more. Said here, because the SDK documents
// it as its default but leaves it unset, which means TRY_CANCEL (1.24.0; a test cancels during each activity).
const shared = { retry, cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED } as const;

const quick = proxyActivities<QuickActivities & Pick<HostActivities, 'releaseWorkspace'>>({ ...shared, startToCloseTimeout: quickTimeout });

// At the end of a cancelled or failed workflow: worth trying for a while, not for ever.
const closing = proxyActivities<Pick<QuickActivities & HostActivities, 'recordState' | 'releaseWorkspace'>>({
  ...shared,
  startToCloseTimeout: quickTimeout,
  scheduleToCloseTimeout: '2m',
});

// The same, for what has to ask the host.
const closingOnHost = proxyActivities<Pick<HostActivities, 'endTurn' | 'stopRun' | 'undoMerge' | 'keepWorktrees'>>({ ...shared, startToCloseTimeout: '2m', scheduleToCloseTimeout: '2m', heartbeatTimeout: hostHeartbeat });

const host = proxyActivities<HostActivities>({ ...shared, startToCloseTimeout: SNAPSHOT_MS, heartbeatTimeout: hostHeartbeat });

// The first look at a lease: when somebody else holds it, the workflow wants to know and say so, then waits by retries.
const leaseProbe = proxyActivities<Pick<HostActivities, 'claimWorkspace'>>({
  ...shared,
  startToCloseTimeout: SNAPSHOT_MS,
  heartbeatTimeout: hostHeartbeat,
  retry: { ...retry, nonRetryableErrorTypes: [...nonRetryable, 'workspace_leased'] },
});

// A notice: sent again for a while, never waited for by an answer, and not by the end of a milestone for longer than this.
const notices = proxyActivities<Pick<QuickActivities, 'notify'>>({
  retry, cancellationType: ActivityCancellationType.TRY_CANCEL, startToCloseTimeout: '30s', scheduleToCloseTimeout: '2m',
});

// Short: who waits in a line must ask often enough to be seen there, and soon have the seat that has become free.
const SEAT_EVERY = '2s';

const seatProbe = proxyActivities<Pick<QuickActivities, 'takeSeat'>>({
  ...shared,
  startToCloseTimeout: quickTimeout,
  retry: { ...retry, nonRetryableErrorTypes: [...nonRetryable, 'no_seat'] },
});

const seat = proxyActivities<Pick<QuickActivities, 'takeSeat'>>({
  ...shared,
  startToCloseTimeout: quickTimeout,
  retry: { ...retry, initialInterval: SEAT_EVERY, backoffCoefficient: 1 },
});

// At once, however often: the attempts of a run of hours count its dead workers, not its failures.
const agentRetry = { ...retry, maximumInterval: '2s' } as const;

// On the seats beside the queue of the workflow itself (`timeouts.run`). Five seconds: a run whose worker was killed is followed again by another one after about as long.
const agent = proxyActivities<AgentActivities>({ ...shared, retry: agentRetry, startToCloseTimeout: '1h', heartbeatTimeout: '5s' });

export const groups = { quick, notices, closing, closingOnHost, host, leaseProbe, seatProbe, seat, agent };

/** Per-call options that follow from the plan. */
export const timeouts = {
  snapshot: (brief: MilestoneBrief): ActivityOptions => ({ startToCloseTimeout: SNAPSHOT_MS + brief.hostPatienceMs }),
  worktree: (brief: MilestoneBrief): ActivityOptions => ({ startToCloseTimeout: 2 * SNAPSHOT_MS + (brief.setupTimeoutMs ?? 0) + brief.hostPatienceMs }),
  checks: (brief: MilestoneBrief): ActivityOptions => ({
    startToCloseTimeout: CHECK_RUNS * brief.checksTimeoutMs + SNAPSHOT_MS + brief.hostPatienceMs,
  }),
  review: (brief: MilestoneBrief): ActivityOptions => ({ startToCloseTimeout: REVIEW_MS + (brief.reviewTimeoutMs ?? 0) + brief.hostPatienceMs }),
  run: (brief: MilestoneBrief, moreMs = 0): ActivityOptions => ({
    taskQueue: agentQueueOf(workflowInfo().taskQueue), startToCloseTimeout: brief.runTimeoutMs + moreMs + REAP_MS + brief.hostPatienceMs,
  }),
};
