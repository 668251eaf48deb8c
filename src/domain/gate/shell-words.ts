/**
 * Splits a shell command line into words and operators, as bash, zsh and dash agree on them. Whatever expands at run
 * time (variables, command substitution, braces, ANSI-C quotes) cannot be known from the text and is unreadable.
 * `shell-quote` is no help here: it drops newlines, unclosed quotes and back quotes without a word.
 */

export interface Word {
  kind: 'word';
  /** After quote removal. */
  value: string;
  /** As it was written. */
  raw: string;
  /** What the shell sees as syntax: line continuations gone, every quoted or escaped piece replaced by QUOTED. */
  bare: string;
  start: number;
  end: number;
}

export interface Operator {
  kind: 'op';
  op: string;
  start: number;
  end: number;
}

export type Token = Word | Operator;

export type Tokens = { kind: 'tokens'; tokens: Token[] } | { kind: 'unreadable'; why: string };

interface Scan {
  text: string;
  at: number;
  why: string | null;
}

/** Stands for a quoted piece in `bare`; no shell syntax contains it. */
export const QUOTED = '\uffff';

// Longest first: `&>>` must not be read as `&`, `>>`.
export const OPERATORS = [
  '&>>', '<<<', '<<-', ';;&', '&&', '||', '|&', '&>', '>>', '>|', '>&', '<>', '<&', '<<', '<(', '>(', '((', ';;', ';&',
  '\n', '&', ';', '|', '>', '<', '(', ')',
];
export const ENDS_WORD = new Set([' ', '\t', '\n', '&', ';', '|', '>', '<', '(', ')']);
export const ESCAPED_IN_DOUBLE = new Set(['$', '`', '"', '\\']);
// Tab and newline are syntax; any other control character has no business in a command.
export const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/;

/** Reads the whole text or says why it cannot. Pure. */
export function splitWords(text: string): Tokens {
  if (CONTROL.test(text)) return { kind: 'unreadable', why: 'a control character' };
  const scan: Scan = { text, at: 0, why: null };
  const tokens: Token[] = [];
  while (scan.why === null) {
    skipBlank(scan);
    if (scan.at >= text.length) return { kind: 'tokens', tokens };
    tokens.push(readOperator(scan) ?? readWord(scan));
  }
  return { kind: 'unreadable', why: scan.why };
}

function skipBlank(scan: Scan): void {
  const blank = /(?:[ \t]|\\\n)*(?:#[^\n]*)?/y;
  blank.lastIndex = scan.at;
  scan.at += blank.exec(scan.text)?.[0].length ?? 0;
}

function readOperator(scan: Scan): Operator | undefined {
  const op = OPERATORS.find((known) => scan.text.startsWith(known, scan.at));
  if (op === undefined) return undefined;
  scan.at += op.length;
  return { kind: 'op', op, start: scan.at - op.length, end: scan.at };
}

function readWord(scan: Scan): Word {
  const start = scan.at;
  const word: Word = { kind: 'word', value: '', raw: '', bare: '', start, end: start };
  while (scan.why === null && scan.at < scan.text.length && !ENDS_WORD.has(charAt(scan))) readPiece(scan, word);
  word.end = scan.at;
  word.raw = scan.text.slice(start, word.end);
  if (expandsAsWord(word.bare)) scan.why ??= `the expansion ${word.raw}`;
  return word;
}

/** `{a,b}`, `{1..3}`, and zsh's `=program`. */
export const expandsAsWord = (bare: string): boolean => /\{.*(,|\.\.)/.test(bare) || bare.startsWith('=');

function readPiece(scan: Scan, word: Word): void {
  const char = charAt(scan);
  if (char === "'") return readSingle(scan, word);
  if (char === '"') return readDouble(scan, word);
  if (char === '\\') return readEscape(scan, word);
  if (char === '$') return readDollar(scan, word, false);
  if (char === '`') return fail(scan, 'a command substitution');
  word.bare += char;
  word.value += char;
  scan.at += 1;
}

function readSingle(scan: Scan, word: Word): void {
  const close = scan.text.indexOf("'", scan.at + 1);
  if (close < 0) return fail(scan, 'an unclosed quote');
  word.value += scan.text.slice(scan.at + 1, close);
  word.bare += QUOTED;
  scan.at = close + 1;
}

function readDouble(scan: Scan, word: Word): void {
  scan.at += 1;
  word.bare += QUOTED;
  while (scan.why === null && scan.at < scan.text.length) {
    const char = charAt(scan);
    if (char === '"') {
      scan.at += 1;
      return;
    }
    readInDouble(scan, word, char);
  }
  scan.why ??= 'an unclosed quote';
}

function readInDouble(scan: Scan, word: Word, char: string): void {
  const next = scan.text[scan.at + 1] ?? '';
  if (char === '`') return fail(scan, 'a command substitution');
  if (char === '$') return readDollar(scan, word, true);
  if (char === '\\' && next === '\n') scan.at += 2;
  else if (char === '\\' && ESCAPED_IN_DOUBLE.has(next)) {
    word.value += next;
    scan.at += 2;
  } else {
    word.value += char;
    scan.at += 1;
  }
}

function readEscape(scan: Scan, word: Word): void {
  const next = scan.text[scan.at + 1];
  if (next === undefined) return fail(scan, 'a backslash at the end');
  scan.at += 2;
  if (next === '\n') return;
  word.value += next;
  word.bare += QUOTED;
}

/** `$?` is a number and a lone `$` is itself; every other expansion is unknown here. */
function readDollar(scan: Scan, word: Word, quoted: boolean): void {
  const next = scan.text[scan.at + 1] ?? ' ';
  if (next === '?') {
    word.value += '0';
    word.bare += QUOTED;
    scan.at += 2;
  } else if (/[\s|)]/.test(next) || (quoted && next === '"')) {
    word.value += '$';
    word.bare += QUOTED;
    scan.at += 1;
  } else if (next === '(') fail(scan, 'a command substitution');
  else fail(scan, `the expansion ${/^\$(\{[^}]*\}?|\w+|.)/.exec(scan.text.slice(scan.at))?.[0] ?? '$'}`);
}

const charAt = (scan: Scan): string => scan.text.charAt(scan.at);

function fail(scan: Scan, why: string): void {
  scan.why = why;
}
