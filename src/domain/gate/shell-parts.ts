/**
 * A command line as the list of simple commands and file redirections it would carry out. A line that holds anything
 * else (here-documents, loops, functions, process substitution …) is unreadable: the gate then denies it.
 */
import { splitWords } from './shell-words.ts';
import type { Operator, Token, Word } from './shell-words.ts';

export interface ShellPart {
  /** As written, words joined by one space, redirections left out. */
  text: string;
  words: Word[];
  /** How many of the words are leading `NAME=value`. */
  assignments: number;
}

export interface Redirect {
  direction: 'read' | 'write';
  target: Word;
}

export type ShellLine = { kind: 'line'; parts: ShellPart[]; redirects: Redirect[] } | { kind: 'unreadable'; why: string };

const SEPARATORS = new Set(['&&', '||', ';', '|', '|&', '&', '\n', ')']);
export const WRITES = new Set(['>', '>>', '>|', '<>', '&>', '&>>', '>&']);
export const READS = new Set(['<', '<&']);
const RESERVED = new Set([
  'if', 'then', 'else', 'elif', 'fi', 'for', 'while', 'until', 'do', 'done', 'case', 'esac', 'function', 'select', 'in', '{', '}', '!',
  '[[', ']]', 'time', 'coproc', 'repeat', 'foreach', 'end', 'always', 'nocorrect',
]);
export const ASSIGNMENT = /^[A-Za-z_]\w*\+?=/;

export const hasGlob = (word: Word): boolean => /[*?[]/.test(word.bare);

interface Building {
  parts: ShellPart[];
  redirects: Redirect[];
  words: Word[];
  /** `&>file` has been seen: bash and zsh end a redirection there, dash a command. */
  sealed: boolean;
}

/** Reads a command line, or says what in it cannot be read. Pure. */
export function readShellLine(text: string): ShellLine {
  const read = splitWords(text);
  if (read.kind === 'unreadable') return read;
  const building: Building = { parts: [], redirects: [], words: [], sealed: false };
  for (let at = 0; at < read.tokens.length; ) {
    const step = takeToken(building, read.tokens, at);
    if (typeof step === 'string') return { kind: 'unreadable', why: step };
    at += step;
  }
  const why = closePart(building);
  if (why !== null) return { kind: 'unreadable', why };
  return { kind: 'line', parts: building.parts, redirects: building.redirects };
}

/** Number of tokens used, or what is unreadable. */
function takeToken(building: Building, tokens: Token[], at: number): number | string {
  const token = tokens[at];
  if (token === undefined) return 'the end of the command';
  if (token.kind === 'word') {
    if (building.sealed) return 'words after &>';
    building.words.push(token);
    return 1;
  }
  if (SEPARATORS.has(token.op)) return closePart(building) ?? 1;
  if (token.op === '(') return building.words.length === 0 ? 1 : 'a function or an array';
  if (WRITES.has(token.op) || READS.has(token.op)) return takeRedirect(building, token, tokens[at + 1]);
  return `the operator ${token.op}`;
}

function takeRedirect(building: Building, op: Operator, target: Token | undefined): 2 | string {
  if (target?.kind !== 'word') return 'a redirection without a file';
  if (!dropDescriptor(building.words, op)) return 'a descriptor of several digits';
  const toDescriptor = op.op.endsWith('&') && /^(\d+-?|-)$/.test(target.bare);
  if (toDescriptor) return 2;
  if (op.op === '<&') return 'the operator <&';
  building.sealed ||= op.op.startsWith('&');
  // `>!file` is zsh's `>|file`; a tilde or a glob is expanded by the shell.
  if (hasGlob(target) || /^[~!]/.test(target.bare) || target.value === '') return `the redirection to ${target.raw}`;
  building.redirects.push({ direction: WRITES.has(op.op) ? 'write' : 'read', target });
  return 2;
}

/** The `2` of `2>file`; of a number with more digits bash makes a descriptor, zsh and dash a word. False: it is one. */
function dropDescriptor(words: Word[], op: Operator): boolean {
  const last = words.at(-1);
  if (!last || last.end !== op.start || !/^\d+$/.test(last.bare)) return true;
  if (last.bare.length > 1) return false;
  words.pop();
  return true;
}

function closePart(building: Building): string | null {
  const words = building.words;
  building.words = [];
  building.sealed = false;
  if (words.length === 0) return null;
  const firstPlain = words.findIndex((word) => !ASSIGNMENT.test(word.bare));
  const assignments = firstPlain < 0 ? words.length : firstPlain;
  const program = words[assignments];
  if (program && RESERVED.has(program.bare)) return `the keyword ${program.raw}`;
  if (program && (hasGlob(program) || program.bare.startsWith('~'))) return `the program name ${program.raw}`;
  building.parts.push({ text: words.map((word) => word.raw).join(' '), words, assignments });
  return null;
}
