/** Tells quickly that none of some texts can stand in another one, not even a long piece: what nearly every line is asked. */

export const GRAM = 4;
export const BUCKETS = 0x10000;

/** Bucket of the gram that begins there. */
export const hashAt = (text: string, at: number): number =>
  (((text.charCodeAt(at) * 31 + text.charCodeAt(at + 1)) * 31 + text.charCodeAt(at + 2)) * 31 + text.charCodeAt(at + 3)) & (BUCKETS - 1);

/**
 * Whether a text may hold one of `forms`, or a piece of one of at least `piece` characters. A wrong yes costs time; there is no
 * wrong no for forms of four characters or more.
 */
export function mayHold(forms: readonly string[], piece: number): (text: string) => boolean {
  const grams = new Set(forms.flatMap((form) => Array.from({ length: Math.max(0, form.length - GRAM + 1) }, (_, at) => form.slice(at, at + GRAM))));
  if (grams.size === 0) return () => false;
  const seen = new Uint8Array(BUCKETS);
  for (const gram of grams) seen[hashAt(gram, 0)] = 1;
  // Of every stretch of the shortest length a whole gram begins at one of these places, wherever the stretch begins.
  const step = Math.min(piece, ...forms.map(({ length }) => length)) - GRAM + 1;
  return (text) => {
    for (let at = 0; at + GRAM <= text.length; at += step) if (seen[hashAt(text, at)] && grams.has(text.slice(at, at + GRAM))) return true;
    return false;
  };
}
