/** What a YAML parser takes too long for: nesting without end, and the search for equal keys. Both linear here. */
import { Lexer, isScalar, visit } from 'yaml';
import type { Document, Node } from 'yaml';

/** A plan needs seven levels. */
const MAX_DEPTH = 100;

/** Whether brackets, or `- - -` and `? ? ?` on one line, nest deeper than any sensible file; a hint only for broken YAML. */
export function isTooDeep(text: string): boolean {
  let brackets = 0;
  let onLine = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') brackets++;
    else if (token === ']' || token === '}') brackets = Math.max(0, brackets - 1);
    else if (token === '-' || token === '?') onLine++;
    else if (token === ',' || token.endsWith('\n')) onLine = 0;
    if (brackets > MAX_DEPTH || onLine > MAX_DEPTH) return true;
  }
  return false;
}

/** Offsets of keys that their mapping has already. */
export function duplicateKeys(document: Document.Parsed): number[] {
  const found: number[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        const name = isScalar(key) ? key.value : undefined;
        if (seen.has(name)) found.push((key as Node).range?.[0] ?? 0);
        seen.add(name);
      }
    },
  });
  return found;
}
