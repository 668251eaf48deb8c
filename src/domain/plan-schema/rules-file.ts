/** A file with rules and thresholds alone, as `rejudge --rules` reads it: the same words as in a plan. */
import * as z from 'zod';
import type { CustomRule } from '../judge/custom-rule.ts';
import type { Thresholds } from '../judge/thresholds.ts';
import { readYaml, type PlacedMistake } from '../yaml-source.ts';
import { check } from '../zod-mistakes.ts';
import { field } from './raw.ts';
import { ruleMistakes, rules, thresholds, toRules } from './rules.ts';

const rulesFile = z.strictObject({ rules: rules.optional(), thresholds: thresholds.optional() });

export type RulesResult =
  | { ok: true; rules?: CustomRule[]; thresholds?: Partial<Thresholds> }
  | { ok: false; errors: PlacedMistake[] };

/** Without the defaults: what the file does not name stays as the turn was judged by. */
const asWritten = (filled: Thresholds, written: unknown): Partial<Thresholds> =>
  Object.fromEntries(Object.entries(filled).filter(([name]) => field(written, name) !== undefined));

/** Every mistake at once, with its place. Never throws. */
export function parseRules(text: string | Uint8Array): RulesResult {
  const source = readYaml(text);
  const { value, syntax } = source;
  if (value === undefined) return { ok: false, errors: syntax };
  const parsed = check(rulesFile, value);
  const mistakes = [...('mistakes' in parsed ? parsed.mistakes : []), ...ruleMistakes(value)];
  if ('mistakes' in parsed || mistakes.length > 0 || syntax.length > 0) return { ok: false, errors: [...syntax, ...source.place(mistakes)] };
  const { rules: list, thresholds: filled } = parsed.data;
  return { ok: true, ...(list && { rules: toRules(list) }), ...(filled && { thresholds: asWritten(filled, field(value, 'thresholds')) }) };
}
