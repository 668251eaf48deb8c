/** States of tasks, and of milestones and projects, as every document names them. Package-free. */

export const TASK_STATES = ['pending', 'ready', 'running', 'blocked', 'retrying', 'completed', 'failed', 'cancelled', 'skipped'] as const;
export type TaskState = (typeof TASK_STATES)[number];

export const WORK_STATES = ['pending', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled'] as const;
export type WorkState = (typeof WORK_STATES)[number];

/** Of what has ended. */
export const CLOSED_STATES: readonly WorkState[] = ['completed', 'failed', 'cancelled'];

/** Of a run that has not ended: something comes from it, nothing does for longer than the policy allows, its supervisor is gone. */
export const LIVENESS = ['producing', 'silent', 'dead'] as const;
export type Liveness = (typeof LIVENESS)[number];
