/** Usage windows of an agent's account, and whether one is too full to begin a turn. Pure; package-free. */
import type { AgentSettings } from './plan.ts';
import { clockTime } from './waits.ts';

export interface UsageWindow {
  /** As the agent names it: `five_hour`, `seven_day` … */
  name: string;
  /** Share that is spent: 0 to 1, or more; null where the agent did not say. */
  utilization: number | null;
  /** The agent's word: `allowed`, `allowed_warning`, `rejected`. */
  status: string | null;
  /** RFC 3339. */
  resetsAt: string | null;
}

/** Windows that hold for every model; the others may be another model's. */
const COMMON = ['five_hour', 'seven_day'];

/** Names the account without its credential: agent, kind, and where the credential is kept. */
export function accountOf({ name, auth }: Pick<AgentSettings, 'name' | 'auth'>): string {
  if (auth.kind === 'login') return `${name} login`;
  const { source } = auth;
  return `${name} ${auth.kind} ${source.on} ${'env' in source ? source.env : source.file}`;
}

const spent = ({ utilization, status }: UsageWindow): number => utilization ?? (status === 'rejected' ? 1 : 0);

export const percentSpent = (utilization: number): string => `${Math.round(utilization * 100)} %`;

/**
 * The window that holds a turn back: at or over `startBelow` (null: never), and of those the one that resets last. A window
 * whose reset has passed counts for nothing, nor does one that resets by `skipped` (RFC 3339).
 */
export function tooFull(
  windows: readonly UsageWindow[], { startBelow, nowMs, skipped }: { startBelow: number | null; nowMs: number; skipped?: string | undefined },
): { until: string; reason: string } | undefined {
  if (startBelow === null) return undefined;
  const from = Math.max(nowMs, skipped === undefined ? 0 : Date.parse(skipped));
  const [last] = windows
    .filter((window) => COMMON.includes(window.name) && spent(window) >= startBelow && resetMs(window) > from)
    .sort((a, b) => resetMs(b) - resetMs(a));
  if (!last?.resetsAt) return undefined;
  const reason = `${percentSpent(spent(last))} of the usage window ${last.name} are spent (the plan begins turns below ${percentSpent(startBelow)}); ` +
    `it resets at ${clockTime(last.resetsAt, nowMs)}.`;
  return { until: last.resetsAt, reason };
}

const resetMs = ({ resetsAt }: UsageWindow): number => (resetsAt === null ? 0 : Date.parse(resetsAt));
