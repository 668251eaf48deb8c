/** What Holdpoint measured itself about a turn. Package-free. */

/** One execution of a check's command. */
export interface CheckRun {
  name: string;
  /** Null when the check was ended by a time-out or could not start. */
  exitCode: number | null;
  durationMs: number;
  timedOut: boolean;
  /** Last lines of stdout and stderr, redacted. */
  tail: string;
  /** Tree the check ran on; `treeAfter` differs when the check itself changed files. */
  tree: string;
  treeAfter: string;
}

export type CheckOutcome = 'pass' | 'newlyFailing' | 'stillFailing' | 'fixed' | 'flaky' | 'timeout';

export interface CheckEvidence extends CheckRun {
  required: boolean;
  expect: 'pass' | 'noNewFailures';
  /** Part of the quality score it feeds; absent: tests. */
  measures?: 'syntax' | 'tests';
  outcome: CheckOutcome;
  /** Whether the outcome satisfies `expect`. */
  met: boolean;
  /** Exit code before the milestone began; null when the check was not run then. */
  baselineExitCode: number | null;
}
