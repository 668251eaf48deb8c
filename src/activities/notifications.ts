/** Telling people that a question waits: what is to be sent is stored first, then sent by the workflow of its channel. */
import { Context } from '@temporalio/activity';
import { findBreakpoint, type StoredBreakpoint } from '../db/breakpoints.ts';
import { noteEvents } from '../db/events.ts';
import { addNotifications, dropAnswered, dueNotifications, endNotifications, nextDue, noteAttempt, type DueNotification, type NewNotification } from '../db/notifications.ts';
import { HoldpointError } from '../domain/failure-kind.ts';
import { deliveryOf, dueAt, notificationOf, wants } from '../domain/notification.ts';
import { Undeliverable, type Channel } from '../notify/channels.ts';
import type { NotificationActivities, Notify, QuickActivities, SentNotifications } from './contract.ts';
import type { Deps } from './deps.ts';
import { withHeartbeat } from './heartbeat.ts';

/** Longer than any message should be. */
const MAX_TOGETHER = 50;

/** A receiver that is away for longer is not waited for. */
const GIVE_UP_MS = 24 * 3_600_000;

function toStore({ why, n }: Notify, question: StoredBreakpoint, { rule }: Channel): NewNotification {
  const due = new Date(dueAt(rule, question.priority, Date.now())).toISOString();
  return { id: `${question.id}@${question.openedAt}/${why}.${n}/${rule.name}`, channel: rule.name, why, question, dueAt: due };
}

/** Starts the channel's workflow, or tells the one that runs. */
async function wake(channel: string): Promise<void> {
  const { client, info: { taskQueue } } = Context.current();
  await client.workflow.signalWithStart('notifierWorkflow', {
    workflowId: `${taskQueue}-notify/${channel}`, taskQueue, args: [{ channel }], signal: 'wake', signalArgs: [], staticSummary: `notifications by ${channel}`,
  });
}

async function store(deps: Deps, call: Notify): Promise<void> {
  const question = await findBreakpoint(deps.db, call.breakpoint);
  if (!question) throw new Error(`question ${call.breakpoint} has not been recorded`);
  if (question.answer ?? question.closedAt) return;
  const channels = deps.notify.channels.filter(({ rule }) => wants(rule, call.why, question));
  await addNotifications(deps.db, channels.map((channel) => toStore(call, question, channel)));
  for (const { rule } of channels) await wake(rule.name);
}

async function giveUp(deps: Deps, channel: string, due: DueNotification[], why: string): Promise<void> {
  await endNotifications(deps.db, due.map(({ id }) => id), 'failed', why);
  await noteEvents(deps.db, due.map(({ id, question: { project, milestone, id: breakpoint } }) => ({
    project, milestone, kind: 'notification_failed', key: id, message: `${breakpoint} could not be told by ${channel}: ${why}`,
  })));
}

const isTooOld = ({ createdAt }: DueNotification): boolean => Date.now() - Date.parse(createdAt) > GIVE_UP_MS;

/** Throws when another attempt may succeed. */
async function failed(deps: Deps, channel: string, due: DueNotification[], error: unknown): Promise<void> {
  const why = error instanceof Error ? error.message : String(error);
  const lost = error instanceof Undeliverable ? due : due.filter(isTooOld);
  if (lost.length > 0) await giveUp(deps, channel, lost, why);
  if (lost.length === due.length) return;
  await noteAttempt(deps.db, due.map(({ id }) => id), why);
  throw error;
}

function channelOf(deps: Deps, name: string): Channel {
  const channel = deps.notify.channels.find(({ rule }) => rule.name === name);
  if (channel) return channel;
  throw new HoldpointError('internal', `the configuration of this worker has no notification channel ${name}: all workers of a queue need the same ones`);
}

async function send(deps: Deps, name: string, due: DueNotification[], signal: AbortSignal): Promise<void> {
  const notifications = due.map(({ id, why, question }) => notificationOf(id, why, question, deps.notify.pageOf(question.workflowId)));
  try {
    await channelOf(deps, name).transport.send(deliveryOf(notifications), signal);
  } catch (error) {
    signal.throwIfAborted();
    return failed(deps, name, due, error);
  }
  await endNotifications(deps.db, due.map(({ id }) => id), 'sent');
}

async function sendDue(deps: Deps, channel: string, signal: AbortSignal): Promise<SentNotifications> {
  await dropAnswered(deps.db, channel);
  const due = await dueNotifications(deps.db, channel, new Date(), MAX_TOGETHER);
  if (due.length > 0) await send(deps, channel, due, signal);
  return { next: await nextDue(deps.db, channel) };
}

export const createNotifications = (deps: Deps): Pick<QuickActivities, 'notify'> & NotificationActivities => ({
  notify: (call) => store(deps, call),
  sendNotifications: ({ channel }) => withHeartbeat(({ signal }) => sendDue(deps, channel, signal)),
});
