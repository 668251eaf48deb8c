/**
 * The plan as the rest of the code sees it: validated, defaults filled in, durations in milliseconds. The
 * schema of the file a user writes is plan-schema.ts. Package-free.
 */
import type { AnswerAction, BreakpointKind, Priority } from './breakpoints.ts';
import type { ReportFormat } from './evidence.ts';
import type { Fork } from './fork-point.ts';
import type { Isolation, IsolationPlan } from './isolation.ts';
import type { CustomRule } from './judge/custom-rule.ts';
import type { Thresholds } from './judge/thresholds.ts';
import type { RetryPolicy } from './waits.ts';
import type { BudgetPlan } from './limits/budget.ts';
import type { TimePolicy } from './limits/time.ts';
import type { TaskKind, TaskSize } from './limits/turns.ts';
import type { WatchdogPolicy } from './watchdog.ts';
import type { WeakeningKind } from './weakening/finding.ts';

export interface Plan {
  project: string;
  workspace: { host: string; path: string };
  agent: AgentSettings;
  /** The only one, or the first of `reviewers`. */
  reviewer: ReviewerSettings;
  /** Where several judge; at least two. */
  reviewers?: ReviewerSettings[];
  checks: CheckSpec[];
  policy: Policy;
  /** Texts of the plan's own prompt templates by name; ours hold where there is none. */
  prompts?: OwnTemplates;
  /** Money, in US dollars. Absent where the plan says nothing of it. */
  budget?: BudgetPlan;
  milestones: MilestonePlan[];
  /** Absent: nothing works in a worktree. */
  isolation?: IsolationPlan;
  /** Rules of the plan's own for the judge; absent: none. */
  rules?: CustomRule[];
}

/** Each is described where its text is (prompt/templates/). */
export type TemplateName = 'task' | 'retry' | 'clarify' | 'loss' | 'plan' | 'answered' | 'note' | 'review-system' | 'review';

export type OwnTemplates = Partial<Record<TemplateName, string>>;

/** Where a credential comes from: never the credential itself. */
export type CredentialSource = { on: 'worker' | 'host'; env: string } | { on: 'worker' | 'host'; file: string };

export type AgentAuth = { kind: 'login' } | { kind: 'apiKey'; source: CredentialSource } | { kind: 'oauthToken'; source: CredentialSource };

export interface AgentSettings {
  name: string;
  model: string | null;
  auth: AgentAuth;
  /** Turns of the model inside one run (`--max-turns`), for tasks that say neither kind nor size. */
  maxTurns: number;
  /** Attempts at a task before a person is asked. */
  attempts: number;
  budgetUsd: number | null;
  /** Text of the file the plan names; given to the agent in place of the repository's CLAUDE.md. */
  instructions: string | null;
  /** MCP servers by name, in the agent's own shape. */
  mcp: Record<string, unknown>;
  /** Wall-clock limit of one run. */
  timeoutMs: number;
}

export interface ReviewerSettings {
  name: string;
  model: string;
  deadlineMs: number;
}

/** In the plan's order; never none. */
export const reviewersOf = ({ reviewer, reviewers }: Pick<Plan, 'reviewer' | 'reviewers'>): ReviewerSettings[] => reviewers ?? [reviewer];

export interface CheckSpec {
  name: string;
  run: string;
  timeoutMs: number;
  required: boolean;
  expect: 'pass' | 'noNewFailures';
  /** What part of the quality score it feeds. */
  measures: 'syntax' | 'tests';
  /** Task ids it holds for; null: all. */
  tasks: string[] | null;
  /** Where its tests say what they did; absent: the exit code is all there is. */
  report?: ReportSpec;
  /** Globs relative to the workspace: skipped when nothing in them has changed since it passed. Absent: it always runs. */
  paths?: string[];
  /** May run side by side with others that say so. */
  parallel?: boolean;
}

export interface ReportSpec {
  format: ReportFormat;
  /** File or glob relative to the workspace; null: what the check prints. */
  path: string | null;
}

