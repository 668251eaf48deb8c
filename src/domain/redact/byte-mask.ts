/**
 * Hides known secrets in bytes without moving any: each of their bytes becomes `*`, so every offset stays what it was. For who
 * hands on pieces of a file: with enough bytes around a piece, what is hidden does not depend on how the file was cut.
 */
import { FRAGMENT, fragmentFinder, MIN_FORM, withinEscapes } from './fragments.ts';
import { secretForms } from './secret-forms.ts';
import { mergeSpans, type Span } from './spans.ts';

export interface ByteMask {
  /** So many bytes on both sides of a piece tell what in it is part of a secret. */
  reach: number;
  /** The same number of bytes. */
  hide(bytes: Buffer): Buffer;
  /** How many bytes at the end of a file that may still grow could turn out to be part of a secret. */
  undecided(bytes: Buffer): number;
}

/** Null when there is nothing to hide. */
export function createByteMask(secrets: readonly string[]): ByteMask | null {
  const forms = secretForms(secrets);
  if (forms.length === 0) return null;
  const fragments = fragmentFinder(forms);
  return {
    reach: (forms[0]?.length ?? 0) + 64,
    hide(bytes) {
      const text = bytes.toString('latin1');
      const masked = Buffer.from(bytes);
      const spans = mergeSpans([...forms.flatMap((form) => placesOf(form, text)), ...fragments(text)]);
      for (const { start, end } of spans.map((span) => withinEscapes(text, span))) masked.fill('*', start, end);
      return masked;
    },
    undecided: (bytes) => undecidedAtEnd(bytes.toString('latin1'), forms),
  };
}

function placesOf(form: string, text: string): Span[] {
  const spans: Span[] = [];
  for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) spans.push({ start: at, end: at + form.length });
  return spans;
}

/** The longest end of the text that is too short to be a piece yet, or that is the beginning of what is hidden only as a whole. */
function undecidedAtEnd(text: string, forms: readonly string[]): number {
  const inPieces = forms.filter((form) => form.length >= MIN_FORM);
  const asWhole = forms.filter((form) => form.length < MIN_FORM || /["\\\n]/.test(form));
  const begun = asWhole.map((form) => longestEnd(text, form.length - 1, (end) => form.startsWith(end)));
  const short = longestEnd(text, FRAGMENT - 1, (end) => inPieces.some((form) => form.includes(end)));
  // Half an escape of JSON: whether it belongs to a secret shows with its other half.
  return Math.max(short, text.endsWith('\\') ? 1 : 0, ...begun);
}

function longestEnd(text: string, most: number, holds: (end: string) => boolean): number {
  for (let size = Math.min(most, text.length); size > 0; size -= 1) if (holds(text.slice(-size))) return size;
  return 0;
}
