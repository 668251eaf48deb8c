/** Whether two results contradict each other: the checks speak for one, the scores for the other. Pure. */
import type { CheckOutcome } from './evidence.ts';

export interface Result {
  quality: number | null;
  checks: readonly { outcome: CheckOutcome }[];
}

/** As for one turn: smaller differences are noise. A decimal fraction is not exact: .9 is more than .3 above .6. */
const APART = 0.3 + 1e-9;

const MET: ReadonlySet<CheckOutcome> = new Set(['pass', 'fixed']);

const share = ({ checks }: Result): number | null => (checks.length === 0 ? null : checks.filter(({ outcome }) => MET.has(outcome)).length / checks.length);

/** Which of the two the checks speak for, where the scores speak for the other; null where they agree or say nothing. */
export function opposed(a: Result, b: Result): { checks: 'a' | 'b'; quality: 'a' | 'b' } | null {
  const [ofA, ofB] = [share(a), share(b)];
  if (ofA === null || ofB === null || a.quality === null || b.quality === null) return null;
  const [checks, quality] = [ofA - ofB, a.quality - b.quality];
  if (Math.abs(checks) <= APART || Math.abs(quality) <= APART || checks * quality >= 0) return null;
  return checks > 0 ? { checks: 'a', quality: 'b' } : { checks: 'b', quality: 'a' };
}
