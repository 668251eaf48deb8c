/**
 * A YAML file from a user: read defensively (size, encoding, aliases, one document), and every value's place in the text
 * kept, so that each later mistake can name line and column. Knows nothing of plans.
 */
import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, Node, Pair, YAMLError } from 'yaml';
import { offsetInside } from './yaml-inside.ts';
import { duplicateKeys, isTooDeep } from './yaml-limits.ts';

export const MAX_YAML_BYTES = 1_000_000;
const MAX_ALIASES = 100;
const MAX_SYNTAX_ERRORS = 20;
const MAX_MESSAGE = 200;
/** Nobody reads more; finding their places costs time. */
const MAX_MISTAKES = 200;

export type YamlPath = readonly (string | number)[];

/** A mistake in a YAML file, before its place is looked up. */
export interface Mistake {
  path: YamlPath;
  message: string;
  /** Way out, a short sentence. */
  suggestion?: string;
  /** Point at the key rather than at its value. */
  atKey?: boolean;
  /** Characters of the text at `path` before the mistake, where it is inside a text. */
  inside?: number;
}

/** A mistake with its place: what `validate` prints. Lines and columns count from 1. */
export interface PlacedMistake {
  path: string;
  line: number;
  column: number;
  message: string;
  suggestion?: string;
}

export interface YamlSource {
  /** Plain data; undefined when the text cannot be read at all. */
  value: unknown;
  syntax: PlacedMistake[];
  /** In order of their place; the same mistake is told once. */
  place(mistakes: readonly Mistake[]): PlacedMistake[];
}

/** Reads one YAML 1.2 document. Never throws: whatever is wrong is in `syntax`. */
export function readYaml(text: string | Uint8Array): YamlSource {
  const decoded = decode(text);
  if (typeof decoded !== 'string') return unreadable(decoded.message, decoded.suggestion);
  if (isTooDeep(decoded)) return unreadable(TOO_DEEP);
  const lines = new LineCounter();
  const document = parseDocument(decoded, {
    lineCounter: lines, prettyErrors: false, stringKeys: true, uniqueKeys: false, version: '1.2', logLevel: 'error',
  });
  const syntax = syntaxMistakes(document, lines);
  if (syntax.some((mistake) => !mistake.survivable)) return { value: undefined, syntax: syntax.map(withoutFlag), place: () => [] };
  if (isNothing(document.contents)) return unreadable('the file is empty');
  return withValue({ document, lines, text: decoded }, syntax.map(withoutFlag));
}

const isNothing = (node: Node | null): boolean => node === null || (isScalar(node) && node.value === null);

interface Parsed {
  document: Document.Parsed;
  lines: LineCounter;
  text: string;
}

function withValue(parsed: Parsed, syntax: PlacedMistake[]): YamlSource {
  try {
    const value: unknown = parsed.document.toJS({ maxAliasCount: MAX_ALIASES });
    return { value, syntax, place: (mistakes) => placeAll(parsed, mistakes) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const tooMany = message.startsWith('Excessive alias');
    return unreadable(tooMany ? `too many aliases: they may stand for at most ${MAX_ALIASES} copies` : message);
  }
}

/** The text, or why it is not read. */
function decode(text: string | Uint8Array): string | { message: string; suggestion?: string } {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text).length : text.length;
  if (bytes > MAX_YAML_BYTES) return { message: `the file has ${bytes} bytes, at most ${MAX_YAML_BYTES} are read` };
  if (typeof text === 'string') return text.startsWith('\ufeff') ? text.slice(1) : text;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(text);
  } catch {
    return { message: 'the file is not UTF-8', suggestion: 'save it with the encoding UTF-8' };
  }
}

function unreadable(message: string, suggestion?: string): YamlSource {
  const mistake = { path: '', line: 1, column: 1, message, ...(suggestion && { suggestion }) };
  return { value: undefined, syntax: [mistake], place: () => [] };
}

type SyntaxMistake = PlacedMistake & { survivable: boolean };

