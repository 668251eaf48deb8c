/** What a check's run means beside the run before the milestone: new failure, old failure, repaired, flaky. Package-free. */
import type { CheckEvidence, CheckOutcome, CheckRun } from './evidence.ts';
import type { CheckSpec } from './plan.ts';

export type CheckExpectation = Pick<CheckSpec, 'required' | 'expect' | 'measures'>;

const passes = (run: CheckRun): boolean => run.exitCode === 0 && !run.timedOut;

/** Whether the check should run once more to tell a flaky failure from a real one: it fails now and did not before. */
export function isWorthRepeating(run: CheckRun, baseline: CheckRun | null): boolean {
  return !passes(run) && !run.timedOut && (baseline === null || passes(baseline));
}

/**
 * Compares one check's run, and its repetition where there was one, with the baseline (null: not run then).
 * A flaky check keeps the output of the run that failed. Exit codes are all there is: `stillFailing` does not say that
 * the same tests fail.
 */
export function compareCheck(spec: CheckExpectation, run: CheckRun, repeated: CheckRun | null, baseline: CheckRun | null): CheckEvidence {
  const outcome = outcomeOf(run, repeated, baseline);
  return {
    ...(repeated && outcome !== 'flaky' ? repeated : run),
    required: spec.required,
    expect: spec.expect,
    measures: spec.measures,
    outcome,
    met: isMet(spec.expect, outcome, baseline),
    baselineExitCode: baseline?.exitCode ?? null,
  };
}

function outcomeOf(run: CheckRun, repeated: CheckRun | null, baseline: CheckRun | null): CheckOutcome {
  const failedBefore = baseline !== null && !passes(baseline);
  if (passes(run)) return failedBefore ? 'fixed' : 'pass';
  if (repeated && passes(repeated)) return 'flaky';
  if ((repeated ?? run).timedOut) return 'timeout';
  return failedBefore ? 'stillFailing' : 'newlyFailing';
}

/** A flaky check has passed once on this very tree; it meets both expectations and costs score and confidence instead. */
function isMet(expect: CheckSpec['expect'], outcome: CheckOutcome, baseline: CheckRun | null): boolean {
  if (outcome === 'pass' || outcome === 'fixed' || outcome === 'flaky') return true;
  if (expect === 'pass') return false;
  return outcome === 'stillFailing' || (outcome === 'timeout' && baseline?.timedOut === true);
}
