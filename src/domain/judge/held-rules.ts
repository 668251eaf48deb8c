/** The part of rule 1 for ends that say nothing about the work (isHeld): the turn waits, or a person puts something right. Package-free. */
import { DEFAULT_ASK_AFTER } from '../plan.ts';
import type { FailureReason, TurnOutcome } from '../turn-outcome.ts';
import type { JudgeFacts } from './facts.ts';
import type { Rule } from './rule.ts';
import { holdFor } from './verdict.ts';

export const isFailed = (outcome: TurnOutcome, ...reasons: FailureReason[]): boolean => outcome.kind === 'failed' && reasons.includes(outcome.reason);

export const messageOf = (outcome: TurnOutcome): string => ('message' in outcome ? outcome.message : '');

const waitsBefore = (facts: JudgeFacts): number => facts.waitsBefore ?? 0;

const REFUSED: Partial<Record<FailureReason, string>> = {
  access_denied: "The agent's account may not use the model's API",
  billing: 'The account of the agent cannot pay',
  model_not_found: "The agent's model does not exist, or its account may not use it",
};

const refusedAs = (outcome: TurnOutcome): string | undefined => (outcome.kind === 'failed' ? REFUSED[outcome.reason] : undefined);

export const HELD_RULES: readonly Rule[] = [
  {
    name: 'overloaded_too_long', design: 1,
    when: (facts) => isFailed(facts.outcome, 'overloaded') && waitsBefore(facts) >= (facts.policy.overload?.askAfter ?? DEFAULT_ASK_AFTER),
    decide: (facts) => holdFor('consecutive_failures', `The model's API has been unavailable ${waitsBefore(facts) + 1} times in a row: ${messageOf(facts.outcome)}`),
  },
  {
    name: 'overloaded', design: 1,
    when: ({ outcome }) => isFailed(outcome, 'overloaded'),
    decide: ({ outcome }) => ({
      decision: { kind: 'wait', until: null, breakpoint: null }, reason: `The model's API is unavailable: ${messageOf(outcome)}`, failed: false,
    }),
  },
  {
    name: 'sign_in_required', design: 1,
    when: ({ outcome }) => isFailed(outcome, 'sign_in_required'),
    decide: ({ outcome }) => holdFor(
      'sign_in_required', `The agent's sign-in is missing or has expired: ${messageOf(outcome)} The turn goes on where it was once that is put right.`,
    ),
  },
  {
    name: 'access_refused', design: 1,
    when: ({ outcome }) => refusedAs(outcome) !== undefined,
    decide: ({ outcome }) => holdFor('consecutive_failures', `${refusedAs(outcome)}: ${messageOf(outcome)} No attempt can help before that is put right.`),
  },
];
