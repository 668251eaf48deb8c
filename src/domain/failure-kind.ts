/**
 * Catalogue of everything that can go wrong and is told to a user or to Temporal: one place for the name, whether a
 * retry can help, and the exit code of the CLI (contracts.md: "Error kind → exit code"). Package-free.
 */

interface FailureRule {
  /** Temporal retries the activity. */
  retryable: boolean;
  exitCode: number;
}

export const FAILURES = {
  bad_input: { retryable: false, exitCode: 2 },
  unknown_project: { retryable: false, exitCode: 3 },
  unknown_target: { retryable: false, exitCode: 3 },
  unknown_breakpoint: { retryable: false, exitCode: 3 },
  unknown_plan: { retryable: false, exitCode: 3 },
  already_answered: { retryable: false, exitCode: 4 },
  not_open: { retryable: false, exitCode: 4 },
  action_not_allowed: { retryable: false, exitCode: 4 },
  tree_moved: { retryable: false, exitCode: 4 },
  policy: { retryable: false, exitCode: 4 },
  workspace_leased: { retryable: true, exitCode: 4 },
  no_seat: { retryable: true, exitCode: 4 },
  workspace_busy: { retryable: false, exitCode: 4 },
  stale_fence: { retryable: false, exitCode: 4 },
  temporal_unreachable: { retryable: true, exitCode: 5 },
  database_unreachable: { retryable: true, exitCode: 5 },
  database_mismatch: { retryable: false, exitCode: 1 },
  // Not retried by Temporal: the activity has already waited as long as the policy's patience allows.
  host_unreachable: { retryable: false, exitCode: 5 },
  model_unreachable: { retryable: true, exitCode: 5 },
  port_taken: { retryable: false, exitCode: 5 },
  folder_in_use: { retryable: false, exitCode: 4 },
  host_key_unknown: { retryable: false, exitCode: 5 },
  host_key_changed: { retryable: false, exitCode: 5 },
  host_auth_failed: { retryable: false, exitCode: 5 },
  host_unsupported: { retryable: false, exitCode: 1 },
  unknown_host: { retryable: false, exitCode: 2 },
  workspace_missing: { retryable: false, exitCode: 1 },
  workspace_not_writable: { retryable: false, exitCode: 1 },
  node_missing: { retryable: false, exitCode: 1 },
  git_missing: { retryable: false, exitCode: 1 },
  agent_missing: { retryable: false, exitCode: 1 },
  secret_missing: { retryable: false, exitCode: 1 },
  internal: { retryable: true, exitCode: 1 },
} as const satisfies Record<string, FailureRule>;

export type FailureKind = keyof typeof FAILURES;

export const isFailureKind = (name: string): name is FailureKind => Object.hasOwn(FAILURES, name);

export const exitCodeOf = (kind: FailureKind): number => FAILURES[kind].exitCode;

export interface FailureWhere {
  file?: string;
  line?: number;
  column?: number;
  path?: string;
}

/** The one error class of the project: says what is wrong, where, and the way out. */
export class HoldpointError extends Error {
  readonly kind: FailureKind;
  readonly hint: string | undefined;
  readonly where: FailureWhere | undefined;
  readonly details: Record<string, unknown> | undefined;

  constructor(kind: FailureKind, message: string, more: { hint?: string; where?: FailureWhere; details?: Record<string, unknown>; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'HoldpointError';
    this.kind = kind;
    this.hint = more.hint;
    this.where = more.where;
    this.details = more.details;
  }
}
