/** Tests by name beside those of the baseline. Package-free. */
import type { RunResult, TestComparison, TestReport } from './evidence.ts';

export const reportOf = (run: RunResult | null): TestReport | null => (run?.report?.kind === 'read' ? run.report : null);

/** Tests failed, or the report counts failures that it does not name. */
export const hasFailedTests = (run: RunResult): boolean => (reportOf(run)?.counts.failed ?? 0) > 0;

const without = (names: readonly string[], others: readonly string[]): string[] => {
  const left = new Set(others);
  return names.filter((name) => !left.has(name));
};

const within = (names: readonly string[], others: readonly string[]): string[] => {
  const kept = new Set(others);
  return names.filter((name) => kept.has(name));
};

/**
 * Null where a report is missing. `repeated`: the same check once more; a test that failed in only one of the two is flaky. Where the
 * baseline cannot tell which tests failed, none is called new.
 */
export function compareTests(run: RunResult, repeated: RunResult | null, baseline: RunResult | null): TestComparison | null {
  const [first, again] = [reportOf(run), repeated ? reportOf(repeated) : reportOf(run)];
  if (!first || !again) return null;
  const failing = within(again.failing, first.failing);
  const unsure = [...without(first.failing, again.failing), ...without(again.failing, first.failing)].sort();
  const before = failedBefore(baseline) ?? failing;
  return {
    newlyFailing: without(failing, before),
    stillFailing: within(failing, before),
    fixed: without(without(before, failing), unsure),
    flaky: unsure,
  };
}

/** Null: nobody can say which tests failed, so that no failure can be called new. */
function failedBefore(baseline: RunResult | null): string[] | null {
  const report = reportOf(baseline);
  if (report) return report.complete ? report.failing : null;
  return baseline && baseline.exitCode !== 0 ? null : [];
}

/**
 * Whether a check that failed before fails in another way now: its exit code was 0 (and no report said that it failed), other tests fail than in the baseline, or none does
 * although one did, so that something else is wrong. Where not every failing test has a name, more of them than before are new ones.
 */
export function isFailureNew(run: RunResult, baseline: RunResult): boolean {
  const [now, before] = [reportOf(run), reportOf(baseline)];
  if (baseline.exitCode === 0 && (run.exitCode !== 0 || !before)) return true;
  if (!now || !before) return false;
  if (before.complete && without(now.failing, before.failing).length > 0) return true;
  return now.counts.failed > before.counts.failed || (now.counts.failed === 0 && before.counts.failed > 0);
}
