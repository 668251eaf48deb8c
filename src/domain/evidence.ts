/** What Holdpoint measured itself about a turn. Package-free. */

/** How tests report what they did; the plan names it for a check. */
export const REPORT_FORMATS = ['junit', 'tap', 'jest', 'vitest', 'pytest', 'go'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** How many tests a check ran, as they said themselves. A test file that could not be loaded is one failed test. */
export interface TestCounts {
  passed: number;
  failed: number;
  skipped: number;
  /** The three together. */
  total: number;
  /** Only where the format tells it. */
  assertions?: number;
}

export interface TestReport {
  kind: 'read';
  format: ReportFormat;
  counts: TestCounts;
  /** Names of failing tests, sorted, each once. */
  failing: string[];
  /** False: more tests failed than `failing` names. */
  complete: boolean;
}

/** What became of the report that the plan names for a check. */
export type ReportResult = TestReport | { kind: 'unreadable'; format: ReportFormat; reason: string };

/** Files that a check itself changed while it ran. */
export interface ChangedByCheck {
  files: number;
  /** Not all of many. */
  paths: string[];
  /** Checks that ran side by side with it: one of them, or this one, did it. */
  beside?: string[];
}

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
  /** Absent: the plan names none for this check, or it did not run. */
  report?: ReportResult;
  /** Absent: it changed none. */
  changed?: ChangedByCheck;
}

/** How a run ended, apart from the trees around it. */
export type RunResult = Pick<CheckRun, 'exitCode' | 'timedOut' | 'report'>;

/**
 * `noReport`: its report could not be read, so nobody knows what it ran; never a pass. `skipped`: it did not run, because nothing
 * in its paths has changed since it passed; it counts neither for nor against the turn.
 */
export type CheckOutcome = 'pass' | 'newlyFailing' | 'stillFailing' | 'fixed' | 'flaky' | 'timeout' | 'noReport' | 'skipped';

/** Names of tests beside those of the baseline; each list sorted, none of them holds all of very many. */
export interface TestComparison {
  newlyFailing: string[];
  stillFailing: string[];
  /** Failed in the baseline and do not fail now: they pass, or are gone. */
  fixed: string[];
  /** Failed once and did not when the check was repeated. */
  flaky: string[];
}

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
  /** Of the baseline's report; absent where there was none that could be read. */
  baselineCounts?: TestCounts;
  /** Absent where the check has no report that names tests. */
  tests?: TestComparison;
}

/** Counts of the tests a check ran; null where no report tells. */
export const countsOf = ({ report }: Pick<CheckRun, 'report'>): TestCounts | null => (report?.kind === 'read' ? report.counts : null);
