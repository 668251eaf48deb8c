/**
 * How a turn ended: from the last result, the API's last error, the last word on usage limits and the exit. Pure.
 * An exit code proves nothing, and neither does `subtype: success` (the table: facts of 2.1.330, recorded in the tests).
 */
import type { RunExit } from '../../domain/host-api.ts';
import type { FailureReason, TurnOutcome } from '../../domain/turn-outcome.ts';
import type { Line } from './lines.ts';

export interface Ending {
  /** Null when none came, or when more work followed it. */
  result: Line | null;
  /** `error` of the last assistant line. */
  apiError: string | null;
  /** Reset of a limit that rejects us, RFC 3339. */
  limitedUntil: string | null;
  /** Anything at all was printed. */
  spoke: boolean;
  bypasses: { tool: string; source: string }[];
}

const NOT_FOUND_HINT = 'Is claude installed on the host, and on the PATH of a login shell there? `holdpoint doctor HOST` tells.';

/** Null while the process lives and has said nothing final. */
export function outcomeOf(ending: Ending, exit: RunExit | null): TurnOutcome | null {
  const [bypass] = ending.bypasses;
  if (bypass) return failed('gate_bypassed', `${bypass.tool} ran by permission of "${bypass.source}" and not of the gate.`);
  const told = ending.result === null ? null : outcomeOfResult(ending.result, ending);
  // A process that hangs after its work is done has still done it.
  if (told?.kind === 'completed') return told;
  return (exit === null ? null : outcomeOfLimit(exit)) ?? told ?? (exit === null ? null : outcomeOfExit(exit, ending.spoke));
}

const failed = (reason: FailureReason, message: string): TurnOutcome => ({ kind: 'failed', reason, message });

function outcomeOfLimit(exit: RunExit): TurnOutcome | null {
  switch (exit.reason) {
    case 'wall_limit': return failed('time_limit', exit.message ?? 'The run took longer than it may.');
    case 'output_limit': return failed('output_limit', exit.message ?? 'The run wrote more than it may.');
    case 'cancelled': return { kind: 'interrupted', message: 'The run was cancelled.' };
    case 'spawn_failed': return failed('agent_error', `The agent could not start: ${exit.message ?? 'unknown'}. ${NOT_FOUND_HINT}`);
    case 'exited': return null;
  }
}

function outcomeOfExit(exit: RunExit, spoke: boolean): TurnOutcome {
  const how = exit.signal === null ? `code ${exit.code}` : `signal ${exit.signal}`;
  if (spoke || exit.signal !== null || exit.code === 0) return { kind: 'interrupted', message: `The agent ended with ${how} and without a result.` };
  const hint = exit.code === 127 ? NOT_FOUND_HINT : 'Its standard error says why.';
  return failed('agent_error', `The agent ended with ${how} before it said anything. ${hint}`);
}

function outcomeOfResult(result: Line, ending: Ending): TurnOutcome {
  const text = result.result ?? '';
  const message = result.errors?.join('; ') || text || `The agent ended: ${result.terminal_reason ?? result.subtype ?? 'no reason given'}.`;
  if (/^No conversation found\b/.test(message)) return { kind: 'interrupted', message: `The session is gone: ${message}` };
  return deferral(result) ?? ownLimit(result, message) ?? refusal(result, message)
    ?? (result.is_error === true ? apiFailure(result, ending, message) : unfinished(result))
    ?? (result.subtype === 'success' && result.is_error === false && result.terminal_reason === 'completed'
      ? { kind: 'completed', text }
      : failed('agent_error', message));
}

function deferral(result: Line): TurnOutcome | null {
  const { id, name, input } = result.deferred_tool_use ?? {};
  // A second deferral has no terminal_reason: the call itself is what counts.
  return id !== undefined && name !== undefined ? { kind: 'deferred', toolUseId: id, tool: name, input } : null;
}

function ownLimit(result: Line, message: string): TurnOutcome | null {
  // num_turns counts the turn that was not allowed any more.
  if (result.subtype === 'error_max_turns') return { kind: 'maxTurns', turns: Math.max(0, (result.num_turns ?? 1) - 1) };
  if (result.subtype === 'error_max_budget_usd' || result.terminal_reason === 'budget_exhausted') return { kind: 'overBudget', message };
  return null;
}

const refusal = (result: Line, message: string): TurnOutcome | null =>
  (result.stop_reason === 'refusal' ? { kind: 'refused', message } : null);

/** Stop reasons that come with `success` although the model is not done. */
function unfinished(result: Line): TurnOutcome | null {
  if (result.stop_reason === 'pause_turn') return { kind: 'interrupted', message: 'The API paused the turn.' };
  return result.stop_reason === 'max_tokens' ? failed('agent_error', 'The answer was cut at the model\'s output limit.') : null;
}

const REASONS: Record<string, FailureReason> = {
  authentication_failed: 'sign_in_required',
  oauth_org_not_allowed: 'access_denied',
  account_on_hold: 'access_denied',
  verification_required: 'access_denied',
  cloud_credential_error: 'sign_in_required',
  billing_error: 'billing',
  model_not_found: 'model_not_found',
  server_error: 'overloaded',
  overloaded: 'overloaded',
  invalid_request: 'api_error',
  max_output_tokens: 'agent_error',
};

const BY_STATUS: Record<number, FailureReason> = { 401: 'sign_in_required', 403: 'access_denied', 402: 'billing', 404: 'model_not_found' };

/** The CLI says `authentication_failed` of every 403 and in these words of a login that has ended. */
const LOGIN_ENDED = /\b(revoked|expired|log ?in again|\/login)\b/i;

function reasonOf(status: number | null, apiError: string | null, message: string): FailureReason | undefined {
  if (status === 403 && apiError === 'authentication_failed') return LOGIN_ENDED.test(message) ? 'sign_in_required' : 'access_denied';
  return REASONS[apiError ?? ''] ?? BY_STATUS[status ?? 0] ?? (status !== null && status >= 500 ? 'overloaded' : undefined);
}

function apiFailure(result: Line, { apiError, limitedUntil }: Ending, message: string): TurnOutcome | null {
  if (result.terminal_reason === 'aborted_tools' || result.terminal_reason === 'aborted_streaming') return { kind: 'interrupted', message };
  const status = result.api_error_status ?? null;
  if (status === 429 || apiError === 'rate_limit') return { kind: 'limited', until: limitedUntil, message };
  const reason = reasonOf(status, apiError, message);
  if (reason !== undefined) return failed(reason, message);
  return status !== null || result.terminal_reason === 'api_error' ? failed('api_error', message) : null;
}
