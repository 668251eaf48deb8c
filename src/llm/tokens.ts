/**
 * Tokens of a text, by the tokenizer that those of the Qwen 2 and Llama 3 families extend. A model server has no call that
 * counts before it is asked; how far this is from the models' own counts is in docs/decisions/0015.
 */
import type { CountTokens } from '../domain/prompt/fit.ts';

/** The tokenizer takes quadratic time for a word without an end, so no piece is longer. */
const PIECE = 512;

/** Loads the tokenizer's table (40 MB) when it is first asked for. */
export async function tokenCounter(): Promise<CountTokens> {
  const { countTokens } = await import('gpt-tokenizer/encoding/cl100k_base');
  const asText = { disallowedSpecial: new Set<string>() };
  return (text) => pieces(text).reduce((sum, piece) => sum + countTokens(piece, asText), 0);
}

/** Cut at ends of lines where they are near; a cut inside a word counts a token more at most. */
function pieces(text: string): string[] {
  const all: string[] = [];
  for (let at = 0; at < text.length;) {
    const end = at + PIECE;
    const line = end < text.length ? text.lastIndexOf('\n', end) : text.length;
    const next = line > at ? line : end;
    all.push(text.slice(at, next));
    at = next;
  }
  return all;
}
