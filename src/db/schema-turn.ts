/** Tables of what an agent was told, did, said and changed. */
import type { CheckpointKind } from '../domain/checkpoint.ts';
import type { Generated } from 'kysely';
import type { AgentEvent } from '../domain/agent.ts';
import type { ChangeOp, ExitReason } from '../domain/host-api.ts';
import type { TurnOutcome, TurnOutcomeKind } from '../domain/turn-outcome.ts';
import type { Id, Instant, InstantDefaulted, InstantOrNull, Json, JsonOrNull } from './columns.ts';

export interface TurnTable {
  id: Id;
  project: string;
  milestone: string;
  epoch: number;
  task: string;
  turn: number;
  prompt: string;
  note: string | null;
  session_id: string;
  resume: boolean;
  tree_before: string;
  tree_after: string | null;
  plan_sha256: string | null;
  outcome: TurnOutcomeKind | null;
  outcome_detail: JsonOrNull<TurnOutcome>;
  message: string | null;
  cost_usd: number | null;
  input_tokens: number | null;
  output_tokens: number | null;
  tool_calls: number | null;
  changed_files: number | null;
  /** Null: of an older version. */
  templates: string | null;
  started_at: InstantDefaulted;
  ended_at: InstantOrNull;
}

export type StoredRunState = 'new' | 'running' | 'exited' | 'lost';

export interface RunTable {
  id: Id;
  run_key: string;
  turn_id: number;
  install: string;
  seq: number;
  host: string;
  /** Null: the workspace of its project. */
  workspace: string | null;
  spec: Json<unknown>;
  state: Generated<StoredRunState>;
  pid: number | null;
  start_ticks: number | null;
  started_at: InstantOrNull;
  ended_at: InstantOrNull;
  exit_code: number | null;
  exit_signal: string | null;
  exit_reason: ExitReason | null;
  exit_message: string | null;
  cost_usd: number | null;
  input_tokens: number | null;
  output_tokens: number | null;
  tool_calls: number | null;
  /** It lives, and longer than the policy allows nothing came from it. */
  silent_since: InstantOrNull;
  out_offset: Generated<number>;
  created_at: InstantDefaulted;
}

export interface AgentEventTable {
  run_id: number;
  byte_offset: number;
  raw: Buffer;
  kind: AgentEvent['kind'];
  text: string;
  json: JsonOrNull<unknown>;
  tool: string | null;
  tool_use_id: string | null;
  at: Instant;
}

/** `call`: trees at the ends of tool calls; `between`: the checkpoints around the time between two turns. */
export type ObservedBy = 'checkpoint' | 'watcher' | 'scan' | 'call' | 'between';

export interface FileChangeTable {
  id: Id;
  turn_id: number;
  final: boolean;
  tree_from: string;
  tree_to: string;
  path: string;
  op: ChangeOp;
  from_path: string | null;
  mode: string;
  sha_before: string | null;
  sha_after: string | null;
  size_before: number;
  size_after: number;
  added: number | null;
  removed: number | null;
  observed_by: ObservedBy;
  by_kind: 'tool' | 'other' | null;
  tool: string | null;
  tool_use_id: string | null;
  at: InstantDefaulted;
}

export interface CheckpointTable {
  id: Id;
  project: string;
  milestone: string;
  epoch: number;
  /** Null: taken before the milestone's first turn, a restore or a merge, or when somebody asked. */
  turn_id: number | null;
  kind: CheckpointKind;
  /** Of kind `restore`: taken before that one. */
  restore_id: string | null;
  tree: string;
  sidecar: string;
  files: number;
  bytes: number;
  not_covered: Json<string[]>;
  at: InstantDefaulted;
}

export interface TurnProofTable {
  turn_id: number;
  tree: string;
  steps: 'whole' | 'gap' | 'none';
  part: number;
  parts: number;
  files: number;
  bytes: number;
  wrong: Json<string[]>;
  at: InstantDefaulted;
}

export interface UsageWindowTable {
  host: string;
  account: string;
  name: string;
  utilization: number | null;
  status: string | null;
  resets_at: InstantOrNull;
  seen_at: Instant;
}

/** Kept by triggers on `run`. */
export interface TaskCostTable {
  project: string;
  milestone: string;
  task: string;
  usd: number;
}
