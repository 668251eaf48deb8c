/** The gate's answer to one Bash call: every command in the line must be allowed, every redirection too. */
import type { GateVerdict } from '../gate-policy.ts';
import { findAllow, findStop, nestedParts, scriptsOf, startsOf } from './bash-rules.ts';
import { destructiveWhy } from './destructive.ts';
import { grantForCommand, isGranted } from './grants.ts';
import { asPart, isUnclear, isUnknown, looseLine, type LooseLine } from './loose-line.ts';
import type { Rule } from './rule.ts';
import { readShellLine } from './shell-parts.ts';
import type { Redirect, ShellLine, ShellPart } from './shell-parts.ts';
import { strictest } from './strictest.ts';
import { allow, askDestructive, askRule, askUnreadable, denyDefault, denyDestructive, denyRule, denyUnreadable, UNREADABLE } from './verdicts.ts';

export interface BashRules {
  allow: Rule[];
  ask: Rule[];
  deny: Rule[];
  /** Commands that a person has allowed for good, to the letter. */
  granted: Rule[];
  /** What becomes of a command that cannot be read. */
  unreadable: 'ask' | 'deny';
  /** What becomes of a command that cannot be taken back, where no rule allows it to the letter. */
  destructive: 'ask' | 'deny' | 'allow';
}

export interface BashPlace {
  /** The workspace: going there changes nothing. */
  isWorkspace: (path: string) => boolean;
  /** Neither in the workspace nor in a folder for temporary files. */
  isOutside: (path: string) => boolean;
  /** The gate's answer for a file that a redirection reads or writes. */
  decideFile: (direction: Redirect['direction'], path: string) => GateVerdict;
}

/** Pure but for what `place` asks. */
export function decideBash(command: string, rules: BashRules, place: BashPlace): GateVerdict {
  const line = readShellLine(command);
  if (line.kind === 'unreadable') return decideUnreadable(command, line.why, rules, place);
  const moved = moves(line, place);
  const verdicts = [
    ...line.parts.flatMap((part) => deniedIn(part, rules)),
    ...fileVerdicts(line.redirects, moved, place),
    ...hiddenVerdicts(command, scriptsIn(line), moved, place),
    ...line.parts.map((part) => decidePart(part, rules, place)),
  ];
  return strictest(verdicts) ?? (line.redirects.length === 0 ? denyUnreadable('', 'no command') : allow('default'));
}

type Readable = Extract<ShellLine, { kind: 'line' }>;

/** What `Bash` as a whole allows runs unread, unless a rule would have to look inside. Files are looked at in any case. */
function decideUnreadable(command: string, why: string, rules: BashRules, place: BashPlace): GateVerdict {
  const everything = rules.allow.find((rule) => rule.pattern === null);
  const nothingToFind = rules.ask.length === 0 && rules.deny.length === 0;
  if (everything && nothingToFind) {
    return strictest([...hiddenVerdicts(command, [command], false, place), ...guessedDestructive(command, rules, place), allow(everything.text)]) ?? allow(everything.text);
  }
  if (rules.unreadable === 'deny') return denyUnreadable(command, why);
  return deniedInside(command, rules, place) ?? askUnreadable(command, why);
}

/** Of what can be guessed of it, what is denied: nobody is asked about that. What cannot be guessed is the person's to judge. */
function deniedInside(command: string, rules: BashRules, place: BashPlace): GateVerdict | undefined {
  const line = looseLine(command);
  const inside = guessed(line).flatMap((part) => deniedIn(part, rules));
  const files = scriptVerdicts(command, command, false, place).filter(({ rule }) => rule !== UNREADABLE);
  return [...inside, ...files].find(({ decision }) => decision === 'deny');
}

/** Every command that may be in it: after `do` or `then` one begins too. */
const guessed = (line: LooseLine): ShellPart[] =>
  (line.kind === 'line' ? line.commands.flatMap((words) => words.map((_, at) => asPart(words.slice(at)))) : []);

function guessedDestructive(command: string, rules: BashRules, place: BashPlace): GateVerdict[] {
  const why = guessed(looseLine(command)).map((part) => destructiveIn([part], place)).find((found) => found !== undefined);
  return why === undefined ? [] : onDestructive(command, why, rules);
}

/** The command and, where it hands a text to a shell, those in it; or why that text cannot be read. */
function allOf(part: ShellPart): ShellPart[] | string {
  const inner = nestedParts(part);
  return typeof inner === 'string' ? inner : [part, ...inner];
}

function deniedIn(part: ShellPart, rules: BashRules): GateVerdict[] {
  const all = allOf(part);
  for (const one of typeof all === 'string' ? [part] : all) {
    const rule = findStop(rules.deny, one);
    if (rule) return [denyRule(rule, one.text)];
  }
  return [];
}

