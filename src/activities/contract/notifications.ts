/** Telling people that a question waits. Types only. */
import type { NotificationReason } from '../../domain/notification.ts';

export interface Notify {
  project: string;
  milestone: string;
  /** Id of the question, which has been recorded. */
  breakpoint: string;
  why: NotificationReason;
  /** How often for that reason, from 1. */
  n: number;
}

export interface SendNotifications {
  channel: string;
}

export interface SentNotifications {
  /** When more is due, RFC 3339; null: nothing waits. */
  next: string | null;
}

/** Of the workflow of one channel. Sends what is due; fails, to be repeated, while the receiver cannot be reached. */
export interface NotificationActivities {
  sendNotifications(p: SendNotifications): Promise<SentNotifications>;
}
