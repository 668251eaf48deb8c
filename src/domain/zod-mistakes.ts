/**
 * What zod finds wrong, in words for the person who wrote the file: which kind of value was expected, which was found, and
 * the nearest known key. Values themselves are never repeated: one of them may be a secret.
 */
import * as z from 'zod';
import { didYouMean } from './did-you-mean.ts';
import type { Mistake, YamlPath } from './yaml-source.ts';

/** JSON Schema as far as it is walked here. */
interface SchemaNode {
  properties?: Record<string, SchemaNode>;
  items?: SchemaNode;
  anyOf?: SchemaNode[];
  additionalProperties?: SchemaNode | boolean;
}

type Issue = z.core.$ZodIssue;

/** Parses `value`; either the data or every mistake in it. */
export function check<T>(schema: z.ZodType<T>, value: unknown): { data: T } | { mistakes: Mistake[] } {
  const result = schema.safeParse(value, { error: describe });
  if (result.success) return { data: result.data };
  const shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as SchemaNode;
  return { mistakes: result.error.issues.flatMap((issue) => toMistakes(issue, [], shape, value)) };
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text', number: 'a number', int: 'a whole number', boolean: 'true or false',
  array: 'a list', object: 'a mapping', record: 'a mapping',
};

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'boolean' ? String(value) : KINDS[typeof value] ?? typeof value;
}

/** Words for issues whose schema brings none of its own. */
function describe(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing';
      return `must be ${KINDS[issue.expected] ?? issue.expected}, found ${kindOf(issue.input)}`;
    case 'invalid_value': return issue.input === undefined ? 'is missing' : `must be ${eitherOf(issue.values.map(String))}`;
    case 'too_small': return issue.origin === 'array' ? 'must not be empty' : undefined;
    case 'too_big': return issue.origin === 'string' ? `is longer than ${issue.maximum} characters` : undefined;
    default: return undefined;
  }
}

const eitherOf = (words: readonly string[]): string => words.join(', ').replace(/, ([^,]*)$/, ' or $1');

function toMistakes(issue: Issue, above: YamlPath, shape: SchemaNode, value: unknown): Mistake[] {
  const path = [...above, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt([shape], path);
    return issue.keys.map((key) => unknownKey([...path, key], known));
  }
  if (issue.code === 'invalid_union') return unionMistakes(issue, path, shape, value);
  const suggestion = issue.code === 'invalid_value' ? nearestValue(valueAt(value, path), issue.values) : undefined;
  return [{ path, message: issue.message, ...(suggestion && { suggestion }) }];
}

function unknownKey(path: YamlPath, known: readonly string[]): Mistake {
  const key = String(path.at(-1));
  const suggestion = didYouMean(key, known) ?? (known.length > 0 ? `known here: ${known.join(', ')}` : undefined);
  return { path, message: `unknown key "${key.slice(0, 80)}"`, atKey: true, ...(suggestion && { suggestion }) };
}

/** The form that was meant is the one whose own kind of value was given; without one, the union speaks for itself. */
function unionMistakes(issue: z.core.$ZodIssueInvalidUnion, path: YamlPath, shape: SchemaNode, value: unknown): Mistake[] {
  const kind = issue.errors.filter((form) => !hasOwnIssue(form, ['invalid_type', 'invalid_value']));
  const [meant, ...others] = kind.length > 1 ? kind.filter((form) => !hasOwnIssue(form, ['unrecognized_keys'])) : kind;
  if (meant && others.length === 0) return meant.flatMap((inner) => toMistakes(inner, path, shape, value));
  return [{ path, message: issue.message }];
}

/** Whether the form fails at its own level rather than at a field of it. */
const hasOwnIssue = (form: readonly Issue[], codes: readonly string[]): boolean =>
  form.some(({ code, path }) => path.length === 0 && codes.includes(code));

const nearestValue = (found: unknown, values: readonly unknown[]): string | undefined =>
  typeof found === 'string' ? didYouMean(found, values.map(String)) : undefined;

const valueAt = (value: unknown, path: YamlPath): unknown => path.reduce<unknown>(memberOf, value);

const memberOf = (value: unknown, key: string | number): unknown =>
  (typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[key] : undefined);

/** Keys a mapping at `path` may have, from the published schema. */
function keysAt(nodes: readonly SchemaNode[], path: YamlPath): string[] {
  const forms = nodes.flatMap((node) => [node, ...(node.anyOf ?? [])]);
  const [part, ...rest] = path;
  if (part === undefined) return [...new Set(forms.flatMap((node) => Object.keys(node.properties ?? {})))];
  const below = forms.flatMap((node) => {
    const extra = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
    return (typeof part === 'number' ? node.items : node.properties?.[part] ?? extra) ?? [];
  });
  return keysAt(below, rest);
}
