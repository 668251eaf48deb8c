/**
 * What is told of a command line beside its exact reading: the redirections and commands in it and in the scripts that it
 * hands to shells. For what `Bash` as a whole allows: there only the files matter.
 */
import { MAX_DEPTH, isShell, scriptOf } from './bash-rules.ts';
import { LooseScanner, type Found, type LooseCommand, type LooseRedirect } from './loose-scanner.ts';
import { ASSIGNMENT, hasGlob, type ShellPart } from './shell-parts.ts';
import { expandsAsWord } from './shell-words.ts';

export type LooseLine = (Found & { kind: 'line' }) | { kind: 'lost'; why: string };

/** `lost` only when a redirection could be hidden in what could not be followed. Pure. */
export function looseLine(text: string, depth = 0): LooseLine {
  const found: Found = { commands: [], redirects: [], inputs: [] };
  const scanner = new LooseScanner(text, found);
  if (scanner.lost === null) scanner.commands(null);
  const why = scanner.lost ?? addScripts(found, depth);
  return why !== null && /[<>]/.test(text) ? { kind: 'lost', why } : { kind: 'line', ...found };
}

/** What shells inside this one are given to run; what is wrong with it, or null. */
function addScripts(found: Found, depth: number): string | null {
  const scripts = scriptsIn(found);
  if (scripts.length > 0 && depth >= MAX_DEPTH) return 'shells within shells';
  for (const script of scripts) {
    const inner = looseLine(script, depth + 1);
    if (inner.kind === 'lost') return inner.why;
    found.commands.push(...inner.commands);
    found.redirects.push(...inner.redirects);
  }
  return null;
}

/** Any word may be where a command begins: after `function f {` or `find -exec` it does. */
function scriptsIn({ commands, inputs }: Found): string[] {
  const values = commands.map((words) => words.map(({ value }) => value));
  const given = values.flatMap((words) => words.flatMap((_, at) => scriptOf(words.slice(at))));
  const reads = values.flat().some(isShell) || commands.some(isUnknown);
  return [...given, ...(reads ? inputs : [])];
}

/** Words after which a command still begins. */
const BEFORE = new Set(['if', 'then', 'elif', 'else', 'while', 'until', 'do', '!', '{', 'time', 'coproc', 'nocorrect', 'noglob', 'command', 'builtin', 'exec', 'eval']);

/** Whether nobody can tell which program it is: it could be `cd`. */
export const isUnknown = (words: LooseCommand): boolean => words.find(({ bare }) => !ASSIGNMENT.test(bare) && !BEFORE.has(bare))?.known === false;

export const asPart = (words: LooseCommand): ShellPart => ({ text: '', words, assignments: 0 });

/** Whether the file cannot be told from the text: an expansion, a glob, a tilde, zsh's `>!`. */
export const isUnclear = ({ target }: LooseRedirect): boolean =>
  !target.known || hasGlob(target) || /^[~!]/.test(target.bare) || expandsAsWord(target.bare) || target.value === '';
