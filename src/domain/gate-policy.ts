/** What the gate needs to answer a tool call: the plan's rules, in Claude Code's own syntax `Tool(pattern)`. Package-free. */
export interface GatePolicy {
  workspace: string;
  allow: string[];
  ask: string[];
  deny: string[];
  /** Globs relative to the workspace that no tool may write to, but for `except`. Absent: nothing. */
  locked?: { paths: string[]; except: string[] };
  /** What a person has allowed for good: calls that are exactly so are not asked about again. */
  granted?: string[];
  /** Commands that cannot be read. Absent: asked about where the plan has something to ask about Bash, else denied. */
  unreadable?: 'ask' | 'deny';
  /** What cannot be undone although a rule with a wildcard allows it. Absent: `ask`. */
  destructive?: 'ask' | 'deny' | 'allow';
  /** Whether the agent may ask a person a question. */
  questions?: boolean;
  /** The agent makes a plan: it changes nothing. */
  planning?: boolean;
  /** A person's answer to a call that was asked about. */
  answer?: GivenAnswer;
}

/** Holds for that call and no other: its input must be the same to the byte. */
export interface GivenAnswer {
  toolUseId: string;
  tool: string;
  /** Of the input's JSON, as the gate saw it. */
  inputSha256: string;
  decision: 'allow' | 'deny';
  /** The person's words for the agent. */
  note: string | null;
  /** Files that changed while it waited, and not by the agent. */
  moved?: string[];
  /** To the agent's questions, in their order. */
  answers?: string[];
}

/** Why a person is asked, for the question. */
export interface Asked {
  kind: 'permission' | 'destructive' | 'question';
  /** One sentence. */
  why: string;
  /** The parts of the call that need an answer, as written. */
  parts: string[];
  /** Rules that would allow exactly these parts; none where that cannot be said exactly. */
  grants: string[];
}

/** An ask of the gate, as the stream of its decisions and the turn's outcome hold it. */
export interface AskedCall extends Asked {
  inputSha256: string;
}

export type GateVerdict =
  | { decision: 'allow'; rule: string; updatedInput?: unknown; note?: string }
  | { decision: 'deny'; rule: string; message: string }
  /** The process ends, a person is asked, the same call comes again. */
  | { decision: 'defer'; rule: string; asked: Asked };
