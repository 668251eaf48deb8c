/** Notifications that wait to be sent: written by key once, taken by channel when they are due, dropped when their question has been answered. */
import { sql } from 'kysely';
import type { NotificationReason } from '../domain/notification.ts';
import { questionOf, type Question } from './breakpoints.ts';
import { cleanText } from './columns.ts';
import type { Db } from './transaction.ts';

export interface NewNotification {
  /** The same one again is not stored. */
  id: string;
  channel: string;
  why: NotificationReason;
  question: Pick<Question, 'id' | 'openedAt' | 'project' | 'milestone'>;
  /** RFC 3339. */
  dueAt: string;
}

export interface DueNotification {
  id: string;
  why: NotificationReason;
  /** RFC 3339: when it came up. */
  createdAt: string;
  question: Question;
}

/** May be repeated. */
export async function addNotifications(db: Db, notifications: readonly NewNotification[]): Promise<void> {
  if (notifications.length === 0) return;
  await db.insertInto('notification').values(notifications.map(({ id, channel, why, question, dueAt }) => ({
    id, channel, why, project: question.project, milestone: question.milestone, breakpoint: question.id, opened_at: question.openedAt, due_at: dueAt,
  }))).onConflict((oc) => oc.column('id').doNothing()).execute();
}

const ANSWERED = sql<boolean>`exists (select from breakpoint b where b.id = notification.breakpoint and b.opened_at = notification.opened_at
  and (b.answered_at is not null or b.closed_at is not null))`;

/** What nobody needs to be told any more. May be repeated. */
export async function dropAnswered(db: Db, channel: string): Promise<void> {
  await db.updateTable('notification').set({ state: 'dropped', state_at: sql`now()` })
    .where('channel', '=', channel).where('state', '=', 'waiting').where(ANSWERED).execute();
}

/** Oldest first, at most `limit`. */
export async function dueNotifications(db: Db, channel: string, now: Date, limit: number): Promise<DueNotification[]> {
  const rows = await db.selectFrom('notification as n').innerJoin('breakpoint as b', (join) => join.onRef('b.id', '=', 'n.breakpoint').onRef('b.opened_at', '=', 'n.opened_at'))
    .selectAll('b').select(['n.id as notification', 'n.why as why', 'n.created_at as created_at'])
    .where('n.channel', '=', channel).where('n.state', '=', 'waiting').where('n.due_at', '<=', now)
    .orderBy('n.due_at').orderBy('n.id').limit(limit).execute();
  return rows.map((row) => ({ id: row.notification, why: row.why, createdAt: row.created_at.toISOString(), question: questionOf(row) }));
}

/** RFC 3339; null: nothing waits. */
export async function nextDue(db: Db, channel: string): Promise<string | null> {
  const row = await db.selectFrom('notification').select(({ fn }) => fn.min('due_at').as('at')).where('channel', '=', channel).where('state', '=', 'waiting').executeTakeFirst();
  return row?.at?.toISOString() ?? null;
}

/** May be repeated; what has ended already stays as it is. */
export async function endNotifications(db: Db, ids: readonly string[], state: 'sent' | 'failed', error: string | null = null): Promise<void> {
  await db.updateTable('notification')
    .set(({ eb }) => ({ state, state_at: sql`now()`, attempts: eb('attempts', '+', 1), error: error === null ? null : cleanText(error) }))
    .where('id', 'in', ids).where('state', '=', 'waiting').execute();
}

/** Says what went wrong this time. */
export async function noteAttempt(db: Db, ids: readonly string[], error: string): Promise<void> {
  await db.updateTable('notification').set(({ eb }) => ({ attempts: eb('attempts', '+', 1), error: cleanText(error) }))
    .where('id', 'in', ids).where('state', '=', 'waiting').execute();
}