function syntaxMistakes(document: Document.Parsed, lines: LineCounter): SyntaxMistake[] {
  const told: SyntaxMistake[] = [...document.errors, ...document.warnings].map((error) => ({
    path: '', ...position(lines, error.pos[0]), ...explain(error), survivable: false,
  }));
  for (const offset of duplicateKeys(document)) {
    told.push({ path: '', ...position(lines, offset), message: 'this key is written twice in one mapping', survivable: true });
  }
  const directive = document.directives.yaml;
  if (directive.explicit && directive.version !== '1.2') {
    const message = `YAML ${directive.version} is not read`;
    told.push({ path: '', line: 1, column: 1, message, suggestion: 'remove the line %YAML', survivable: false });
  }
  // A run-away nesting produces thousands of follow-ups of one mistake.
  const exhausted = told.find((mistake) => mistake.message === TOO_DEEP);
  return exhausted ? [exhausted] : told.sort(byPlace).slice(0, MAX_SYNTAX_ERRORS);
}

const withoutFlag = ({ path, line, column, message, suggestion }: SyntaxMistake): PlacedMistake =>
  ({ path, line, column, message, ...(suggestion && { suggestion }) });

const TOO_DEEP = 'values are nested too deeply';

function explain(error: YAMLError): { message: string; suggestion?: string } {
  switch (error.code) {
    case 'TAB_AS_INDENT': return { message: 'a tab is not allowed as indentation', suggestion: 'indent with spaces' };
    case 'MULTIPLE_DOCS': return { message: 'the file holds several documents', suggestion: 'one document per file: remove the line ---' };
    case 'NON_STRING_KEY': return { message: 'a key must be plain text' };
    case 'TAG_RESOLVE_FAILED': return { message: `${error.message.replace('Unresolved tag', 'unknown tag')}: tags are not read` };
    case 'RESOURCE_EXHAUSTION': return { message: TOO_DEEP };
    default: return { message: error.message.slice(0, MAX_MESSAGE) };
  }
}

const position = (lines: LineCounter, offset: number): { line: number; column: number } => {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
};

const byPlace = (a: PlacedMistake, b: PlacedMistake): number => a.line - b.line || a.column - b.column;

function placeAll(parsed: Parsed, mistakes: readonly Mistake[]): PlacedMistake[] {
  const placed = mistakes.slice(0, MAX_MISTAKES).map(({ path, message, suggestion, ...place }) => ({
    path: pathText(path), ...position(parsed.lines, offsetOf(parsed, path, place)), message, ...(suggestion && { suggestion }),
  }));
  const unique = new Map(placed.map((mistake) => [JSON.stringify([mistake.path, mistake.message]), mistake]));
  return [...unique.values()].sort(byPlace);
}

/** `milestones[0].tasks[1].id` */
export function pathText(path: YamlPath): string {
  return path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('').replace(/^\./, '');
}

/** `holdpoint.yaml:12:5 milestones[0].tasks: is missing (did you mean …?)` */
export function formatMistake(file: string, { path, line, column, message, suggestion }: PlacedMistake): string {
  return `${file}:${line}:${column} ${path === '' ? '' : `${path}: `}${message}${suggestion === undefined ? '' : ` (${suggestion})`}`;
}

/** Offset of the value at `path`, or of the last part of the path that exists. */
function offsetOf({ document, text }: Parsed, path: YamlPath, { atKey = false, inside }: Pick<Mistake, 'atKey' | 'inside'>): number {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const [n, part] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    const step: Step | undefined = child(node, part);
    if (!step) break;
    const useKey = (atKey && n === path.length - 1) || !step.value?.range;
    offset = (useKey ? step.key : step.value)?.range?.[0] ?? offset;
    node = step.value;
  }
  return (inside === undefined ? undefined : offsetInside(text, node, inside)) ?? offset;
}

interface Step {
  key: Node | null;
  value: Node | null;
}

function child(node: Node | null, part: string | number): Step | undefined {
  if (isMap(node)) {
    const pair = (node.items as Pair<Node, Node | null>[]).find(({ key }) => isScalar(key) && String(key.value) === String(part));
    return pair && { key: pair.key, value: pair.value };
  }
  const item = isSeq(node) ? (node.items[Number(part)] as Node | undefined) : undefined;
  return item && { key: item, value: item };
}
