/** What `doctor` asks of Temporal. Each answers within a few seconds or throws `temporal_unreachable`. May be repeated. */
import { isGrpcServiceError } from '@temporalio/client';
import { WORKFLOW_QUEUE } from '../workflows/messages.ts';
import { unreachable, type Temporal } from './connection.ts';
import { missingSearchAttributes } from './search-attributes.ts';

// Of grpc.status; the package is no dependency of ours.
const [DEADLINE_EXCEEDED, NOT_FOUND, UNAVAILABLE] = [4, 5, 14];
// temporal.api.enums.v1.TaskQueueType
const WORKFLOW_TASKS = 1;

const DEADLINE_MS = 8_000;
/** The server remembers a poller for 5 minutes; a live one asks again within one. */
const LIVE_MS = 90_000;

const codeOf = (error: unknown): number | undefined => (isGrpcServiceError(error) ? Number(error.code) : undefined);

async function ask<T>(t: Temporal, question: () => Promise<T>): Promise<T> {
  return t.connection.withDeadline(Date.now() + DEADLINE_MS, question).catch((error: unknown) => {
    const code = codeOf(error);
    throw code === UNAVAILABLE || code === DEADLINE_EXCEEDED ? unreachable(t.address, error) : error;
  });
}

export async function temporalVersion(t: Temporal): Promise<string> {
  const { serverVersion } = await ask(t, () => t.connection.workflowService.getSystemInfo({}));
  return serverVersion ?? 'of unknown version';
}

export async function hasNamespace(t: Temporal): Promise<boolean> {
  const { namespace } = t;
  return ask(t, () => t.connection.workflowService.describeNamespace({ namespace }).then(() => true, (error: unknown) => {
    if (codeOf(error) === NOT_FOUND) return false;
    throw error;
  }));
}

/** Names of our search attributes that the namespace lacks. */
export const lackingSearchAttributes = (t: Temporal): Promise<string[]> => ask(t, () => missingSearchAttributes(t.connection, t.namespace));

/** Identities of the workers that poll for workflow tasks. Those of the agent queue stay away while all seats are taken. */
export async function pollingWorkers(t: Temporal, taskQueue = WORKFLOW_QUEUE): Promise<string[]> {
  const question = { namespace: t.namespace, taskQueue: { name: taskQueue }, taskQueueType: WORKFLOW_TASKS };
  const { pollers } = await ask(t, () => t.connection.workflowService.describeTaskQueue(question));
  const live = (pollers ?? []).filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 > Date.now() - LIVE_MS);
  return [...new Set(live.map(({ identity }) => identity ?? 'unnamed'))];
}
