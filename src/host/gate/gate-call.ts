/** From the body of a PreToolUse hook to a verdict; total: whatever is wrong with it ends in a denial. */
import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import type { GatePolicy, GateVerdict } from '../../domain/gate-policy.ts';
import { decideToolCall } from '../../domain/gate-rules.ts';
import { errorCode, errorText } from '../host-error.ts';

export interface HookCall {
  tool: string;
  input: unknown;
  toolUseId: string | null;
  /** Set for calls of subagents. */
  agentId: string | null;
}

/** Undefined when the body is no PreToolUse call. */
export function readCall(body: string | undefined): HookCall | undefined {
  try {
    const call = JSON.parse(body ?? '') as Record<string, unknown>;
    if (typeof call['tool_name'] !== 'string' || !('tool_input' in call)) return undefined;
    return { tool: call['tool_name'], input: call['tool_input'], toolUseId: textOr(call['tool_use_id']), agentId: textOr(call['agent_id']) };
  } catch {
    return undefined;
  }
}

const textOr = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Never throws. `home` is what `~` means to the agent. */
export function decideCall(policy: GatePolicy, home: string, call: HookCall | undefined): GateVerdict {
  if (!call) return { decision: 'deny', rule: 'unreadable', message: 'The gate could not read this tool call.' };
  try {
    return decideToolCall(policy, { tool: call.tool, input: call.input }, (path) => realPath(expandHome(path, home)));
  } catch (error) {
    return { decision: 'deny', rule: 'error', message: `The gate could not judge this tool call: ${errorText(error)}` };
  }
}

const expandHome = (path: string, home: string): string => (path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path);

const MOST_LINKS = 40;

/**
 * Where an absolute path really leads: every link followed, also one that points to what does not exist yet (writing through it
 * would create that), and the part that does not exist appended. Throws when that cannot be told.
 */
export function realPath(path: string, linksLeft = MOST_LINKS): string {
  if (!isAbsolute(path)) throw new Error(`${JSON.stringify(path)} is not an absolute path`);
  try {
    return realpathSync(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  const parent = realPath(dirname(path), linksLeft);
  const here = join(parent, basename(path));
  if (!lstatSync(here, { throwIfNoEntry: false })?.isSymbolicLink()) return here;
  if (linksLeft === 0) throw new Error(`too many links in ${path}`);
  return realPath(resolve(parent, readlinkSync(here)), linksLeft - 1);
}
