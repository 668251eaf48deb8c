/**
 * Claude Code's stream-json, as far as the supervisor reads it. Every field is optional: the stream is another program's,
 * and a line that is not understood is kept and passed over, never fatal. `type` is not always the first key.
 */

export interface Block {
  type?: string;
  text?: string;
  thinking?: string;
  id?: string;
  name?: string;
  input?: unknown;
  tool_use_id?: string;
  content?: unknown;
  is_error?: boolean;
}

export interface Usage {
  input_tokens?: number;
  output_tokens?: number;
  cache_creation_input_tokens?: number;
  cache_read_input_tokens?: number;
}

export interface Denial {
  tool_name?: string;
  tool_use_id?: string;
}

export interface Line {
  type?: string;
  subtype?: string;
  session_id?: string;
  claude_code_version?: string;
  message?: { id?: string; content?: string | Block[]; usage?: Usage };
  /** On `assistant`: what the API said instead of an answer. On `system/api_retry` too. */
  error?: string;
  error_status?: number | null;
  attempt?: number;
  max_retries?: number;
  retry_delay_ms?: number;
  tool_result_meta?: { id?: string; permission_decision?: { decision?: string; source?: string } }[];
  tool_name?: string;
  elapsed_time_seconds?: number;
  rate_limit_info?: { status?: string; resetsAt?: number; rateLimitType?: string };
  hook_name?: string;
  outcome?: string;
  content?: unknown;
  // `result`
  is_error?: boolean;
  api_error_status?: number | null;
  terminal_reason?: string;
  stop_reason?: string | null;
  num_turns?: number;
  result?: string;
  errors?: string[];
  total_cost_usd?: number;
  usage?: Usage;
  model_usage_since_last_result?: Record<string, { costUSD?: number }>;
  permission_denials?: Denial[];
  deferred_tool_use?: { id?: string; name?: string; input?: unknown };
}

/** Undefined when the text is not a JSON object. */
export function parseLine(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function blocksOf(line: Line): Block[] {
  const content = line.message?.content;
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return Array.isArray(content) ? content.filter((block) => typeof block === 'object' && block !== null) : [];
}

/** The text of a tool result, which is a string or a list of blocks. */
export function resultText(block: Block): string {
  if (typeof block.content === 'string') return block.content;
  if (!Array.isArray(block.content)) return '';
  return (block.content as Block[]).map((part) => part?.text ?? '').join('');
}
