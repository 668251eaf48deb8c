/**
 * Claude Code's stream-json, as far as the supervisor reads it. Every field may be missing: the stream is another program's,
 * and a line that is not understood is kept and passed over, never fatal. `type` is not always the first key.
 */
import { anything, count, either, entriesOf, flag, list, object, parseJson, text, valuesOf } from '../tolerant.ts';

const readUsage = object({
  input_tokens: count, output_tokens: count, cache_creation_input_tokens: count, cache_read_input_tokens: count,
});

const readBlock = object({
  type: text, text, thinking: text, id: text, name: text, input: anything, tool_use_id: text, is_error: flag,
  /** Of a tool result: a text, or blocks of text. */
  content: either(text, list(object({ text }))),
});

const readLine = object({
  type: text, subtype: text, session_id: text, uuid: text, isReplay: flag, claude_code_version: text,
  message: object({ id: text, content: either(text, list(readBlock)), usage: readUsage }),
  /** Of `assistant`: what the API said instead of an answer. Of `system/api_retry` too. */
  error: text,
  error_status: count, attempt: count, max_retries: count, retry_delay_ms: count,
  tool_result_meta: list(object({ id: text, permission_decision: object({ decision: text, source: text }) })),
  tool_name: text, elapsed_time_seconds: count, hook_name: text, outcome: text, content: text,
  rate_limit_info: object({
    status: text, resetsAt: count, rateLimitType: text, utilization: count,
    unifiedWindows: entriesOf(object({ status: text, resetsAt: count, utilization: count })),
  }),
  // `result`
  is_error: flag, api_error_status: count, terminal_reason: text, stop_reason: text, num_turns: count, result: text, errors: list(text),
  usage: readUsage, model_usage_since_last_result: valuesOf(object({ costUSD: count })),
  permission_denials: list(object({ tool_name: text, tool_use_id: text })),
  deferred_tool_use: object({ id: text, name: text, input: anything }),
});

export type Line = NonNullable<ReturnType<typeof readLine>>;
export type Block = NonNullable<ReturnType<typeof readBlock>>;
export type Usage = NonNullable<ReturnType<typeof readUsage>>;

export interface ParsedLine {
  line: Line;
  /** All of it, as it came. */
  json: unknown;
}

/** Undefined when the text is not a JSON object. */
export function parseLine(raw: string): ParsedLine | undefined {
  const json = parseJson(raw);
  const line = readLine(json);
  return line && { line, json };
}

export function blocksOf(line: Line): Block[] {
  const content = line.message?.content ?? [];
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

/** The text of a tool result. */
export function resultText(block: Block): string {
  const content = block.content ?? '';
  return typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('');
}
