/** The part `rules` of the plan file, and the thresholds of the judge: what the plan adds to the judge's table. */
import * as z from 'zod';
import { ASKABLE, type CustomRule } from '../judge/custom-rule.ts';
import { checkExpression, MAX_EXPRESSION } from '../judge/expression.ts';
import { THRESHOLDS } from '../judge/thresholds.ts';
import type { Mistake, YamlPath } from '../yaml-source.ts';
import { id, real, text } from './fields.ts';
import { entries, field } from './raw.ts';

const threshold = (name: keyof typeof THRESHOLDS) => real(0, 1).default(THRESHOLDS[name]);

export const thresholds = z.strictObject({
  confidence: threshold('confidence').describe('Confidence under which a person is asked'),
  clarify: threshold('clarify').describe('Quality from which the agent gets another turn with the issues; under it the attempt has failed'),
  conflict: threshold('conflict').describe('How far apart evidence and review may be, one at the gate and the other under `clarify`, before a person is asked'),
  design: threshold('design').describe('Confidence under which a person chooses between alternatives that the review finds'),
}).describe('Numbers at which the judge changes its mind');

const rule = z.strictObject({
  name: id(),
  when: text(MAX_EXPRESSION).describe('CEL expression over the facts of the turn, such as changes.files > 20 && !reviewed'),
  then: z.enum(['stop', 'ask', 'retry']).describe('`stop` ends the milestone, `ask` asks a person, `retry` spends an attempt'),
  breakpoint: z.enum(ASKABLE).optional().describe('Kind of question of an `ask`: confidence_too_low when absent'),
  message: text(500).optional().describe('What a person is told, and the agent where it tries again'),
});

export const rules = z.array(rule).max(50).describe('Your own rules for the judge, in order. They can stop, ask or retry, never let work through');

/** What the schema cannot see: names given twice, expressions that do not fit the facts, questions that are switched off. */
export function ruleMistakes(raw: unknown): Mistake[] {
  const found = entries(field(raw, 'rules')).flatMap(([item, n]) => (typeof field(item, 'name') === 'string' ? [{ item, path: ['rules', n] }] : []));
  const seen = new Set<unknown>();
  return found.flatMap(({ item, path }) => {
    const name = field(item, 'name');
    const twice = seen.size === seen.add(name).size ? [{ path: [...path, 'name'], message: `there is a rule "${String(name)}" already` }] : [];
    return [...twice, ...expressionMistakes(field(item, 'when'), [...path, 'when']), ...offMistakes(raw, item, path)];
  });
}

function expressionMistakes(when: unknown, path: YamlPath): Mistake[] {
  if (typeof when !== 'string' || when.trim() === '' || when.length > MAX_EXPRESSION) return [];
  const found = checkExpression(when);
  if (!('mistake' in found)) return [];
  const { message, at, suggestion } = found.mistake;
  return [{ path, message, inside: at, ...(suggestion && { suggestion }) }];
}

/** A question that is switched off answers itself, and some of them by approving: a rule that asks it would say nothing. */
function offMistakes(raw: unknown, item: unknown, path: YamlPath): Mistake[] {
  const then = field(item, 'then');
  const kind = field(item, 'breakpoint') ?? (then === 'ask' ? 'confidence_too_low' : undefined);
  if (then === 'stop' || typeof kind !== 'string') return [];
  if (field(raw, 'policy', 'breakpoints', kind, 'enabled') !== false) return [];
  const other = ASKABLE.find((one) => field(raw, 'policy', 'breakpoints', one, 'enabled') !== false);
  const suggestion = other === undefined ? 'use stop' : `name another kind, such as ${other}, or use stop`;
  return [{ path, message: `asks ${kind}, which policy.breakpoints switches off`, suggestion }];
}

export const toRules = (list: z.infer<typeof rules>): CustomRule[] =>
  list.map(({ breakpoint, message, ...given }) => ({ ...given, ...(breakpoint && { breakpoint }), ...(message !== undefined && { message }) }));
