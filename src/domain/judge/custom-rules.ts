/** Row 7: the rules of the plan, in the plan's order. They can only stop, ask or retry: no rule of a plan lets work through. */
import type { Scores } from '../decision.ts';
import { contextOf } from './custom-facts.ts';
import { DEFAULT_ASK, type CustomRule, type CustomValue } from './custom-rule.ts';
import { evaluate } from './expression.ts';
import type { JudgeFacts } from './facts.ts';
import type { Rule, Verdict } from './rule.ts';
import { askPerson, retryOrAsk } from './verdict.ts';

// The same facts are asked several times in one judgement.
const known = new WeakMap<JudgeFacts, CustomValue[]>();

/** What every rule of the plan says about the facts; empty where there is none. */
export function customValues(facts: JudgeFacts, scores: Scores): CustomValue[] {
  const { rules = [] } = facts.policy;
  if (rules.length === 0) return [];
  const before = known.get(facts);
  if (before) return before;
  const context = contextOf(facts, scores);
  const values = rules.map(({ name, when }): CustomValue => ({ name, ...evaluate(when, context) }));
  known.set(facts, values);
  return values;
}

/** The first rule that matches, or that cannot say: a guard that is out of order stops like one that matches. */
function firstMatch(facts: JudgeFacts, scores: Scores): { rule: CustomRule; error?: string } | undefined {
  for (const [n, found] of customValues(facts, scores).entries()) {
    const rule = facts.policy.rules?.[n];
    if (rule && 'error' in found) return { rule, error: found.error };
    if (rule && 'value' in found && found.value) return { rule };
  }
  return undefined;
}

const detailOf = ({ name, when, message }: CustomRule): Record<string, unknown> => ({ rule: name, when, ...(message !== undefined && { message }) });

function carryOut(facts: JudgeFacts, rule: CustomRule): Verdict {
  const reason = `The plan's rule "${rule.name}" matched: ${rule.message ?? rule.when}`;
  const kind = rule.breakpoint ?? DEFAULT_ASK;
  if (rule.then === 'stop') return { decision: { kind: 'stop', reason }, reason, failed: true };
  if (rule.then === 'retry') return retryOrAsk(facts, reason, reason, rule.breakpoint ?? 'consecutive_failures');
  return { ...askPerson(kind, reason, false), detail: detailOf(rule) };
}

function decide(facts: JudgeFacts, scores: Scores): Verdict {
  const found = firstMatch(facts, scores);
  if (!found) throw new Error('asked although no rule of the plan matches');
  const { rule, error } = found;
  if (error === undefined) return { ...carryOut(facts, rule), as: `custom:${rule.name}` };
  const reason = `The plan's rule "${rule.name}" could not be evaluated: ${error}. Its condition: ${rule.when}`;
  return { ...askPerson(rule.breakpoint ?? DEFAULT_ASK, reason, false), detail: detailOf(rule), as: `custom:${rule.name}` };
}

export const CUSTOM_RULES: readonly Rule[] = [
  { name: 'custom', design: 7, when: (facts, scores) => firstMatch(facts, scores) !== undefined, decide },
];
