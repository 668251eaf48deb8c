/**
 * How a turn of the agent ended. Every expected end is a value here; an exception is a fault of the infrastructure.
 * Package-free: workflow code imports this file.
 */

import type { AskedCall } from './gate-policy.ts';

export type FailureReason =
  | 'sign_in_required' // 401, expired login: nothing to repair in the code
  | 'access_denied' // 403, account on hold: signing in again would not help
  | 'billing'
  | 'model_not_found'
  | 'overloaded' // the model's API is overloaded, down or cut off, after the agent's own retries
  | 'api_error' // the model's API refused the request
  | 'agent_error' // the agent could not start, or ended without a usable result
  | 'gate_bypassed' // a tool ran that our gate had not allowed
  | 'time_limit'
  | 'output_limit';

export interface Deferred {
  kind: 'deferred';
  toolUseId: string;
  tool: string;
  input: unknown;
  /** Why the gate asks; absent where the host did not tell. */
  asked?: AskedCall;
}

export type TurnOutcome =
  | { kind: 'completed'; text: string }
  /** A usage limit; `until` is RFC 3339, null when the API did not say. */
  | { kind: 'limited'; until: string | null; message: string }
  /** The agent waits for a permission or an answer; the session holds the open call. */
  | Deferred
  /** The process ended without a final result although nothing stopped it. */
  | { kind: 'interrupted'; message: string }
  /** The supervisor or its host died: the run can never be restarted under its key. */
  | { kind: 'lost'; message: string }
  | { kind: 'refused'; message: string }
  | { kind: 'maxTurns'; turns: number }
  | { kind: 'overBudget'; message: string }
  | { kind: 'failed'; reason: FailureReason; message: string };

/**
 * Failures that say nothing about the work: no attempt, no end of the turn. It goes on with its next run, in the same session,
 * once the cause is gone.
 */
export const isHeld = (failure: FailureReason | null | undefined): boolean =>
  failure === 'overloaded' || failure === 'sign_in_required' || failure === 'access_denied' || failure === 'billing' || failure === 'model_not_found';

export type TurnOutcomeKind = TurnOutcome['kind'];

/** Ended by a limit of ours, with work under way. */
export const isCutShort = (kind: TurnOutcomeKind | null): boolean => kind === 'maxTurns' || kind === 'overBudget';
