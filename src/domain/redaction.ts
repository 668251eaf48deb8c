/**
 * Takes secrets out of text before it is stored, logged or shown. Knows the secrets it is given, in several encodings and in
 * long pieces, and the look of common tokens. It works on characters of a stream in any cutting, and on whole lines. It cannot
 * know a secret without a look of its own that nobody named, nor one that the agent has changed or printed in short pieces.
 */
import { FRAGMENT, fragmentFinder, type FindFragments } from './redact/fragments.ts';
import { mayHold } from './redact/grams.ts';
import { secretForms } from './redact/secret-forms.ts';
import { keyMayGoOn, LONGEST_KEY, LONGEST_SHAPE, maskShapes, MASK, shapeSpans } from './redact/shapes.ts';
import type { Span } from './redact/spans.ts';

/** For texts by themselves; may be shared. */
export interface TextRedactor {
  text(text: string): string;
  /** A JSON value with every string, keys too, redacted; what holds nothing to hide is handed on, not copied. */
  json(value: unknown): unknown;
  /** The same with the secrets that were given alone: what only looks like one is kept. */
  known(value: unknown): unknown;
}

export interface Redactor extends TextRedactor {
  /**
   * Takes the next piece of a stream and gives back what can no longer change: whole lines at once, the rest of a line
   * when it ends. A piece may end in the middle of a secret.
   */
  push(chunk: string): string;
  /** The end of the stream: what is left. The redactor can then take another stream. */
  flush(): string;
}

/** A known secret was taken out of it: by a worker, or by a host, which puts a star for each byte. A text may also look so by itself. */
export const holdsMask = (text: string): boolean => text.includes(MASK) || text.includes('****');

/** `secrets`: values to hide; those under four characters are left alone. Never throws. */
export function createRedactor(secrets: readonly string[] = []): Redactor {
  const forms = secretForms(secrets);
  const fragments = fragmentFinder(forms);
  const mayHoldSome = mayHold(forms, FRAGMENT);
  const maskKnown = (text: string): string =>
    (mayHoldSome(text) ? maskSpans(forms.reduce((masked, form) => masked.replaceAll(form, MASK), text), fragments) : text);
  const mask = (text: string): string => maskShapes(maskKnown(text));
  let pending = '';
  return {
    push(chunk) {
      pending += chunk;
      const cut = safeCut(pending, forms, fragments);
      const sure = pending.slice(0, cut);
      pending = pending.slice(cut);
      return mask(sure);
    },
    flush() {
      const rest = pending;
      pending = '';
      return mask(rest);
    },
    text: mask,
    json: (value) => mapStrings(value, mask),
    known: (value) => (forms.length === 0 ? value : mapStrings(value, maskKnown)),
  };
}

const lookOnly = createRedactor();

/** Hides what has the look of a secret. */
export const redactText = (text: string): string => lookOnly.text(text);

/** Hides what has the look of a secret in every string of a JSON value. */
export const redactJson = (value: unknown): unknown => lookOnly.json(value);

function maskSpans(text: string, find: FindFragments): string {
  let masked = '';
  let from = 0;
  for (const { start, end } of find(text)) {
    masked += `${text.slice(from, start)}${MASK}`;
    from = end;
  }
  return masked + text.slice(from);
}

function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return mapItems(value, change);
  return typeof value === 'object' && value !== null ? mapEntries(value as Record<string, unknown>, change) : value;
}

function mapItems(items: readonly unknown[], change: (text: string) => string): unknown {
  const mapped = items.map((item) => mapStrings(item, change));
  return mapped.every((item, at) => item === items[at]) ? items : mapped;
}

function mapEntries(value: Record<string, unknown>, change: (text: string) => string): unknown {
  let isSame = true;
  const entries = Object.keys(value).map((key): [string, unknown] => {
    const entry: [string, unknown] = [change(key), mapStrings(value[key], change)];
    isSame &&= entry[0] === key && entry[1] === value[key];
    return entry;
  });
  return isSame ? value : Object.fromEntries(entries);
}

/** Up to here the text is masked the same whatever follows: no secret and no beginning of one lies across. */
function safeCut(text: string, forms: string[], fragments: FindFragments): number {
  const wanted = Math.max(text.lastIndexOf('\n') + 1, text.length - LONGEST_SHAPE);
  if (wanted <= 0) return 0;
  const spans = [...shapeSpans(text).map((span) => growing(text, span)), ...formSpans(text, wanted, forms), ...fragments(text)];
  return backOut(wanted, spans);
}

/** A private key not yet closed reaches to the end of the text, as long as it is of a believable size. */
function growing(text: string, span: Span): Span {
  const open = keyMayGoOn(text, span) && text.length - span.start < LONGEST_KEY;
  return open ? { start: span.start, end: text.length + 1 } : span;
}

/** Secrets, whole or begun, that start shortly before `cut`. */
function formSpans(text: string, cut: number, forms: string[]): Span[] {
  return forms.flatMap((form) => {
    const found: Span[] = [];
    for (let at = text.indexOf(form.charAt(0), Math.max(0, cut - form.length + 1)); at >= 0 && at < cut; at = text.indexOf(form.charAt(0), at + 1)) {
      if (text.startsWith(form.slice(0, text.length - at), at)) found.push({ start: at, end: at + form.length });
    }
    return found;
  });
}

/** Moves a cut to the start of what it would cut through, until it cuts through nothing. */
function backOut(cut: number, spans: Span[]): number {
  const through = spans.find(({ start, end }) => start < cut && cut < end);
  return through ? backOut(through.start, spans) : cut;
}
