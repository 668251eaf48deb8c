/**
 * The plan as the rest of the code sees it: validated, defaults filled in, durations in milliseconds. The
 * schema of the file a user writes is plan-schema.ts. Package-free.
 */
import type { BreakpointKind, Priority } from './breakpoints.ts';
import type { WatchdogPolicy } from './watchdog.ts';

export interface Plan {
  project: string;
  workspace: { host: string; path: string };
  agent: AgentSettings;
  reviewer: ReviewerSettings;
  checks: CheckSpec[];
  policy: Policy;
  milestones: MilestonePlan[];
}

/** Where a credential comes from: never the credential itself. */
export type CredentialSource = { on: 'worker' | 'host'; env: string } | { on: 'worker' | 'host'; file: string };

export type AgentAuth = { kind: 'login' } | { kind: 'apiKey'; source: CredentialSource } | { kind: 'oauthToken'; source: CredentialSource };

export interface AgentSettings {
  name: string;
  model: string | null;
  auth: AgentAuth;
  /** Turns of the model inside one of our turns (`--max-turns`). */
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
}

export interface Policy {
  /** Quality at or above which a turn is accepted. */
  gate: number;
  permissions: { allow: string[]; ask: string[]; deny: string[] };
  breakpoints: Partial<Record<BreakpointKind, BreakpointPolicy>>;
  /** What happens when the reviewer cannot judge: ask a person, or go on the evidence alone. */
  withoutReviewer: 'ask' | 'evidence';
  /** How long a host may stay away before `host_unreachable` opens. */
  hostPatienceMs: number;
  /** Absent in plans that were stored before it was known: then the defaults hold. */
  watchdog?: WatchdogPolicy;
  snapshot: { exclude: string[]; maxFileBytes: number };
  /** Share of a usage window, 0 to 1, at which no turn is begun before its reset; null: begin anyway. Absent in plans of older versions. */
  usage?: { startBelow: number | null };
  /** Waits in a row for an overloaded API after which a person is asked. Absent in plans of older versions. */
  overload?: { askAfter: number };
}

export const DEFAULT_START_BELOW = 0.95;
export const DEFAULT_ASK_AFTER = 10;

export interface BreakpointPolicy {
  enabled: boolean;
  priority: Priority | null;
}

export interface MilestonePlan {
  id: string;
  title: string;
  /** Milestones that must be completed before; defaults to the one above it in the file. */
  dependsOn: string[];
  tasks: TaskPlan[];
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
}
