/** How long the agent has worked, by the workflow's own clock. Kept only where the plan limits it. */
import { nextTimeLimit, type TimeLimit } from '../domain/limits/time.ts';
import { moreMs } from './extensions.ts';
import type { Milestone, TaskProgress } from './milestone-state.ts';

/** Since when the time has not been counted yet, in milliseconds; absent: it is not counted. */
interface Counted {
  since?: number;
}

export function workedUntilNow({ brief }: Milestone, task: TaskProgress, counted: Counted): void {
  if (!brief.time) return;
  const now = Date.now();
  const more = now - (counted.since ?? now);
  const { turnMs, taskMs } = task.worked ?? { turnMs: 0, taskMs: 0 };
  task.worked = { turnMs: turnMs + more, taskMs: taskMs + more };
  counted.since = now;
}

/** The limit that ends first; null where the plan has none. */
export function timeLimitOf(m: Milestone, task: TaskProgress, counted: Counted): TimeLimit | null {
  if (!m.brief.time) return null;
  workedUntilNow(m, task, counted);
  return nextTimeLimit(m.brief.time, task.worked ?? { turnMs: 0, taskMs: 0 }, moreMs(m.state, task.id));
}
