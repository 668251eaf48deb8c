/** What waits to be sent about questions, or has been. */
import type { NotificationReason } from '../domain/notification.ts';
import type { Instant, InstantDefaulted, InstantOrNull } from './columns.ts';

export type NotificationState = 'waiting' | 'sent' | 'dropped' | 'failed';

export interface NotificationTable {
  id: string;
  channel: string;
  project: string;
  milestone: string;
  /** With `opened_at`, the key of the question. */
  breakpoint: string;
  opened_at: Instant;
  why: NotificationReason;
  due_at: Instant;
  created_at: InstantDefaulted;
  state: NotificationState | undefined;
  state_at: InstantOrNull;
  attempts: number | undefined;
  error: string | null | undefined;
}
