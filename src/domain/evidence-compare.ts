/**
 * What a check's run means beside the run before the milestone: new failure, old failure, repaired, flaky. By the names of tests where
 * both have a report, else by exit code. Package-free.
 */
import type { CheckEvidence, CheckOutcome, CheckRun, RunResult } from './evidence.ts';
import { compareTests, hasFailedTests, isFailureNew, reportOf } from './evidence-tests.ts';
import type { CheckSpec } from './plan.ts';

export type CheckExpectation = Pick<CheckSpec, 'required' | 'expect' | 'measures'>;

const isUnreadable = (run: RunResult): boolean => run.report?.kind === 'unreadable';

/** Exit code 0 is not proof: the report must be there, and say the same. */
const passes = (run: RunResult): boolean => run.exitCode === 0 && !run.timedOut && !isUnreadable(run) && !hasFailedTests(run);

/** The last run of a check in the milestone, with what it came to; null: it is the baseline. */
export type LastRun<T extends RunResult = RunResult> = T & { outcome: CheckOutcome | null };

/**
 * Whether the check should run once more to tell a flaky failure from a real one: it, or a test of it, fails now and did not before
 * the milestone, or not the last time. A check that was flaky then has passed.
 */
export function isWorthRepeating(run: RunResult, baseline: RunResult | null, last: LastRun | null = null): boolean {
  if (passes(run) || run.timedOut) return false;
  const isNew = (before: RunResult): boolean => passes(before) || isFailureNew(run, before);
  return baseline === null || isNew(baseline) || (last !== null && (last.outcome === 'flaky' || isNew(last)));
}

/**
 * Compares one check's run, and its repetition where there was one, with the baseline (null: not run then).
 * A flaky check keeps the output of the run that failed. Without reports `stillFailing` does not say that the same tests fail.
 */
export function compareCheck(spec: CheckExpectation, run: CheckRun, repeated: CheckRun | null, baseline: CheckRun | null): CheckEvidence {
  const outcome = outcomeOf(run, repeated, baseline);
  const tests = compareTests(run, repeated, baseline);
  const before = reportOf(baseline)?.counts;
  return {
    ...(repeated && outcome !== 'flaky' ? repeated : run),
    required: spec.required,
    expect: spec.expect,
    measures: spec.measures,
    outcome,
    met: isMet(spec.expect, outcome, baseline),
    baselineExitCode: baseline?.exitCode ?? null,
    ...(before && { baselineCounts: before }),
    ...(tests && { tests }),
  };
}

function outcomeOf(run: RunResult, repeated: RunResult | null, baseline: RunResult | null): CheckOutcome {
  const failedBefore = baseline !== null && !passes(baseline);
  const last = repeated ?? run;
  if (passes(run)) return failedBefore ? 'fixed' : 'pass';
  if (repeated && passes(repeated)) return 'flaky';
  if (last.timedOut) return 'timeout';
  if (isUnreadable(last) && (last.exitCode === 0 || reportOf(baseline) !== null)) return 'noReport';
  return failedBefore && !isFailureNew(last, baseline) ? 'stillFailing' : 'newlyFailing';
}

/** A flaky check has passed once on this very tree; it meets both expectations and costs score and confidence instead. */
function isMet(expect: CheckSpec['expect'], outcome: CheckOutcome, baseline: RunResult | null): boolean {
  if (outcome === 'pass' || outcome === 'fixed' || outcome === 'flaky') return true;
  if (expect === 'pass') return false;
  return outcome === 'stillFailing' || (outcome === 'timeout' && baseline?.timedOut === true);
}

/** The evidence of a check that did not run: `passed` is its last run, whose tree has nothing in its paths that differs. */
export function skippedCheck(spec: CheckExpectation & Pick<CheckSpec, 'name'>, passed: CheckRun, tree: string, because: string): CheckEvidence {
  return {
    name: spec.name, exitCode: null, durationMs: 0, timedOut: false, tail: because, tree, treeAfter: tree,
    required: spec.required, expect: spec.expect, measures: spec.measures, outcome: 'skipped', met: true, baselineExitCode: passed.exitCode,
  };
}

/** Whether a run may stand in for one that is skipped. */
export const hasPassed = passes;
