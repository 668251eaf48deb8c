/**
 * When a run that lives does not get on: silent for too long, or the same calls over and over. Pure and package-free; what
 * is done about it is the activity's and the workflow's.
 */

/** In milliseconds. */
export interface WatchdogPolicy {
  /** No event for this long while no tool runs: the model thinks, or nobody answers. */
  silentAfterMs: number;
  /** No event for this long while a tool runs, of which the agent gives a sign of life every half minute. */
  silentInToolAfterMs: number;
  /** The same call, or the same two or three in turn, this many times without another one between. */
  sameCalls: number;
  /** After the last word of an agent whose process does not end. */
  exitAfterMs: number;
}

// Measured on Claude Code 2.1.330: while it waits for the API it says nothing for up to 360 s before it gives up by itself,
// and a long answer comes in one piece; while a tool runs, `tool_progress` comes every 30 s. So ten minutes without a tool,
// six missed signs of life with one, and two of them after the last word.
export const WATCHDOG_DEFAULTS: WatchdogPolicy = { silentAfterMs: 600_000, silentInToolAfterMs: 180_000, sameCalls: 8, exitAfterMs: 60_000 };

export type Stall =
  | { kind: 'silent'; silentMs: number; tool: string | null }
  /** `calls`: how many different ones are repeated in turn. */
  | { kind: 'loop'; tool: string; calls: number; times: number };

/** A round of more calls than this is not looked for: long rounds are how ordinary work looks. */
export const LONGEST_ROUND = 3;

const isRound = (calls: readonly string[], length: number, times: number): boolean => {
  const tail = calls.slice(-length * times);
  return tail.length === length * times && tail.every((call, n) => call === tail[n % length]);
};

/** How many different calls the end of `calls` repeats `times` times in turn; null when it does not. */
export function roundOf(calls: readonly string[], times: number): number | null {
  for (let length = 1; length <= LONGEST_ROUND; length += 1) if (isRound(calls, length, times)) return length;
  return null;
}

/** What the run has shown of itself. */
export interface Shown {
  silentMs: number;
  /** The tool call that has no result yet. */
  openTool: string | null;
  /** Calls in order, each as a text that is equal for equal calls; the end of the list is enough. */
  calls: readonly string[];
  lastTool: string | null;
}

/** Null: it gets on. */
export function stallOf(policy: WatchdogPolicy, { silentMs, openTool, calls, lastTool }: Shown): Stall | null {
  if (silentMs >= (openTool === null ? policy.silentAfterMs : policy.silentInToolAfterMs)) return { kind: 'silent', silentMs, tool: openTool };
  const round = roundOf(calls, policy.sameCalls);
  return round === null ? null : { kind: 'loop', tool: lastTool ?? 'a tool', calls: round, times: policy.sameCalls };
}

const lasting = (ms: number): string => (ms >= 120_000 ? `${Math.round(ms / 60_000)} minutes` : `${Math.round(ms / 1000)} s`);

/** One sentence for people. */
export function describeStall(stall: Stall): string {
  if (stall.kind === 'silent') return `The agent lives and has said nothing for ${lasting(stall.silentMs)}${stall.tool === null ? '' : ` while ${stall.tool} runs`}.`;
  const what = stall.calls === 1 ? `the same call of ${stall.tool}` : `the same ${stall.calls} calls in turn, the last of ${stall.tool},`;
  return `The agent has made ${what} ${stall.times} times with nothing else between.`;
}
