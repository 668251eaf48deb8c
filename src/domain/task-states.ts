/** Which state a task may go to from which: the one table, held against all that is recorded in tests. Package-free. */
import type { TaskState } from './states.ts';

/**
 * `ready`: it waits for nobody. `retrying`: a further attempt is due or under way. `blocked`: a person is asked, also before
 * anything was begun. What is
 * completed or skipped is worked on again only when a person reopens it at the end of the milestone.
 */
export const TASK_TRANSITIONS: Readonly<Record<TaskState, readonly TaskState[]>> = {
  pending: ['ready', 'running', 'blocked', 'skipped', 'cancelled'],
  ready: ['running', 'pending', 'blocked', 'skipped', 'cancelled'],
  running: ['blocked', 'retrying', 'completed', 'failed', 'cancelled'],
  blocked: ['running', 'retrying', 'completed', 'skipped', 'failed', 'cancelled'],
  retrying: ['running', 'blocked', 'completed', 'skipped', 'failed', 'cancelled'],
  completed: ['retrying'],
  skipped: ['retrying', 'running'],
  failed: [],
  cancelled: [],
};

/** Staying is no transition. */
export const mayBecome = (from: TaskState, to: TaskState): boolean => TASK_TRANSITIONS[from].includes(to);

/** A skipped task no longer holds anybody up: a person decided to go on without it. */
export const isSettled = (state: TaskState): boolean => state === 'completed' || state === 'skipped';

export const isStartable = (state: TaskState): boolean => state === 'pending' || state === 'ready' || state === 'retrying';

/** Nothing more comes of it by itself. */
export const isEnded = (state: TaskState): boolean => isSettled(state) || state === 'failed' || state === 'cancelled';
