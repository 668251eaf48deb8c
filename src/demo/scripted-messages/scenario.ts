/**
 * What a scripted Messages API says: plain JSON, so a scenario can be a file. Every request of a session that offers
 * tools consumes one step, a retry of the CLI included: `[error 529, text]` scripts a recovery.
 */

export interface ScriptedCall {
  name: string;
  input?: Record<string, unknown>;
  /** Default: a fresh id. */
  id?: string;
}

export interface ScriptedError {
  status: number;
  type?: string;
  message?: string;
  headers?: Record<string, string>;
}

/** One answer: a message (`text`, `thinking`, calls), an `error`, a closed socket (`reset`) or silence (`hang`). */
export interface Step {
  text?: string;
  thinking?: string;
  /** One call; `input` and `id` belong to it. */
  tool?: string;
  input?: Record<string, unknown>;
  id?: string;
  /** Several calls in one message. */
  tools?: ScriptedCall[];
  error?: ScriptedError;
  reset?: true;
  hang?: true;
  /** Default: `tool_use` where there is a call, else `end_turn`. */
  stop?: string;
  usage?: Record<string, number>;
  /** The socket is closed inside the message. */
  cut?: true;
  /** An error event of this type comes inside the message. */
  sseError?: string;
  /** Before the headers. */
  delayMs?: number;
  /** The answer is held until `release(name)` or `POST /__release?name=NAME`. */
  waitFor?: string;
  /** Text trickles in this many parts, `gapMs` apart. */
  chunks?: number;
  gapMs?: number;
  /** Before the closing events. */
  holdMs?: number;
  headers?: Record<string, string>;
  /** What the request's last message must hold; otherwise 418, and an entry in `mismatches`. */
  expect?: string;
}

export interface Scenario {
  /** Script of every session that has none of its own. */
  steps?: Step[];
  /** Scripts by the `x-claude-code-session-id` header. */
  sessions?: Record<string, Step[]>;
  /**
   * Scripts by a substring of the prompt, for sessions whose ids are chosen at random. The newest prompt of the
   * conversation that matches decides; within one prompt the first entry of this list. Each session counts its own steps.
   */
  prompts?: { match: string; steps: Step[] }[];
  /** What a used-up script answers; `fail` (default) is HTTP 418, which the CLI sends once and does not retry. */
  whenDone?: 'fail' | 'loop' | Step;
  /** Answer to requests that offer no tools (titles, summaries); default `{text: 'side'}`. */
  side?: Step;
  /** Such requests consume steps too (runs with `--tools ""`). */
  countToolless?: boolean;
  /** Response headers of every reply. */
  headers?: Record<string, string>;
}
