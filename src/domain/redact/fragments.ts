/**
 * Long pieces of known secrets: what is left of one that was printed in two halves, wrapped into lines, or cut off by the end
 * of a tail. A piece of this length is a secret itself; shorter ones are not seen.
 */
import { BUCKETS, GRAM, hashAt } from './grams.ts';
import { mergeSpans, type Span } from './spans.ts';

/** Shortest piece that is hidden. */
export const FRAGMENT = 12;
/** Of shorter secrets only the whole is hidden: their pieces could be ordinary words. */
export const MIN_FORM = 16;
/** A piece of FRAGMENT characters holds a whole gram at one of these places, wherever it begins. */
const STEP = FRAGMENT - GRAM + 1;

export type FindFragments = (text: string) => Span[];

/** Finds the pieces of `forms` in a text, each as long as it goes; in order, without overlaps. */
export function fragmentFinder(forms: readonly string[]): FindFragments {
  // Not across a quote: that could be the end of a string in JSON.
  const parts = forms.filter((form) => form.length >= MIN_FORM).flatMap((form) => form.split(/["\\\n]/)).filter((part) => part.length >= FRAGMENT);
  if (parts.length === 0) return () => [];
  // The line end is in no piece, so no match goes on into the next one.
  const known = parts.join('\n');
  const { seen, places } = index(known);
  return (text) => {
    const spans: Span[] = [];
    for (let at = 0; at + GRAM <= text.length; at += STEP) {
      if (seen[hashAt(text, at)]) spans.push(...matchesAt(text, at, known, places.get(text.slice(at, at + GRAM)) ?? []));
    }
    return mergeSpans(spans).map((span) => withinEscapes(text, span));
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

/** All, not only the longest: what is found must not depend on where the text begins. */
function matchesAt(text: string, at: number, known: string, places: number[]): Span[] {
  const spans = places.map((place) => {
    let before = 0;
    while (at > before && place > before && text[at - before - 1] === known[place - before - 1] && known[place - before - 1] !== '\n') before += 1;
    let after = GRAM;
    while (at + after < text.length && text[at + after] === known[place + after] && known[place + after] !== '\n') after += 1;
    return { start: at - before, end: at + after };
  });
  return spans.filter(({ start, end }) => end - start >= FRAGMENT);
}

/** A piece may begin within an escape of JSON, or end with half of one: what is left of the string must still be one. */
export function withinEscapes(text: string, { start, end }: Span): Span {
  return { start: backslashesBefore(text, start) % 2 === 1 ? start + 1 : start, end: backslashesBefore(text, end) % 2 === 1 ? end - 1 : end };
}

function backslashesBefore(text: string, at: number): number {
  let count = 0;
  while (text[at - count - 1] === '\\') count += 1;
  return count;
}
