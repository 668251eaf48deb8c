/** The gate's answer to a tool call about files: Read, Glob, Grep, LS, Edit, Write and their kin. */
import type { GateVerdict } from '../gate-policy.ts';
import { grantForFile } from './grants.ts';
import { allowsPath, isInside, isLocked, reachesInto, seePath, stopsPath } from './paths.ts';
import type { Place, SeenPath } from './paths.ts';
import type { Rule } from './rule.ts';
import { strictest } from './strictest.ts';
import { allow, askRule, denyDefault, denyGitFolder, denyLocked, denyOutside, denyRule } from './verdicts.ts';

export interface FileRules {
  allow: Rule[];
  ask: Rule[];
  deny: Rule[];
  granted: Rule[];
}

const READERS = new Set(['Read', 'Glob', 'Grep', 'LS', 'NotebookRead']);
const WRITERS = new Set(['Edit', 'Write', 'MultiEdit', 'NotebookEdit']);

export const isWriter = (tool: string): boolean => WRITERS.has(tool);

export const isFileTool = (tool: string): boolean => READERS.has(tool) || WRITERS.has(tool);

/** Every path the call touches must pass; rules are those that cover the tool. */
export function decideFiles(tool: string, paths: string[], rules: FileRules, place: Place): GateVerdict {
  return strictest(paths.map((path) => decideFile(tool, seePath(path, place), rules, place))) ?? denyDefault(tool, '');
}

function decideFile(tool: string, path: SeenPath, rules: FileRules, place: Place): GateVerdict {
  const denied = rules.deny.find((rule) => stops(rule, tool, path, place));
  if (denied) return denyRule(denied, path.written);
  if (WRITERS.has(tool) && isLocked(path, place)) return denyLocked(tool, path.written);
  const granted = rules.granted.find((rule) => rule.tool === tool && allows(rule, tool, path, place));
  if (granted) return allow(granted.text);
  const asks = rules.ask.find((rule) => stops(rule, tool, path, place));
  if (asks) return askRule(asks, path.real, grantForFile(tool, path.real));
  const allowed = rules.allow.find((rule) => allows(rule, tool, path, place));
  if (allowed) return allow(allowed.text);
  if (!isInside(path, place)) return denyOutside(tool, path.real);
  if (WRITERS.has(tool) && inGitFolder(path.real)) return denyGitFolder(tool, path.real);
  return READERS.has(tool) ? allow('default: read in the workspace') : denyDefault(tool, path.written);
}

/** Grep shows the text of every file below its folder, so a denied file below it stops the search. */
const stops = ({ pattern }: Rule, tool: string, path: SeenPath, place: Place): boolean =>
  pattern === null || stopsPath(pattern, path, place) || (tool === 'Grep' && reachesInto(pattern, path, place));

/** A rule without a pattern holds inside the workspace only; one for writing reaches into .git only by naming it. */
function allows({ pattern }: Rule, tool: string, path: SeenPath, place: Place): boolean {
  if (WRITERS.has(tool) && inGitFolder(path.real) && !pattern?.includes('.git')) return false;
  return pattern === null ? isInside(path, place) : allowsPath(pattern, path, place);
}

const inGitFolder = (path: string): boolean => path.split('/').includes('.git');
