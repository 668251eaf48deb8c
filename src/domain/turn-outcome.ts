/**
 * How a turn of the agent ended. Every expected end is a value here; an exception is a fault of the infrastructure.
 * Package-free: workflow code imports this file.
 */

export type FailureReason =
  | 'sign_in_required' // 401, expired login: nothing to repair in the code
  | 'billing'
  | 'model_not_found'
  | 'api_error' // the model's API failed after the agent's own retries
  | 'agent_error' // the agent could not start, or ended without a usable result
  | 'gate_bypassed' // a tool ran that our gate had not allowed
  | 'time_limit'
  | 'output_limit';

export type TurnOutcome =
  | { kind: 'completed'; text: string }
  /** A usage limit; `until` is RFC 3339, null when the API did not say. */
  | { kind: 'limited'; until: string | null; message: string }
  /** The agent waits for a permission or an answer; the session holds the open call. */
  | { kind: 'deferred'; toolUseId: string; tool: string; input: unknown }
  /** The process ended without a final result although nothing stopped it. */
  | { kind: 'interrupted'; message: string }
  /** The supervisor or its host died: the run can never be restarted under its key. */
  | { kind: 'lost'; message: string }
  | { kind: 'refused'; message: string }
  | { kind: 'maxTurns'; turns: number }
  | { kind: 'overBudget'; message: string }
  | { kind: 'failed'; reason: FailureReason; message: string };

export type TurnOutcomeKind = TurnOutcome['kind'];
