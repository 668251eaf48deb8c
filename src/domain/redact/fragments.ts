/**
 * Long pieces of known secrets: what is left of one that was printed in two halves, wrapped into lines, or cut off by the end
 * of a tail. A piece of this length is a secret itself; shorter ones are not seen.
 */
import type { Span } from './shapes.ts';

/** Shortest piece that is hidden. */
export const FRAGMENT = 12;
/** Of shorter secrets only the whole is hidden: their pieces could be ordinary words. */
const MIN_FORM = 16;
const GRAM = 4;
/** A piece of FRAGMENT characters holds a whole gram at one of these places, wherever it begins. */
const STEP = FRAGMENT - GRAM + 1;
const BUCKETS = 0x10000;

const hashAt = (text: string, at: number): number =>
  (((text.charCodeAt(at) * 31 + text.charCodeAt(at + 1)) * 31 + text.charCodeAt(at + 2)) * 31 + text.charCodeAt(at + 3)) & (BUCKETS - 1);

export type FindFragments = (text: string) => Span[];

/** Finds the pieces of `forms` in a text, each as long as it goes; in order, without overlaps. */
export function fragmentFinder(forms: readonly string[]): FindFragments {
  const lines = forms.flatMap((form) => form.split('\n')).filter((line) => line.length >= MIN_FORM);
  if (lines.length === 0) return () => [];
  // The line end is in no piece, so no match goes on into the next form.
  const known = lines.join('\n');
  const { seen, places } = index(known);
  return (text) => {
    const spans: Span[] = [];
    for (let at = 0; at + GRAM <= text.length; at += STEP) {
      if (!seen[hashAt(text, at)]) continue;
      const span = longest(text, at, known, places.get(text.slice(at, at + GRAM)) ?? []);
      if (!span || span.end - span.start < FRAGMENT) continue;
      const { start, end } = withinEscapes(text, span);
      const free = Math.max(start, spans.at(-1)?.end ?? 0);
      if (free < end) spans.push({ start: free, end });
      // Goes on with the first place that is not wholly in it.
      at = Math.max(at, span.end - (span.end % STEP) - STEP);
    }
    return spans;
  };
}

function index(known: string): { seen: Uint8Array; places: Map<string, number[]> } {
  const seen = new Uint8Array(BUCKETS);
  const places = new Map<string, number[]>();
  for (let at = 0; at + GRAM <= known.length; at += 1) {
    const gram = known.slice(at, at + GRAM);
    if (gram.includes('\n')) continue;
    seen[hashAt(known, at)] = 1;
    places.set(gram, [...(places.get(gram) ?? []), at]);
  }
  return { seen, places };
}

function longest(text: string, at: number, known: string, places: number[]): Span | undefined {
  let found: Span | undefined;
  for (const place of places) {
    let before = 0;
    while (at > before && place > before && text[at - before - 1] === known[place - before - 1] && known[place - before - 1] !== '\n') before += 1;
    let after = GRAM;
    while (at + after < text.length && text[at + after] === known[place + after] && known[place + after] !== '\n') after += 1;
    if (!found || before + after > found.end - found.start) found = { start: at - before, end: at + after };
  }
  return found;
}

/** A piece may begin or end within an escape of JSON: what is left of the string must still be one. */
function withinEscapes(text: string, { start, end }: Span): Span {
  return { start: backslashesBefore(text, start) % 2 === 1 ? start + 1 : start, end: backslashesBefore(text, end) % 2 === 1 ? end - 1 : end };
}

function backslashesBefore(text: string, at: number): number {
  let count = 0;
  while (text[at - count - 1] === '\\') count += 1;
  return count;
}
