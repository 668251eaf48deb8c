/**
 * Rules of turns that ended at a limit, and of money that is spent. What such a turn left is judged like any other: where all
 * other rules accept it, it is accepted; otherwise a person says whether the agent may have more. Package-free.
 */
import { describeAccount, overLine, tightest } from '../limits/budget.ts';
import { isCutShort } from '../turn-outcome.ts';
import type { Scores } from '../decision.ts';
import type { JudgeFacts } from './facts.ts';
import type { Rule, Verdict } from './rule.ts';
import { askPerson } from './verdict.ts';

/** What the rules that know of no limit would decide. */
type Others = (facts: JudgeFacts, scores: Scores) => Verdict;

const GO_ON = 'You reached the limit of turns before you were done. You have more now: go on where you stopped.';

const accountsOf = ({ accounts }: JudgeFacts) => accounts ?? [];

function whatStopped(facts: JudgeFacts): string {
  const { outcome } = facts;
  if (outcome.kind === 'maxTurns') return `The agent reached its limit of ${outcome.turns} model turns before it was done.`;
  const of = tightest(accountsOf(facts)).map(describeAccount).join(', ');
  return `The agent reached its budget before it was done${of ? ` (${of})` : ''}: ${'message' in outcome ? outcome.message : ''}`;
}

const detailOf = (facts: JudgeFacts): Record<string, unknown> =>
  (facts.outcome.kind === 'maxTurns' ? { limit: 'turns', turns: facts.outcome.turns } : { limit: 'money', accounts: tightest(accountsOf(facts)) });

function ask(other: Verdict, reason: string, detail: Record<string, unknown>): Verdict {
  return { ...askPerson('budget_exceeded', `${reason} Judged as it is: ${other.reason}`, other.failed), detail };
}

/**
 * Nobody said that the work is done, so more must speak for it than for a whole turn: a required check, and a review. Both
 * are held to what the other rules ask of them.
 */
const isProven = ({ evidence, review, planning }: JudgeFacts): boolean => planning !== true && evidence.some(({ required }) => required) && review?.kind === 'reviewed';

/** Nothing is left to ask: it is good, or the plan ends the milestone. */
const isSettled = (facts: JudgeFacts, { decision: { kind } }: Verdict): boolean => kind === 'stop' || (kind === 'proceed' && isProven(facts));

/** `finish`: a person wants it judged as it is, with no more of anything. */
export const limitRules = (others: Others): readonly Rule[] => [
  {
    name: 'turns_enlarged', design: 1,
    when: ({ outcome, enlargeTo, finish }) => outcome.kind === 'maxTurns' && enlargeTo !== undefined && !finish,
    decide: (facts) => ({
      decision: { kind: 'rerun', feedback: GO_ON }, reason: `${whatStopped(facts)} It goes on with ${facts.enlargeTo}, once.`, failed: false,
    }),
  },
  {
    name: 'limit_reached', design: 1,
    when: (facts, scores) => (facts.finish === true && facts.planning === true)
      || (isCutShort(facts.outcome.kind) && !facts.finish && !isSettled(facts, others(facts, scores))),
    decide: (facts, scores) => {
      // A plan that is not whole is no work that could be finished.
      if (facts.finish) return askPerson('consecutive_failures', `${whatStopped(facts)} Its plan was not made.`);
      return ask(others(facts, scores), whatStopped(facts), detailOf(facts));
    },
  },
  {
    name: 'budget_spent', design: 1,
    when: (facts, scores) => !facts.finish && overLine(accountsOf(facts)).length > 0 && ['retry', 'clarify'].includes(others(facts, scores).decision.kind),
    decide: (facts, scores) => {
      const accounts = overLine(accountsOf(facts));
      return ask(others(facts, scores), `No money is left for another attempt (${accounts.map(describeAccount).join(', ')}).`, { limit: 'money', accounts });
    },
  },
];
