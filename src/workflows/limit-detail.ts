/** The detail of a question about a limit. */
import type { Account } from '../domain/limits/budget.ts';

/** What a question about a limit is about. */
export type LimitDetail =
  | { limit: 'turns'; turns: number }
  | { limit: 'money'; accounts: Account[] }
  | { limit: 'time'; of: 'turn' | 'task'; planMs: number };

/** Undefined where a question is about no limit. */
export function limitDetail(detail: Record<string, unknown> | undefined): LimitDetail | undefined {
  return detail && 'limit' in detail ? (detail as unknown as LimitDetail) : undefined;
}
