/** `rate_limit_event`: how full the account's usage windows are. */
import type { UsageWindow } from '../../domain/usage.ts';
import { isoOf } from './event.ts';
import type { Line } from './lines.ts';

type Info = NonNullable<Line['rate_limit_info']>;

/** Of the whole event; of the one window it is about where it lists none. Empty where it names no window. */
export function windowsOf({ unifiedWindows = [], rateLimitType, status, utilization, resetsAt }: Info): UsageWindow[] {
  const listed = unifiedWindows.map(([name, window]) => windowOf(name, window));
  if (rateLimitType === undefined || listed.some(({ name }) => name === rateLimitType)) return listed;
  return [...listed, windowOf(rateLimitType, { status, utilization, resetsAt })];
}

type Window = { [K in 'status' | 'utilization' | 'resetsAt']?: Info[K] | undefined };

const windowOf = (name: string, { status, utilization, resetsAt }: Window): UsageWindow => ({
  name, utilization: utilization ?? null, status: status ?? null, resetsAt: isoOf(resetsAt),
});
