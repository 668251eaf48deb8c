/** What is sent when a question opens or goes on waiting, to whom, and when. Pure. */
import { createHash } from 'node:crypto';
import { answerCommands, type AnswerCommands } from './answer-commands.ts';
import type { BreakpointKind, Priority } from './breakpoints.ts';
import type { OpenBreakpoint } from './questions.ts';

export const NOTIFICATION_REASONS = ['opened', 'reminder', 'escalated'] as const;
export type NotificationReason = (typeof NOTIFICATION_REASONS)[number];

export interface Notification {
  /** Stays the same when it has to be sent again because its receipt was not confirmed. */
  id: string;
  why: NotificationReason;
  breakpoint: Pick<OpenBreakpoint, 'id' | 'kind' | 'priority' | 'project' | 'milestone' | 'task' | 'turn' | 'openedAt' | 'reason' | 'actions' | 'noteRequired'>;
  answerWith: AnswerCommands;
  /** The question's page in the Web UI, where the service knows its address. */
  link: string | null;
}

/** One delivery: what is due for a channel at one time. */
export interface Delivery {
  /** The same for the same notifications. */
  id: string;
  /** For people; what chat programs that take `{"text": …}` show. */
  text: string;
  notifications: Notification[];
}

export interface QuietHours {
  /** Minutes after midnight. */
  from: number;
  to: number;
  /** IANA name of a time zone. */
  zone: string;
  /** This priority and higher is sent all the same; null: nothing is. */
  except: Priority | null;
}

/** Which notifications a channel takes, and when. */
export interface ChannelRule {
  name: string;
  on: readonly NotificationReason[];
  /** Null: every kind. */
  kinds: readonly BreakpointKind[] | null;
  leastPriority: Priority;
  /** Notifications of so long go out together; 0: each at once. High priority never waits. */
  batchMs: number;
  quiet: QuietHours | null;
}

const RANK: Record<Priority, number> = { low: 0, medium: 1, high: 2 };

const isAtLeast = (priority: Priority, least: Priority): boolean => RANK[priority] >= RANK[least];

export const wants = (rule: ChannelRule, why: NotificationReason, { kind, priority }: Pick<OpenBreakpoint, 'kind' | 'priority'>): boolean =>
  rule.on.includes(why) && (rule.kinds === null || rule.kinds.includes(kind)) && isAtLeast(priority, rule.leastPriority);

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

/** Minutes after midnight in that zone. */
function minuteOfDay(atMs: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).formatToParts(atMs);
  const valueOf = (type: 'hour' | 'minute'): number => Number(parts.find((part) => part.type === type)?.value);
  return valueOf('hour') * 60 + valueOf('minute');
}

function isQuiet({ from, to, zone }: QuietHours, atMs: number): boolean {
  const minute = minuteOfDay(atMs, zone);
  return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
}

const HALF_HOUR_MS = 30 * MINUTE_MS;

/** The end of the quiet hours that `atMs` is in; `atMs` itself outside of them. */
function afterQuiet(quiet: QuietHours, atMs: number): number {
  if (!isQuiet(quiet, atMs)) return atMs;
  const minutes = (quiet.to - minuteOfDay(atMs, quiet.zone) + DAY_MINUTES) % DAY_MINUTES;
  let due = Math.floor(atMs / MINUTE_MS) * MINUTE_MS + minutes * MINUTE_MS;
  // Clocks change by an hour or half of one: then the end by the clock is later, or earlier, than so many minutes.
  while (isQuiet(quiet, due)) due += HALF_HOUR_MS;
  while (due - HALF_HOUR_MS > atMs && !isQuiet(quiet, due - HALF_HOUR_MS)) due -= HALF_HOUR_MS;
  return due;
}

/** When a notification of that priority that comes up at `nowMs` is to be sent, in ms since 1970. */
export function dueAt({ batchMs, quiet }: ChannelRule, priority: Priority, nowMs: number): number {
  const batched = priority === 'high' ? nowMs : nowMs + batchMs;
  const isExempt = quiet === null || (quiet.except !== null && isAtLeast(priority, quiet.except));
  return isExempt ? batched : afterQuiet(quiet, batched);
}

const SAYS: Record<NotificationReason, string> = { opened: 'Waiting for you', reminder: 'Still waiting for you', escalated: 'Waiting for too long' };

const MAX_REASON = 500;

function textOf({ why, breakpoint: b, answerWith, link }: Notification): string {
  const place = [b.project, b.milestone, ...(b.task === null ? [] : [`${b.task} #${b.turn}`])].join(' / ');
  const answers = b.actions.map((action) => (b.noteRequired.includes(action) ? `${action} (with a note)` : action)).join(', ');
  return [`${SAYS[why]}: ${b.kind} (${b.priority}) in ${place}`, b.reason.slice(0, MAX_REASON), `Answers: ${answers}`, answerWith.cli, ...(link === null ? [] : [link])].join('\n');
}

/** `workflowPage`: address of a workflow's page in the Web UI, null where that is not known. */
export function notificationOf(id: string, why: NotificationReason, question: Notification['breakpoint'] & { workflowId: string }, workflowPage: string | null): Notification {
  const { id: breakpoint, kind, priority, project, milestone, task, turn, openedAt, reason, actions, noteRequired } = question;
  return {
    id, why, answerWith: answerCommands(question), link: workflowPage,
    breakpoint: { id: breakpoint, kind, priority, project, milestone, task, turn, openedAt, reason, actions, noteRequired },
  };
}

const idOf = (ids: string[]): string => (ids.length === 1 ? ids.join() : `batch-${createHash('sha256').update(ids.join('\n')).digest('hex').slice(0, 32)}`);

/** `notifications` is not empty. */
export const deliveryOf = (notifications: Notification[]): Delivery => ({
  id: idOf(notifications.map(({ id }) => id)), text: notifications.map(textOf).join('\n\n'), notifications,
});
