/** States of tasks, and of milestones and projects, as every document names them. Package-free. */

export const TASK_STATES = ['pending', 'ready', 'running', 'blocked', 'retrying', 'completed', 'failed', 'cancelled', 'skipped'] as const;
export type TaskState = (typeof TASK_STATES)[number];

export const WORK_STATES = ['pending', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled'] as const;
export type WorkState = (typeof WORK_STATES)[number];
