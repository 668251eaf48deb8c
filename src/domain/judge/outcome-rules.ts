/** Rule 1: turns that did not complete. Package-free. */
import { DEFERRED_RULE } from './deferred-rule.ts';
import { HELD_RULES, isFailed, messageOf } from './held-rules.ts';
import { PLAN_RULE } from './plan-rule.ts';
import type { Rule } from './rule.ts';
import { askPerson, retryOrAsk } from './verdict.ts';

/** For the next run of the same turn, which goes on in the same session. */
const RERUN = 'The run before this one ended without a result. Look at the state of the workspace first: what it did may be there in part.';

/** Ends at a limit of turns or money are in limit-rules.ts. */
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
  DEFERRED_RULE,
  PLAN_RULE,
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
