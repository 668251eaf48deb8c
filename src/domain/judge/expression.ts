/** One CEL expression of a plan: checked with the place of its mistake, compiled once, evaluated within bounds. Nothing is ever run as JavaScript. */
import type { ASTNode, ParseResult } from '@marcbachmann/cel-js';
import { didYouMean } from '../did-you-mean.ts';
import { environment, VARIABLES } from './custom-facts.ts';

export const MAX_EXPRESSION = 1_000;

export interface ExpressionMistake {
  message: string;
  /** Characters before the mistake. */
  at: number;
  suggestion?: string;
}

type Checked = { expression: ParseResult } | { mistake: ExpressionMistake };

const LOOPS = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);
/** Loops within loops. */
const MAX_NESTED = 2;

/** `matches` runs a pattern that can take for ever; `bind` lets a text double itself. */
const REFUSED: Readonly<Record<string, string>> = {
  matches: 'use contains, startsWith or endsWith', bind: 'write the expression out',
};

const nodesOf = (args: unknown): ASTNode[] =>
  Array.isArray(args) ? args.flatMap(nodesOf) : typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : [];

const called = ({ op, args }: ASTNode): string | undefined => (op === 'call' || op === 'rcall' ? (args as unknown as [string])[0] : undefined);

function boundsMistake(node: ASTNode, nested = 0): ExpressionMistake | undefined {
  const name = called(node) ?? '';
  const way = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined;
  if (way !== undefined) return { message: `${name}() is not offered`, at: node.start, suggestion: way };
  const depth = LOOPS.has(name) ? nested + 1 : nested;
  if (depth > MAX_NESTED) return { message: `at most ${MAX_NESTED} loops may be nested`, at: node.start };
  return nodesOf(node.args).map((inner) => boundsMistake(inner, depth)).find((mistake) => mistake !== undefined);
}

/** What cel-js throws: a short sentence and the place. */
function mistakeOf(error: unknown): ExpressionMistake {
  const { summary, message, range } = error as Partial<{ summary: string; message: string; range: { start: number } }>;
  const text = summary ?? message ?? String(error);
  const unknown = /^Unknown variable: (\w+)$/.exec(text)?.[1];
  const suggestion = unknown === undefined ? undefined : didYouMean(unknown, Object.keys(VARIABLES)) ?? `known: ${Object.keys(VARIABLES).join(', ')}`;
  return { message: text.charAt(0).toLowerCase() + text.slice(1), at: range?.start ?? 0, ...(suggestion && { suggestion }) };
}

function checked(text: string): Checked {
  if (text.length > MAX_EXPRESSION) return { mistake: { message: `is longer than ${MAX_EXPRESSION} characters`, at: 0 } };
  try {
    const expression = environment.parse(text);
    const mistake = boundsMistake(expression.ast);
    if (mistake) return { mistake };
    const { valid, type, error } = expression.check();
    if (!valid) return { mistake: mistakeOf(error) };
    return type === 'bool' ? { expression } : { mistake: { message: `is of type ${type}, must be bool`, at: 0 } };
  } catch (error) {
    return { mistake: mistakeOf(error) };
  }
}

const MAX_COMPILED = 500;
const compiled = new Map<string, Checked>();

/** Same text, same answer: parsed once as long as it is remembered. */
export function checkExpression(text: string): Checked {
  const known = compiled.get(text);
  if (known) return known;
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  const made = checked(text);
  compiled.set(text, made);
  return made;
}

/** True or false, or why it cannot be said. Never throws. */
export function evaluate(text: string, context: Record<string, unknown>): { value: boolean } | { error: string } {
  const found = checkExpression(text);
  if ('mistake' in found) return { error: found.mistake.message };
  try {
    const value: unknown = found.expression(context);
    return typeof value === 'boolean' ? { value } : { error: `it gave ${typeof value}, not true or false` };
  } catch (error) {
    return { error: mistakeOf(error).message };
  }
}
