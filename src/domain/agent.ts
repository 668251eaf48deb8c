/** The agent's seam: how a turn becomes a process, and how its output becomes an outcome. Package-free. */
import type { RunExit, RunSpec, SecretSource, SessionFile } from './host-api.ts';
import type { GatePolicy } from './gate-policy.ts';
import type { TurnOutcome } from './turn-outcome.ts';
import type { UsageWindow } from './usage.ts';

export interface AgentTurn {
  runKey: string;
  workspace: string;
  prompt: string;
  /** UUID chosen by us; stable over the turns of a task. */
  sessionId: string;
  /** True when a transcript of that session exists: continue it. */
  resume: boolean;
  model: string | null;
  maxTurns: number;
  budgetUsd: number | null;
  instructions: string | null;
  /** MCP servers the plan vouches for, as the agent's own configuration shape. */
  mcpServers: Record<string, unknown>;
  /** The agent may ask a person. Absent: it may not. */
  questions?: boolean;
  /** It makes a plan and changes nothing. */
  planning?: boolean;
  gate: GatePolicy;
  limits: RunSpec['limits'];
}

export interface AgentLaunch {
  spec: RunSpec;
  secrets: Record<string, SecretSource>;
}

/** One line of the agent's stream, as far as the supervisor cares. `kind` is what `logs` prints. */
export interface AgentEvent {
  kind:
    | 'init' | 'text' | 'thinking' | 'toolUse' | 'toolResult' | 'retry' | 'rateLimit' | 'progress'
    | 'denied' | 'result' | 'other' | 'unreadable';
  /** Short human text. */
  text: string;
  toolUseId?: string;
  tool?: string;
  /** Of `toolUse`: all that the tool is called with. */
  input?: unknown;
  /** Parsed line; null when the line is not JSON. */
  json: unknown;
}

/** What is left of a stream once it has been folded; small, plain JSON. */
export interface StreamSummary {
  sessionId: string | null;
  agentVersion: string | null;
  toolCalls: number;
  /** Calls the gate denied. */
  denials: { tool: string; toolUseId: string; message: string }[];
  /** Tool calls that ran with another source of permission than our gate. */
  bypasses: { tool: string; toolUseId: string; source: string }[];
  /** Calls that changed the file they name and were not refused, in order; the path as the agent gave it. */
  writes: { path: string; tool: string; toolUseId: string; created?: true }[];
  /** Commands of the agent's shell that ran, in order; not all of very many, and cut. Absent: the agent does not tell. */
  commands?: { command: string; failed: boolean }[];
  resultText: string | null;
  costUsd: number;
  inputTokens: number;
  outputTokens: number;
  apiRetries: number;
  /** Usage windows of the account, as told last. */
  usage: UsageWindow[];
  /** Ids of further input that the agent has read. */
  heard: string[];
  /** The last unfinished tool call, for the prompt after a loss. */
  openCall: { tool: string; toolUseId: string; input: unknown } | null;
  outcome: TurnOutcome | null;
}

/** Folds a stream line by line; `state` is private to the agent but plain JSON, so a summary can be resumed. */
export interface StreamFold {
  line(text: string): AgentEvent;
  summary(exit: RunExit | null): StreamSummary;
}

/** Chosen by name through the registry in src/agents; one contract suite runs against each. */
export interface Agent {
  readonly name: string;
  /** Program looked for by `doctor`. */
  readonly command: string;
  launch(turn: AgentTurn): AgentLaunch;
  /** What a running turn's standard input is given to tell the agent `text` in its midst; the stream then says when it has read `id`. Absent: it cannot be told. */
  moreInput?(id: string, text: string): string;
  fold(): StreamFold;
  /** Where the host keeps what a session has been so far: one file that only grows. A copy of it under another id is that session too. Absent: nowhere. */
  transcript?(session: { sessionId: string; workspace: string }): SessionFile;
}
