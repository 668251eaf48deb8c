/** Tables of what was measured, reviewed, decided, asked and noted. */
import type { Generated } from 'kysely';
import type { AnswerAction, BreakpointKind, Priority } from '../domain/breakpoints.ts';
import type { AnsweredVia } from '../domain/questions.ts';
import type { DecisionKind, RuleName, Scores } from '../domain/decision.ts';
import type { ChangedByCheck, CheckOutcome, ReportResult, TestComparison, TestCounts } from '../domain/evidence.ts';
import type { Review, Unavailable } from '../domain/review.ts';
import type { WeakeningKind } from '../domain/weakening/finding.ts';
import type { BudgetLevel } from '../domain/limits/budget.ts';
import type { RaisedLimit } from '../domain/limits/extension.ts';
import type { Id, Instant, InstantDefaulted, InstantOrNull, Json, JsonOrNull } from './columns.ts';

export interface EvidenceTable {
  id: Id;
  project: string;
  milestone: string;
  epoch: number;
  /** Null: the baseline; then the columns from `required` on are null too. */
  turn_id: number | null;
  name: string;
  exit_code: number | null;
  duration_ms: number;
  timed_out: boolean;
  tail: string;
  tree: string;
  tree_after: string;
  required: boolean | null;
  expect: 'pass' | 'noNewFailures' | null;
  outcome: CheckOutcome | null;
  met: boolean | null;
  baseline_exit_code: number | null;
  report: JsonOrNull<ReportResult>;
  changed: JsonOrNull<ChangedByCheck>;
  baseline_counts: JsonOrNull<TestCounts>;
  tests: JsonOrNull<TestComparison>;
  at: InstantDefaulted;
}

export interface WeakeningTable {
  turn_id: number;
  position: number;
  kind: WeakeningKind;
  path: string;
  count_before: number | null;
  count_after: number | null;
  text: string;
  accepted: 'policy' | 'task' | null;
}

export interface ReviewTable {
  turn_id: number;
  reviewer: string;
  kind: 'reviewed' | 'unavailable';
  model: string;
  tries: number;
  prompt_hash: string | null;
  duration_ms: number | null;
  quality: number | null;
  confidence: number | null;
  review: JsonOrNull<Review>;
  reason: Unavailable['reason'] | null;
  message: string | null;
  templates: string | null;
  window_tokens: number | null;
  prompt_tokens: number | null;
  model_tokens: number | null;
  not_shown: JsonOrNull<string[]>;
  at: InstantDefaulted;
}

export interface ReviewPromptTable {
  turn_id: number;
  prompt_hash: string;
  system: string;
  prompt: string;
  at: InstantDefaulted;
}

export interface DecisionTable {
  id: Id;
  turn_id: number;
  /** Of everything below but the instant: the same decision twice is one row. */
  inputs_sha256: string;
  decision: DecisionKind;
  rule: RuleName;
  breakpoint: BreakpointKind | null;
  until: InstantOrNull;
  feedback: string | null;
  reason: string;
  facts: Json<unknown>;
  scores: Json<Scores>;
  quality: number | null;
  confidence: number | null;
  would_change: Json<unknown[]>;
  at: InstantDefaulted;
}

export interface BreakpointTable {
  id: string;
  opened_at: Instant;
  workflow_id: string;
  run_id: string;
  project: string;
  milestone: string;
  task: string | null;
  turn: number | null;
  kind: BreakpointKind;
  occurrence: number;
  priority: Priority;
  reason: string;
  actions: AnswerAction[];
  note_required: AnswerAction[];
  tree: string | null;
  detail: Json<unknown>;
  answered_at: InstantOrNull;
  action: AnswerAction | null;
  note: string | null;
  answered_by: string | null;
  via: AnsweredVia | null;
  closed_at: InstantOrNull;
  /** It answers itself then, with that action. */
  automatic_at: InstantOrNull;
  automatic_action: AnswerAction | null;
  reminders: Generated<number>;
  reminded_at: InstantOrNull;
  escalated_at: InstantOrNull;
  /** Why the answer was not carried out. */
  refused: string | null;
}

export interface RaisedLimitTable {
  key: string;
  project: string;
  milestone: string | null;
  task: string | null;
  what: RaisedLimit['what'];
  level: BudgetLevel | null;
  amount: number;
  raised_by: string | null;
  run_id: string;
  at: Instant;
}

export interface EventTable {
  id: Id;
  key: string;
  project: string;
  milestone: string | null;
  workflow_id: string | null;
  run_id: string | null;
  kind: string;
  message: string;
  at: Instant;
}
