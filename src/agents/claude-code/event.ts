/** One line of the stream as `logs` prints it: a kind and a short text for people. */
import type { AgentEvent } from '../../domain/agent.ts';
import { isToldByPerson } from '../../domain/steering.ts';
import { blocksOf, resultText, type Block, type Line, type ParsedLine } from './lines.ts';

const TEXT_MAX = 300;

type Told = Omit<AgentEvent, 'json'>;

/** Never throws: what cannot be read is `unreadable`, what is not known is `other`. */
export function eventOf(raw: string, parsed: ParsedLine | undefined): AgentEvent {
  if (parsed === undefined) return { kind: 'unreadable', text: short(raw), json: null };
  const told = tell(parsed.line);
  return { ...told, text: short(told.text), json: parsed.json };
}

function tell(line: Line): Told {
  switch (line.type) {
    case 'assistant': return tellAssistant(line);
    case 'user': return tellUser(line);
    case 'system': return tellSystem(line);
    case 'result': return { kind: 'result', text: line.result || line.errors?.join('; ') || line.stop_reason || line.subtype || 'ended' };
    case 'rate_limit_event': return { kind: 'rateLimit', text: limitText(line) };
    case 'tool_progress': return { kind: 'progress', text: `${line.tool_name ?? 'tool'} runs for ${line.elapsed_time_seconds ?? 0} s` };
    default: return { kind: 'other', text: line.type ?? 'no type' };
  }
}

function tellAssistant(line: Line): Told {
  const blocks = blocksOf(line);
  const call = blocks.find((block) => block.type === 'tool_use');
  if (call) return toolUse(call);
  const text = blocks.find((block) => block.type === 'text');
  if (text) return { kind: 'text', text: text.text ?? '' };
  const thinking = blocks.find((block) => block.type === 'thinking');
  return thinking ? { kind: 'thinking', text: thinking.thinking ?? '' } : { kind: 'other', text: 'assistant' };
}

function toolUse({ id, name, input }: Block): Told {
  return { kind: 'toolUse', text: `${name ?? 'tool'} ${argument(input)}`, input, ...idOf(id), ...(name && { tool: name }) };
}

function tellUser(line: Line): Told {
  const result = blocksOf(line).find((block) => block.type === 'tool_result');
  if (!result) {
    const text = blocksOf(line).map((block) => block.text ?? '').join(' ');
    return { kind: isToldByPerson(text) ? 'text' : 'other', text };
  }
  const decision = line.tool_result_meta?.find((meta) => meta.id === result.tool_use_id)?.permission_decision?.decision;
  return { kind: decision === 'reject' ? 'denied' : 'toolResult', text: resultText(result), ...idOf(result.tool_use_id) };
}

function tellSystem(line: Line): Told {
  if (line.subtype === 'init') return { kind: 'init', text: `session ${line.session_id ?? '?'}, version ${line.claude_code_version ?? '?'}` };
  if (line.subtype === 'api_retry') {
    const wait = Math.round((line.retry_delay_ms ?? 0) / 100) / 10;
    return { kind: 'retry', text: `${line.error ?? 'error'} ${line.error_status ?? ''}: try ${line.attempt ?? '?'} of ${line.max_retries ?? '?'} in ${wait} s` };
  }
  const detail = line.hook_name ? `${line.hook_name} ${line.outcome ?? ''}` : (line.content ?? '');
  return { kind: 'other', text: `${line.subtype ?? 'system'} ${detail}`.trim() };
}

function limitText(line: Line): string {
  const { status = '?', rateLimitType = '', resetsAt } = line.rate_limit_info ?? {};
  const until = isoOf(resetsAt);
  return `${status} ${rateLimitType}${until === null ? '' : ` until ${until}`}`;
}

/** Epoch seconds to RFC 3339; null for nothing or nonsense. */
export function isoOf(seconds: number | undefined): string | null {
  if (seconds === undefined) return null;
  const date = new Date(seconds * 1_000);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** The one argument that says most about a call. */
function argument(input: unknown): string {
  if (typeof input !== 'object' || input === null) return '';
  const fields = input as Record<string, unknown>;
  const told = fields.command ?? fields.file_path ?? fields.notebook_path ?? fields.url;
  return typeof told === 'string' ? told : JSON.stringify(input);
}

const idOf = (id: Block['id']) => (id ? { toolUseId: id } : {});

function short(text: string): string {
  const head = oneLine(text.slice(0, 2 * TEXT_MAX));
  const line = head.length > TEXT_MAX || text.length <= 2 * TEXT_MAX ? head : oneLine(text);
  return line.length <= TEXT_MAX ? line : `${line.slice(0, TEXT_MAX - 1)}…`;
}

/** Single spaces are left where they are: most are. */
const oneLine = (text: string): string => text.replaceAll(/\s{2,}|[^\S ]/g, ' ').trim();
