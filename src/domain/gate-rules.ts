/**
 * The gate's decision about one tool call: the plan's rules in Claude Code's syntax, deny before ask before allow before
 * the default. Default: reading inside the workspace and tools that only talk to us are allowed, all else is denied.
 * Of a call with several parts the strictest counts: a person is never asked about one that has a denied part.
 * What cannot be judged is denied. Pure but for `resolvePath`.
 */
import { readQuestions } from './agent-questions.ts';
import type { GatePolicy, GateVerdict } from './gate-policy.ts';
import { decideBash } from './gate/bash-call.ts';
import { decideFiles, isFileTool, isWriter } from './gate/file-call.ts';
import { grantForHost, grantForTool } from './gate/grants.ts';
import { isElsewhere, placeOf, seePath } from './gate/paths.ts';
import type { Place, ResolvePath } from './gate/paths.ts';
import { coversTool, parseRule } from './gate/rule.ts';
import type { Rule } from './gate/rule.ts';
import { allow, askQuestion, askRule, denyBadRule, denyDefault, denyInput, denyPlanning, denyQuestion, denyRule } from './gate/verdicts.ts';
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
  granted: Rule[];
}

interface Judging {
  policy: GatePolicy;
  all: Rules;
  place: Place;
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
  const input = typeof call.input === 'object' && call.input !== null ? (call.input as Record<string, unknown>) : {};
  const verdict = decide(call.tool, input, { policy, all: rulesOf(policy), place: { ...placeOf(policy.workspace, resolvePath), ...(policy.locked && { locked: policy.locked }) } });
  return policy.planning === true ? whilePlanning(call.tool, verdict) : verdict;
}

/** Nothing is changed, and nobody is asked to allow something that belongs into the plan. */
function whilePlanning(tool: string, verdict: GateVerdict): GateVerdict {
  const asksPermission = verdict.decision === 'defer' && verdict.asked.kind !== 'question';
  return verdict.decision !== 'deny' && (isWriter(tool) || asksPermission) ? denyPlanning(tool) : verdict;
}

const readable = (texts: string[]): Rule[] => texts.map(parseRule).filter((rule) => rule !== undefined);

const rulesOf = ({ allow: allowed, ask, deny, granted = [] }: GatePolicy): Rules =>
  ({ allow: readable(allowed), ask: readable(ask), deny: readable(deny), granted: readable(granted) });

function decide(tool: string, input: Record<string, unknown>, judging: Judging): GateVerdict {
  const { all, place } = judging;
  if (tool === 'Bash') return decideCommand(input, judging);
  if (isFileTool(tool)) return decidePaths(tool, input, all, place);
  if (tool === 'WebFetch') return decideWeb(input, rulesFor(all, tool));
  if (tool === 'AskUserQuestion') return decideQuestion(input, judging);
  return decideOther(tool, rulesFor(all, tool));
}

const rulesFor = (all: Rules, tool: string): Rules => {
  const covers = (rule: Rule): boolean => coversTool(rule, tool);
  return { allow: all.allow.filter(covers), ask: all.ask.filter(covers), deny: all.deny.filter(covers), granted: all.granted.filter(covers) };
};

function decideCommand(input: Record<string, unknown>, { policy, all, place }: Judging): GateVerdict {
  if (typeof input.command !== 'string') return denyInput('Bash', 'no command');
  const rules = rulesFor(all, 'Bash');
  const { unreadable = rules.ask.length > 0 ? 'ask' : 'deny', destructive = 'ask' } = policy;
  return decideBash(input.command, { ...rules, unreadable, destructive }, {
    isOutside: (path) => isElsewhere(seePath(path, place), place),
    isWorkspace: (path) => place.resolve(path) === place.root,
    decideFile: (direction, path) => {
      if (direction === 'write' && policy.planning === true) return denyPlanning('Bash');
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
  const permit = ({ pattern }: Rule): boolean => pattern === null || matchesDomain(pattern, host, false);
  return decideBy(rules, { stop, permit, tool: 'WebFetch', detail: `domain:${host}`, grants: grantForHost(host) });
}

/** Harmless by itself; who may be asked is the plan's to say. */
function decideQuestion(input: Record<string, unknown>, { policy, all }: Judging): GateVerdict {
  const denied = rulesFor(all, 'AskUserQuestion').deny[0];
  if (denied) return denyRule(denied, 'AskUserQuestion');
  if (policy.questions !== true) return denyQuestion();
  return readQuestions(input) ? askQuestion() : denyInput('AskUserQuestion', 'no question');
}

/** A pattern for a tool whose input is unknown here allows nothing and stops everything. */
function decideOther(tool: string, rules: Rules): GateVerdict {
  const verdict = decideBy(rules, { stop: () => true, permit: ({ pattern }) => pattern === null, tool, detail: '', grants: grantForTool(tool) });
  return verdict.rule === 'default' && HARMLESS.has(tool) ? allow('default') : verdict;
}

interface Plain {
  stop: (rule: Rule) => boolean;
  permit: (rule: Rule) => boolean;
  tool: string;
  detail: string;
  grants: string[];
}

function decideBy(rules: Rules, { stop, permit, tool, detail, grants }: Plain): GateVerdict {
  const denied = rules.deny.find(stop);
  if (denied) return denyRule(denied, detail || tool);
  const granted = rules.granted.find(permit);
  if (granted) return allow(granted.text);
  const asks = rules.ask.find(stop);
  if (asks) return askRule(asks, detail || tool, grants);
  const allowed = rules.allow.find(permit);
  return allowed ? allow(allowed.text) : denyDefault(tool, detail);
}