export interface Permissions {
  allow: string[];
  ask: string[];
  deny: string[];
  /** Absent: asked about where the plan has something to ask about Bash, else denied. */
  unreadable?: 'ask' | 'deny';
  /** Of commands that cannot be taken back and are not allowed to the letter. Absent: `ask`. */
  destructive?: 'ask' | 'deny' | 'allow';
}

export interface Policy {
  /** Quality at or above which a turn is accepted. */
  gate: number;
  permissions: Permissions;
  breakpoints: Partial<Record<BreakpointKind, BreakpointPolicy>>;
  /** What happens when the reviewer cannot judge: ask a person, or go on the evidence alone. */
  withoutReviewer: 'ask' | 'evidence';
  /** Of several reviewers, how many make a majority; absent: more than half. */
  review?: { majority: number };
  /** How long a host may stay away before `host_unreachable` opens. */
  hostPatienceMs: number;
  /** Absent in plans that were stored before it was known: then the defaults hold. */
  watchdog?: WatchdogPolicy;
  /** Globs of what no task may change that is not told so (`mayChange`). Absent in plans of older versions: nothing. */
  locked?: string[];
  /** Kinds of weaker evidence that the plan accepts. Absent in plans of older versions: none. */
  evidence?: { allow: WeakeningKind[] };
  snapshot: SnapshotPolicy;
  /** What becomes of changes that no tool call accounts for. Absent: asked about where the plan's breakpoints name `unexpected_change`, else noted. */
  unexpectedChange?: 'ask' | 'note';
  /** Share of a usage window, 0 to 1, at which no turn is begun before its reset; null: begin anyway. Absent in plans of older versions. */
  usage?: { startBelow: number | null };
  /** Waits in a row for an overloaded API after which a person is asked. Absent in plans of older versions. */
  overload?: { askAfter: number };
  /** Absent: the defaults. */
  thresholds?: Thresholds;
  /** How long the next attempt waits when the agent failed. Absent in plans of older versions: not at all. */
  retry?: RetryPolicy;
  /** When a person is asked about a run that goes on. Absent: never. */
  time?: TimePolicy;
  /** A run that reaches its limit of turns goes on once with twice as many before anybody is asked. Absent: it does. */
  enlargedRetry?: boolean;
}

export const DEFAULT_START_BELOW = 0.95;
export const DEFAULT_ASK_AFTER = 10;

export interface SnapshotPolicy {
  exclude: string[];
  /** What is covered although `exclude` names it. Absent: nothing. */
  include?: string[];
  maxFileBytes: number;
  /** How long a burst of changes has been quiet before it is looked into while a turn runs. Absent: the host's own. */
  debounceMs?: number;
}

export interface BreakpointPolicy {
  enabled: boolean;
  priority: Priority | null;
  /** The rest is absent in plans of older versions. Answers itself when it has been open for that long. */
  automatic?: { afterMs: number; then: AnswerAction };
  /** First reminder; the next ones come later and later. */
  remindMs?: number;
  escalate?: { afterMs: number; priority: Priority };
}

export interface MilestonePlan {
  id: string;
  title: string;
  /** Milestones that must be completed before; defaults to the one above it in the file. */
  dependsOn: string[];
  /** All its tasks work in a worktree. */
  isolation?: Isolation;
  tasks: TaskPlan[];
  /** It goes on from a turn of another milestone; never in a file. */
  fork?: Fork;
}

export interface TaskPlan {
  id: string;
  title: string;
  instructions: string;
  acceptance: string[];
  dependsOn: string[];
  /** 1 (least) to 10. */
  priority: number;
  /** RFC 3339. */
  deadline: string | null;
  /** A person looks at its result, however good it is. */
  design?: boolean;
  /** Globs of locked paths, tests and test configuration that are this task's to change. Absent in plans of older versions: none. */
  mayChange?: string[];
  /** The agent makes a plan first and a person accepts it. Absent: no. */
  plan?: boolean;
  /** How many turns of the model it takes. */
  kind?: TaskKind;
  size?: TaskSize;
  /** In place of the agent's. */
  attempts?: number;
  /** It works in a worktree, beside the others of its milestone. */
  isolation?: Isolation;
}
