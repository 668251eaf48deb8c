/** What is wrong with a plan's own template: told before anything is started, with its place in the file. Pure. */
import { didYouMean } from '../did-you-mean.ts';
import type { TemplateName } from '../plan.ts';
import { liquid, markOf, TEMPLATES } from './templates.ts';
import type { Template } from './templates/template.ts';

export interface TemplateMistake {
  /** From 1. */
  line: number;
  column: number;
  message: string;
  suggestion?: string;
}

type Parsed = ReturnType<typeof liquid.parse>;

/** Nothing of a user's can be this. */
const NONCE = '0f1e2d3c4b5a69788796a5b4c3d2e1f0';

/** All unknown names at once; what only running it can tell comes after they are right. */
export function templateMistakes(name: TemplateName, text: string): TemplateMistake[] {
  const parsed = attempt(() => liquid.parse(text));
  if ('mistake' in parsed) return [parsed.mistake];
  const template = TEMPLATES[name];
  const unknown = unknownNames(template, parsed.value);
  return unknown.length > 0 ? unknown : tryOut(template, parsed.value);
}

function unknownNames(template: Template, parsed: Parsed): TemplateMistake[] {
  const { globals } = liquid.analyzeSync(parsed);
  const known = { ...template.sample, ...Object.fromEntries(template.data.map((name) => [name, ''])) };
  return Object.values(globals).flat().flatMap((variable) => {
    const missing = missingIn(known, variable.toArray());
    if (missing === null) return [];
    const suggestion = didYouMean(missing.name, missing.known) ?? `there are: ${missing.known.join(', ')}`;
    return [{ line: variable.location.row, column: variable.location.col, message: `there is no variable "${missing.path}"`, suggestion }];
  });
}

interface Missing {
  path: string;
  name: string;
  known: string[];
}

/** The first part of the path that leads nowhere. Parts that are worked out while it runs are left to the trial. */
function missingIn(known: unknown, path: readonly unknown[]): Missing | null {
  let at = known;
  for (const [n, part] of path.entries()) {
    if (typeof part !== 'string' || typeof at !== 'object' || at === null || Array.isArray(at)) return null;
    if (!Object.hasOwn(at, part)) return { path: path.slice(0, n + 1).join('.'), name: part, known: Object.keys(at) };
    at = (at as Record<string, unknown>)[part];
  }
  return null;
}

function tryOut(template: Template, parsed: Parsed): TemplateMistake[] {
  const marks: Record<string, string> = Object.fromEntries(template.data.map((name) => [name, markOf(name, NONCE)]));
  const filled = attempt(() => String(liquid.renderSync(parsed, { ...template.sample, ...marks })));
  if ('mistake' in filled) return [filled.mistake];
  const bare = attempt((): unknown => liquid.renderSync(parsed, { ...withEmptyLists(template.sample), ...mapped(template.data, null) }));
  if ('mistake' in bare) return [{ ...bare.mistake, suggestion: 'a list may be empty, and a block may be missing' }];
  return template.needs.filter((name) => !filled.value.includes(marks[name] ?? sampleAt(template, name))).map((name) => ({
    line: 1, column: 1, message: `does not say {{ ${name} }}, without which the prompt is of no use`,
    ...(name in marks && { suggestion: 'as it is: a filter would take its delimiters apart' }),
  }));
}

const mapped = (names: readonly string[], value: null): Record<string, null> => Object.fromEntries(names.map((name) => [name, value]));

function withEmptyLists(value: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value as object).map(([key, inner]) =>
    [key, Array.isArray(inner) ? [] : typeof inner === 'object' && inner !== null ? withEmptyLists(inner) : inner]));
}

const sampleAt = ({ sample }: Template, path: string): string =>
  String(path.split('.').reduce((at: unknown, part) => (at as Record<string, unknown>)[part], sample));

interface LiquidErrorLike {
  message: string;
  originalError?: { message: string };
  token?: { getPosition?: () => [number, number] };
}

function attempt<T>(work: () => T): { value: T } | { mistake: TemplateMistake } {
  try {
    return { value: work() };
  } catch (error) {
    const { message, originalError, token } = error as LiquidErrorLike;
    const [line, column] = token?.getPosition?.() ?? [1, 1];
    return { mistake: { line, column, message: (originalError?.message ?? message).replace(/, line:\d+, col:\d+$/, '') } };
  }
}
