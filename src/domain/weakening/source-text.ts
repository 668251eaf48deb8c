/** Source text without its comments, and without what stands in its strings. Places stay where they are. Package-free. */
import type { Language } from './languages.ts';

type Comments = Language['comments'];

export interface Blanked {
  /** Comments blanked, strings kept. */
  code: string;
  /** The contents of strings blanked too. */
  bare: string;
}

interface Piece {
  end: number;
  kind: 'comment' | 'string' | 'code';
}

/** A string ends with its line whatever is said: one stray quote must not hide the rest of a file. */
export function blank(text: string, comments: Comments): Blanked {
  const code: string[] = [];
  const bare: string[] = [];
  for (let at = 0; at < text.length; ) {
    const { end, kind } = pieceAt(text, at, comments);
    const piece = text.slice(at, end);
    code.push(kind === 'comment' ? spaces(piece) : piece);
    bare.push(kind === 'code' ? piece : kind === 'comment' ? spaces(piece) : emptied(piece));
    at = end;
  }
  return { code: code.join(''), bare: bare.join('') };
}

function pieceAt(text: string, at: number, { line, block, quotes }: Comments): Piece {
  const opened = block.find(([open]) => text.startsWith(open, at));
  if (opened) return { end: endOf(text, opened[1], at + opened[0].length), kind: 'comment' };
  if (line.some((mark) => text.startsWith(mark, at))) return { end: lineEnd(text, at), kind: 'comment' };
  const char = text.charAt(at);
  return quotes.includes(char) ? { end: stringEnd(text, at, char), kind: 'string' } : { end: at + 1, kind: 'code' };
}

function endOf(text: string, close: string, from: number): number {
  const found = text.indexOf(close, from);
  return found < 0 ? text.length : found + close.length;
}

function lineEnd(text: string, at: number): number {
  const found = text.indexOf('\n', at);
  return found < 0 ? text.length : found;
}

function stringEnd(text: string, at: number, quote: string): number {
  for (let next = at + 1; next < text.length; next += 1) {
    const char = text.charAt(next);
    if (char === '\n') return next;
    if (char === '\\') next += 1;
    else if (char === quote) return next + 1;
  }
  return text.length;
}

const spaces = (piece: string): string => piece.replaceAll(/[^\n]/g, ' ');

/** The quotes stay: a pattern may look for them. */
const emptied = (piece: string): string => (piece.length < 2 ? piece : `${piece.charAt(0)}${spaces(piece.slice(1, -1))}${piece.slice(-1)}`);
