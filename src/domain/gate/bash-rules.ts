/**
 * Rules of the form `Bash(pattern)` against one simple command. Allow rules must match the command as written; deny and
 * ask rules are tried against every disguise known here: quotes, assignments before it, `sudo`, `env`, `xargs`,
 * `bash -c "…"`, the program's full path. A pattern over text is a fence, not a wall: `rm -r -f` is not `rm -rf*`.
 */
import type { Rule } from './rule.ts';
import { readShellLine } from './shell-parts.ts';
import type { ShellPart } from './shell-parts.ts';

/** `*` is any text; ` *` and `:*` at the end ask for a whole word before it: `ls *` is `ls` and `ls -la`, never `lsof`. */
export function matchesCommand(pattern: string, command: string): boolean {
  const spaced = pattern.endsWith(':*') ? `${pattern.slice(0, -2)} *` : pattern;
  const wholeWord = spaced.endsWith(' *');
  const source = (wholeWord ? spaced.slice(0, -2) : spaced).split('*').map(escapeRegExp).join('[^]*');
  return new RegExp(`^${source}${wholeWord ? '(\\s[^]*)?' : ''}$`).test(command);
}

const escapeRegExp = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

/** The first allow rule that holds for the command, as written or with its words quoted in one standard way. */
export const findAllow = (rules: Rule[], part: ShellPart): Rule | undefined => findRule(rules, [part.text, standardForm(valuesOf(part))]);

/** The first rule that holds for the command in any disguise. */
export const findStop = (rules: Rule[], part: ShellPart): Rule | undefined => findRule(rules, disguises(part));

function findRule(rules: Rule[], commands: string[]): Rule | undefined {
  return rules.find(({ pattern }) => pattern === null || commands.some((command) => matchesCommand(pattern, command)));
}

const valuesOf = (part: ShellPart): string[] => part.words.map((word) => word.value);

const standardForm = (words: string[]): string => words.map((word) => (/^[\w@%+=:,./~^*?[\]{}#!-]+$/.test(word) ? word : `'${word}'`)).join(' ');

/** Programs that start the program named by one of their later words. */
const WRAPPERS = new Set([
  'sudo', 'doas', 'env', 'xargs', 'nohup', 'timeout', 'nice', 'ionice', 'stdbuf', 'setsid', 'command', 'builtin', 'exec', 'time', 'watch',
  'find', 'noglob', 'nocorrect', '-', 'chroot', 'unshare', 'flock', 'parallel', 'strace', 'busybox', 'npx', 'su', 'script',
]);
const SHELLS = new Set(['sh', 'bash', 'dash', 'zsh', 'ksh', 'fish', 'eval', 'su', 'script']);
export const MAX_DEPTH = 4;

function disguises(part: ShellPart): string[] {
  const plain = valuesOf(part);
  const command = plain.slice(part.assignments);
  return [part.text, ...[plain, ...startsOf(command)].flatMap((words) => [standardForm(words), words.join(' '), baseForm(words)])];
}

/** The command itself, and for a wrapper every command that one of its words could begin. */
export function startsOf(command: string[]): string[][] {
  if (!WRAPPERS.has(baseName(command[0] ?? ''))) return [command];
  return command.map((_, at) => command.slice(at));
}

const baseName = (program: string): string => program.slice(program.lastIndexOf('/') + 1);

const baseForm = ([program = '', ...rest]: string[]): string => [baseName(program), ...rest].join(' ');

/** Commands handed as text to a shell inside this one (`bash -c`, `eval`), or what of it cannot be read. */
export function nestedParts(part: ShellPart, depth = 0): ShellPart[] | string {
  const texts = scriptsOf(valuesOf(part).slice(part.assignments));
  if (texts.length > 0 && depth >= MAX_DEPTH) return 'shells within shells';
  const found: ShellPart[] = [];
  for (const text of texts) {
    const line = readShellLine(text);
    if (line.kind === 'unreadable') return line.why;
    for (const inner of line.parts) {
      const deeper = nestedParts(inner, depth + 1);
      if (typeof deeper === 'string') return deeper;
      found.push(inner, ...deeper);
    }
  }
  return found;
}

/** The texts that a command hands to a shell, wrapped or not. */
export const scriptsOf = (command: string[]): string[] => startsOf(command).flatMap(scriptOf);

/** Whether the word names a shell. */
export const isShell = (word: string): boolean => SHELLS.has(baseName(word));

/** The text that a shell named by the first word is given to run; none when it is another program. */
export function scriptOf([program = '', ...rest]: string[]): string[] {
  if (!isShell(program)) return [];
  if (baseName(program) === 'eval') return [rest.join(' ')];
  const at = rest.findIndex((word) => /^-[a-z]*c[a-z]*$/i.test(word));
  // `bash -c -e 'script'`: more options may come before it.
  const script = at < 0 ? undefined : rest.slice(at + 1).find((word) => !/^[-+]/.test(word));
  return script === undefined ? [] : [script];
}
