/**
 * The gate's decision about one tool call: the plan's rules in Claude Code's syntax, deny before ask before allow before
 * the default. Default: reading inside the workspace and tools that only talk to us are allowed, all else is denied.
 * What cannot be judged is denied. Pure but for `resolvePath`.
 */
import type { GatePolicy, GateVerdict } from './gate-policy.ts';
import { decideBash } from './gate/bash-call.ts';
import { decideFiles, isFileTool } from './gate/file-call.ts';
import { placeOf } from './gate/paths.ts';
import type { Place, ResolvePath } from './gate/paths.ts';
import { coversTool, parseRule } from './gate/rule.ts';
import type { Rule } from './gate/rule.ts';
import { allow, denyAsk, denyBadRule, denyDefault, denyInput, denyRule } from './gate/verdicts.ts';
import { hostOfUrl, matchesDomain } from './gate/web.ts';

export { ruleMistake } from './gate/rule.ts';
export type { ResolvePath } from './gate/paths.ts';

export interface ToolCall {
  tool: string;
  input: unknown;
}

interface Rules {
  allow: Rule[];
  ask: Rule[];
  deny: Rule[];
}

/** Neither reads nor changes anything: the agent's to-do list and its structured answer. */
const HARMLESS = new Set(['StructuredOutput', 'TodoWrite']);

/**
 * Allows or denies one call, with the rule that decided and a sentence for the agent. Same question, same answer.
 * `resolvePath`: see `ResolvePath`. Throws only what `resolvePath` throws.
 */
export function decideToolCall(policy: GatePolicy, call: ToolCall, resolvePath: ResolvePath): GateVerdict {
  const bad = [...policy.deny, ...policy.ask].find((text) => parseRule(text) === undefined);
  if (bad !== undefined) return denyBadRule(bad);
  const all: Rules = { allow: readable(policy.allow), ask: readable(policy.ask), deny: readable(policy.deny) };
  const input = typeof call.input === 'object' && call.input !== null ? (call.input as Record<string, unknown>) : {};
  return decide(call.tool, input, all, placeOf(policy.workspace, resolvePath));
}

const readable = (texts: string[]): Rule[] => texts.map(parseRule).filter((rule) => rule !== undefined);

function decide(tool: string, input: Record<string, unknown>, all: Rules, place: Place): GateVerdict {
  if (tool === 'Bash') return decideCommand(input, all, place);
  if (isFileTool(tool)) return decidePaths(tool, input, all, place);
  if (tool === 'WebFetch') return decideWeb(input, rulesFor(all, tool));
  return decideOther(tool, rulesFor(all, tool));
}

const rulesFor = (all: Rules, tool: string): Rules => {
  const covers = (rule: Rule): boolean => coversTool(rule, tool);
  return { allow: all.allow.filter(covers), ask: all.ask.filter(covers), deny: all.deny.filter(covers) };
};

function decideCommand(input: Record<string, unknown>, all: Rules, place: Place): GateVerdict {
  if (typeof input.command !== 'string') return denyInput('Bash', 'no command');
  return decideBash(input.command, rulesFor(all, 'Bash'), {
    isWorkspace: (path) => place.resolve(path) === place.root,
    decideFile: (direction, path) => {
      const tool = direction === 'write' ? 'Write' : 'Read';
      return decideFiles(tool, [path], rulesFor(all, tool), place);
    },
  });
}

function decidePaths(tool: string, input: Record<string, unknown>, all: Rules, place: Place): GateVerdict {
  const paths = pathsOf(tool, input);
  return typeof paths === 'string' ? denyInput(tool, paths) : decideFiles(tool, paths, rulesFor(all, tool), place);
}

/** The paths a call names, or why they cannot be told. */
function pathsOf(tool: string, input: Record<string, unknown>): string[] | string {
  const named = input.file_path ?? input.notebook_path ?? input.path;
  if (named !== undefined && (typeof named !== 'string' || named === '' || named.includes('\0'))) return 'a path that is not text';
  const searches = tool === 'Glob' || tool === 'Grep';
  if (named === undefined && !searches) return 'no path';
  const folder = named ?? '.';
  return tool === 'Glob' ? [folder, globFolder(folder, input.pattern)] : [folder];
}

/** Where a Glob's pattern leads: it may be absolute or climb with `..`. */
function globFolder(folder: string, pattern: unknown): string {
  if (typeof pattern !== 'string') return folder;
  const climbs = pattern.split(/[/,{}|()]+/).filter((part) => part === '..').length;
  if (/^[/~]/.test(pattern)) return climbs > 0 ? '/' : pattern.replace(/(^|\/)[^/]*[*?[{(!][^]*$/, '$1') || '/';
  if (/[{(|,](\/|~)/.test(pattern)) return '/';
  return `${folder}${'/..'.repeat(climbs)}`;
}

function decideWeb(input: Record<string, unknown>, rules: Rules): GateVerdict {
  const host = hostOfUrl(input.url);
  if (host === undefined) return denyInput('WebFetch', 'no http address');
  const stop = ({ pattern }: Rule): boolean => pattern === null || matchesDomain(pattern, host, true);
  return decideBy(rules, stop, ({ pattern }) => pattern === null || matchesDomain(pattern, host, false), 'WebFetch', `domain:${host}`);
}

/** A pattern for a tool whose input is unknown here allows nothing and stops everything. */
function decideOther(tool: string, rules: Rules): GateVerdict {
  const verdict = decideBy(rules, () => true, ({ pattern }) => pattern === null, tool, '');
  return verdict.rule === 'default' && HARMLESS.has(tool) ? allow('default') : verdict;
}

function decideBy(rules: Rules, stop: (rule: Rule) => boolean, permit: (rule: Rule) => boolean, tool: string, detail: string): GateVerdict {
  const denied = rules.deny.find(stop);
  if (denied) return denyRule(denied, detail || tool);
  const asks = rules.ask.find(stop);
  if (asks) return denyAsk(asks, detail || tool);
  const allowed = rules.allow.find(permit);
  return allowed ? allow(allowed.text) : denyDefault(tool, detail);
}
