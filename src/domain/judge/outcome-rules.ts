/** Rule 1: turns that did not complete. Package-free. */
import type { TurnOutcome } from '../turn-outcome.ts';
import { HELD_RULES, isFailed, messageOf } from './held-rules.ts';
import { failedChecksLine, unmetChecks } from './feedback.ts';
import type { Rule } from './rule.ts';
import { askPerson, retryOrAsk } from './verdict.ts';

/** For the next run of the same turn, which goes on in the same session. */
const RERUN = 'The run before this one ended without a result. Look at the state of the workspace first: what it did may be there in part.';

/**
 * Kinds of breakpoints that the design names for `overBudget` and `maxTurns` (budget_exceeded) and `deferred`
 * (permission_request, agent_question) do not exist yet: consecutive_failures stands in, and the reason says what it really is.
 */
export const OUTCOME_RULES: readonly Rule[] = [
  {
    name: 'limited', design: 1,
    when: ({ outcome }) => outcome.kind === 'limited',
    decide: ({ outcome }) => ({
      decision: { kind: 'wait', until: outcome.kind === 'limited' ? outcome.until : null, breakpoint: 'rate_limit_hit' },
      reason: `A usage limit stopped the agent: ${messageOf(outcome)}`, failed: false,
    }),
  },
  {
    name: 'lost', design: 1,
    when: ({ outcome }) => outcome.kind === 'lost',
    decide: ({ outcome }) => ({ decision: { kind: 'rerun', feedback: RERUN }, reason: `The run was lost: ${messageOf(outcome)}`, failed: false }),
  },
  {
    name: 'interrupted', design: 1,
    when: ({ outcome }) => outcome.kind === 'interrupted',
    decide: ({ outcome }) => ({ decision: { kind: 'rerun', feedback: RERUN }, reason: `The run was interrupted: ${messageOf(outcome)}`, failed: false }),
  },
  ...HELD_RULES,
  {
    name: 'partial', design: 1,
    when: ({ outcome }) => ['maxTurns', 'overBudget', 'deferred'].includes(outcome.kind),
    decide: (facts) => askPerson('consecutive_failures', `${partialReason(facts.outcome)} ${evidenceSoFar(facts)}`),
  },
  {
    name: 'agent_failed', design: 1,
    when: ({ outcome }) => outcome.kind === 'refused' || outcome.kind === 'failed',
    decide: (facts) => {
      const reason = `${facts.outcome.kind === 'refused' ? 'The model refused' : 'The agent failed'}: ${messageOf(facts.outcome)}`;
      // Nothing to repeat without a person.
      if (isFailed(facts.outcome, 'gate_bypassed')) return askPerson('consecutive_failures', reason);
      return retryOrAsk(facts, `${reason}\nThe attempt before this one ended early: what it did may be there in part.`, reason, 'consecutive_failures');
    },
  },
];

function partialReason(outcome: TurnOutcome): string {
  if (outcome.kind === 'maxTurns') return `The agent reached its limit of ${outcome.turns} model turns before it was done.`;
  if (outcome.kind === 'overBudget') return `The agent reached its budget before it was done: ${outcome.message}`;
  return outcome.kind === 'deferred' ? `The agent waits for an answer to its ${outcome.tool} call (${outcome.toolUseId}).` : '';
}

function evidenceSoFar(facts: Parameters<Rule['when']>[0]): string {
  if (facts.evidence.length === 0) return 'No check ran on what it left.';
  return unmetChecks(facts).length > 0 ? failedChecksLine(facts) : 'What it left meets every required check, but nobody has reviewed it.';
}
