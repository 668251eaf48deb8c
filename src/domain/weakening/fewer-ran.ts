/** Fewer tests ran than before the milestone, and nothing failed: by the reports of the checks themselves. Package-free. */
import { countsOf, type CheckEvidence, type TestCounts } from '../evidence.ts';
import type { Weakening, WeakeningKind } from './finding.ts';

const ran = ({ passed, failed }: TestCounts): number => passed + failed;

/** Of a failing check nothing is said: tests that could not be loaded are missing because of the failure. */
export function fewerTestsRan(evidence: readonly CheckEvidence[], allow: readonly WeakeningKind[]): Weakening[] {
  return evidence.flatMap((check) => {
    const counts = countsOf(check);
    const { baselineCounts, name, met } = check;
    if (!counts || !baselineCounts || !met || ran(counts) >= ran(baselineCounts)) return [];
    const [before, after] = [ran(baselineCounts), ran(counts)];
    return [{
      kind: 'fewerTestsRan' as const, path: name, before, after, accepted: allow.includes('fewerTestsRan') ? ('policy' as const) : null,
      text: `The check ${name} ran ${after} tests instead of ${before}${counts.skipped > baselineCounts.skipped ? ` and skipped ${counts.skipped} instead of ${baselineCounts.skipped}` : ''}.`,
    }];
  });
}
