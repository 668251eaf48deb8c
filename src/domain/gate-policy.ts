/** What the gate needs to answer a tool call: the plan's rules, in Claude Code's own syntax `Tool(pattern)`. Package-free. */
export interface GatePolicy {
  workspace: string;
  allow: string[];
  ask: string[];
  deny: string[];
}

export type GateVerdict =
  | { decision: 'allow'; rule: string }
  | { decision: 'deny'; rule: string; message: string };
