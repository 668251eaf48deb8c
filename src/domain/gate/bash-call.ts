/** The gate's answer to one Bash call: every command in the line must be allowed, every redirection too. */
import type { GateVerdict } from '../gate-policy.ts';
import { findAllow, findStop, nestedParts, scriptsOf } from './bash-rules.ts';
import { asPart, isUnclear, isUnknown, looseLine } from './loose-line.ts';
import type { Rule } from './rule.ts';
import { readShellLine } from './shell-parts.ts';
import type { Redirect, ShellLine, ShellPart } from './shell-parts.ts';
import { allow, denyAsk, denyDefault, denyRule, denyUnreadable } from './verdicts.ts';

export interface BashRules {
  allow: Rule[];
  ask: Rule[];
  deny: Rule[];
}

export interface BashPlace {
  /** The workspace: going there changes nothing. */
  isWorkspace: (path: string) => boolean;
  /** The gate's answer for a file that a redirection reads or writes. */
  decideFile: (direction: Redirect['direction'], path: string) => GateVerdict;
}

/** Pure but for what `place` asks. */
export function decideBash(command: string, rules: BashRules, place: BashPlace): GateVerdict {
  const everything = rules.allow.find((rule) => rule.pattern === null);
  const line = readShellLine(command);
  if (line.kind === 'unreadable') {
    const nothingToFind = rules.ask.length === 0 && rules.deny.length === 0;
    return everything && nothingToFind ? (stopHidden(command, [command], false, place) ?? allow(everything.text)) : denyUnreadable(command, line.why);
  }
  return stopLine(line, rules) ?? stopFiles(line, place) ?? stopHidden(command, scriptsIn(line), moves(line, place), place) ?? allowLine(line, rules, place);
}

type Readable = Extract<ShellLine, { kind: 'line' }>;

function stopLine(line: Readable, rules: BashRules): GateVerdict | undefined {
  const nested = line.parts.map((part) => ({ part, inner: nestedParts(part) }));
  const hidden = nested.flatMap(({ part, inner }) => (typeof inner === 'string' ? [denyUnreadable(part.text, inner)] : []));
  const all = nested.flatMap(({ part, inner }) => [part, ...(typeof inner === 'string' ? [] : inner)]);
  return (
    firstStop(all, rules.deny, (rule, part) => denyRule(rule, part.text)) ??
    firstStop(all, rules.ask, (rule, part) => denyAsk(rule, part.text)) ??
    (rules.ask.length + rules.deny.length > 0 ? hidden[0] : undefined)
  );
}

function firstStop(parts: ShellPart[], rules: Rule[], deny: (rule: Rule, part: ShellPart) => GateVerdict): GateVerdict | undefined {
  for (const part of parts) {
    const rule = findStop(rules, part);
    if (rule) return deny(rule, part);
  }
  return undefined;
}

const DEVICES = new Set(['/dev/null', '/dev/stdout', '/dev/stderr']);

function stopFiles(line: Readable, place: BashPlace): GateVerdict | undefined {
  return firstFile(line.redirects, moves(line, place), place);
}

function firstFile(redirects: Redirect[], moved: boolean, place: BashPlace): GateVerdict | undefined {
  for (const { direction, target } of redirects) {
    if (DEVICES.has(target.value)) continue;
    if (moved && !target.value.startsWith('/')) return denyUnreadable(target.raw, 'a relative redirection after a change of directory');
    const verdict = place.decideFile(direction, target.value);
    if (verdict.decision === 'deny') return verdict;
  }
  return undefined;
}

const scriptsIn = (line: Readable): string[] => line.parts.flatMap(({ words, assignments }) => scriptsOf(words.slice(assignments).map(({ value }) => value)));

/** The files of what cannot be read exactly, and of scripts handed to a shell inside this one. `moved`: the line has left the workspace. */
function stopHidden(command: string, scripts: string[], moved: boolean, place: BashPlace): GateVerdict | undefined {
  for (const script of scripts) {
    const line = looseLine(script);
    if (line.kind === 'lost') return denyUnreadable(command, `a redirection beside ${line.why}`);
    const unclear = line.redirects.find(isUnclear);
    if (unclear) return denyUnreadable(command, `the redirection to ${unclear.target.raw}`);
    const leaves = moved || line.commands.some((one) => isUnknown(one) || movesAway(asPart(one), place));
    const stopped = firstFile(line.redirects, leaves, place);
    if (stopped) return stopped;
  }
  return undefined;
}

const moves = (line: Readable, place: BashPlace): boolean => line.parts.some((part) => movesAway(part, place));

const MOVES = /^(cd|pushd|popd|chdir)$/;

const movesAway = (part: ShellPart, place: BashPlace): boolean =>
  part.words.some((word) => MOVES.test(word.value)) && !staysInWorkspace(part, place);

/** `cd` to the workspace itself, which agents like to put before a command. */
const staysInWorkspace = ({ words }: ShellPart, place: BashPlace): boolean =>
  words.length === 2 && words[0]?.value === 'cd' && words[1] !== undefined && words[1].value.startsWith('/') && place.isWorkspace(words[1].value);

function allowLine(line: Readable, rules: BashRules, place: BashPlace): GateVerdict {
  const used = new Set<string>();
  for (const part of line.parts) {
    const rule = findAllow(rules.allow, part)?.text ?? (staysInWorkspace(part, place) ? 'default: cd to the workspace' : undefined);
    if (rule === undefined) return denyDefault('Bash', part.text);
    used.add(rule);
  }
  return line.parts.length === 0 && line.redirects.length === 0 ? denyUnreadable('', 'no command') : allow([...used].join(', ') || 'default');
}