function decidePart(part: ShellPart, rules: BashRules, place: BashPlace): GateVerdict {
  const granted = isGranted(rules.granted, part.text);
  if (granted) return allow(granted.text);
  const all = allOf(part);
  const asks = (typeof all === 'string' ? [part] : all).map((one) => findStop(rules.ask, one)).find((rule) => rule !== undefined);
  // Of a script that cannot be read, what can be guessed of it counts.
  const hidden = typeof all === 'string' ? scriptsOf(commandOf(part)).flatMap((text) => guessed(looseLine(text))) : all;
  const why = destructiveIn(typeof all === 'string' ? [part, ...hidden] : all, place);
  if (asks) return why === undefined ? askRule(asks, part.text, grantForCommand(part.text)) : (onDestructive(part.text, why, rules)[0] ?? askRule(asks, part.text, grantForCommand(part.text)));
  if (typeof all === 'string' && rules.ask.length + rules.deny.length > 0) return decideHidden(part, all, rules);
  const rule = findAllow(rules.allow, part);
  if (rule === undefined) return staysInWorkspace(part, place) ? allow('default: cd to the workspace') : denyDefault('Bash', part.text);
  const exact = isGranted(rules.allow, part.text);
  return why === undefined || exact ? allow(exact?.text ?? rule.text) : (onDestructive(part.text, why, rules)[0] ?? allow(rule.text));
}

/** Of the command and of all that it starts. */
const destructiveIn = (parts: ShellPart[], { isOutside }: BashPlace): string | undefined =>
  parts.flatMap((part) => startsOf(commandOf(part)).map((words) => destructiveWhy(words, isOutside))).find((why) => why !== undefined);

const commandOf = ({ words, assignments }: ShellPart): string[] => words.slice(assignments).map(({ value }) => value);

/** Empty: the plan lets it pass. */
function onDestructive(command: string, why: string, { destructive }: BashRules): GateVerdict[] {
  if (destructive === 'allow') return [];
  return [destructive === 'ask' ? askDestructive(command, why) : denyDestructive(command, why)];
}

/** A text for a shell that cannot be read, although there are rules that would have to look into it. */
const decideHidden = (part: ShellPart, why: string, { allow: allowed, unreadable }: BashRules): GateVerdict =>
  (unreadable === 'ask' && findAllow(allowed, part) ? askUnreadable(part.text, why) : denyUnreadable(part.text, why));

const DEVICES = new Set(['/dev/null', '/dev/stdout', '/dev/stderr']);

const fileVerdicts = (redirects: Redirect[], moved: boolean, place: BashPlace): GateVerdict[] =>
  redirects.filter(({ target }) => !DEVICES.has(target.value)).map(({ direction, target }) =>
    (moved && !target.value.startsWith('/')
      ? denyUnreadable(target.raw, 'a relative redirection after a change of directory')
      : place.decideFile(direction, target.value)));

const scriptsIn = (line: Readable): string[] => line.parts.flatMap((part) => scriptsOf(commandOf(part)));

/** The files of what cannot be read exactly, and of scripts handed to a shell inside this one. `moved`: the line has left the workspace. */
const hiddenVerdicts = (command: string, scripts: string[], moved: boolean, place: BashPlace): GateVerdict[] =>
  scripts.flatMap((script) => scriptVerdicts(command, script, moved, place));

function scriptVerdicts(command: string, script: string, moved: boolean, place: BashPlace): GateVerdict[] {
  const line = looseLine(script);
  if (line.kind === 'lost') return [denyUnreadable(command, `a redirection beside ${line.why}`)];
  const unclear = line.redirects.find(isUnclear);
  if (unclear) return [denyUnreadable(command, `the redirection to ${unclear.target.raw}`)];
  const leaves = moved || line.commands.some((one) => isUnknown(one) || movesAway(asPart(one), place));
  return fileVerdicts(line.redirects, leaves, place);
}

const moves = (line: Readable, place: BashPlace): boolean => line.parts.some((part) => movesAway(part, place));

const MOVES = /^(cd|pushd|popd|chdir)$/;

const movesAway = (part: ShellPart, place: BashPlace): boolean =>
  part.words.some((word) => MOVES.test(word.value)) && !staysInWorkspace(part, place);

/** `cd` to the workspace itself, which agents like to put before a command. */
const staysInWorkspace = ({ words }: ShellPart, place: BashPlace): boolean =>
  words.length === 2 && words[0]?.value === 'cd' && words[1] !== undefined && words[1].value.startsWith('/') && place.isWorkspace(words[1].value);
