/** Time that the agent may work at a turn or a task before a person is asked. Package-free: workflow code imports this file. */

/** In milliseconds; absent: no limit. */
export interface TimePolicy {
  turnMs?: number;
  taskMs?: number;
}

/** How long the agent has worked; waiting for people, limits and seats is not work. */
export interface Worked {
  turnMs: number;
  taskMs: number;
}

export interface TimeLimit {
  of: 'turn' | 'task';
  limitMs: number;
  /** Negative or 0: it is over. */
  leftMs: number;
}

/** The limit that ends first; null: there is none. `moreMs`: granted by people. */
export function nextTimeLimit(policy: TimePolicy, worked: Worked, moreMs: number): TimeLimit | null {
  const limits = ([['turn', policy.turnMs, worked.turnMs], ['task', policy.taskMs, worked.taskMs]] as const)
    .flatMap(([of, ms, spentMs]) => (ms === undefined ? [] : [{ of, limitMs: ms + moreMs, leftMs: ms + moreMs - spentMs }]));
  return limits.sort((a, b) => a.leftMs - b.leftMs)[0] ?? null;
}

const lasting = (ms: number): string => (ms >= 120_000 ? `${Math.round(ms / 60_000)} minutes` : `${Math.round(ms / 1000)} s`);

export const describeTimeLimit = ({ of, limitMs }: TimeLimit): string =>
  `The agent has worked at the ${of} for ${lasting(limitMs)}, which is all the plan gives it. It goes on meanwhile.`;
