/** Plays one step as an answer of the Messages API: server-sent events, or one JSON document when no stream is asked for. */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Step } from './scenario.ts';

type Block =
  | { type: 'text'; text: string }
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'tool_use'; id: string; name: string; input: Record<string, unknown> };

export interface Asked {
  model: string;
  stream: boolean;
  /** Number of the reply on this server, for `request-id` and message ids. */
  serial: number;
}

const SIGNATURE = 'c2NyaXB0ZWQ=';

export function sendJson(res: ServerResponse, status: number, value: unknown): void {
  res.statusCode = status;
  res.setHeader('content-type', 'application/json');
  res.end(JSON.stringify(value));
}

/** Ends the response; resolves early when the client has gone. */
export async function play(res: ServerResponse, step: Step, asked: Asked, common: Record<string, string>): Promise<void> {
  if (step.delayMs) await sleep(step.delayMs);
  if (step.hang) return;
  if (step.reset) {
    res.socket?.destroy();
    return;
  }
  const headers = { 'request-id': `req_${asked.serial}`, ...common, ...step.headers, ...step.error?.headers };
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  if (step.error) sendError(res, step.error, asked.serial);
  else if (asked.stream) await sendStream(res, step, asked);
  else sendJson(res, 200, { ...messageOf(step, asked), content: blocksOf(step), stop_reason: stopOf(step), usage: usageOf(step) });
}

function sendError(res: ServerResponse, error: NonNullable<Step['error']>, serial: number): void {
  const { status, type = 'api_error', message = `scripted ${status}` } = error;
  sendJson(res, status, { type: 'error', error: { type, message }, request_id: `req_${serial}` });
}

async function sendStream(res: ServerResponse, step: Step, asked: Asked): Promise<void> {
  res.setHeader('content-type', 'text/event-stream');
  send(res, 'message_start', { message: messageOf(step, asked) });
  for (const [index, block] of blocksOf(step).entries()) {
    await sendBlock(res, index, block, step);
    if (step.cut) return void res.socket?.destroy();
    if (step.sseError) {
      send(res, 'error', { error: { type: step.sseError, message: 'scripted error inside the stream' } });
      return void res.end();
    }
    send(res, 'content_block_stop', { index });
  }
  if (step.holdMs) await sleep(step.holdMs);
  send(res, 'message_delta', { delta: { stop_reason: stopOf(step), stop_sequence: null }, usage: { output_tokens: usageOf(step).output_tokens } });
  send(res, 'message_stop', {});
  res.end();
}

async function sendBlock(res: ServerResponse, index: number, block: Block, step: Step): Promise<void> {
  send(res, 'content_block_start', { index, content_block: emptyOf(block) });
  for (const delta of deltasOf(block, step.chunks ?? 1)) {
    if (res.destroyed) return;
    send(res, 'content_block_delta', { index, delta });
    if (step.gapMs) await sleep(step.gapMs);
  }
}

function send(res: ServerResponse, type: string, fields: Record<string, unknown>): void {
  res.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
}

function messageOf(step: Step, asked: Asked) {
  return {
    id: `msg_${asked.serial}`, type: 'message', role: 'assistant', model: asked.model, content: [],
    stop_reason: null, stop_sequence: null, usage: { ...usageOf(step), output_tokens: 1 },
  };
}

const usageOf = (step: Step) => ({ input_tokens: 100, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 20, ...step.usage });

const stopOf = (step: Step): string => step.stop ?? (step.tool || step.tools ? 'tool_use' : 'end_turn');

function blocksOf(step: Step): Block[] {
  const calls = step.tools ?? (step.tool ? [{ name: step.tool, input: step.input, id: step.id }] : []);
  return [
    ...(step.thinking === undefined ? [] : [{ type: 'thinking' as const, thinking: step.thinking, signature: SIGNATURE }]),
    ...(step.text === undefined ? [] : [{ type: 'text' as const, text: step.text }]),
    // A random id: a server that starts again must never repeat an id inside a resumed session.
    ...calls.map((call) => ({ type: 'tool_use' as const, id: call.id ?? `toolu_${randomUUID()}`, name: call.name, input: call.input ?? {} })),
  ];
}

function emptyOf(block: Block): Block {
  if (block.type === 'tool_use') return { ...block, input: {} };
  return block.type === 'thinking' ? { type: 'thinking', thinking: '', signature: '' } : { type: 'text', text: '' };
}

function deltasOf(block: Block, chunks: number): Record<string, string>[] {
  if (block.type === 'tool_use') return [{ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }];
  if (block.type === 'thinking') {
    return [{ type: 'thinking_delta', thinking: block.thinking }, { type: 'signature_delta', signature: block.signature }];
  }
  const size = Math.max(1, Math.ceil(block.text.length / chunks));
  const parts = Math.ceil(block.text.length / size);
  return Array.from({ length: parts }, (_, i) => ({ type: 'text_delta', text: block.text.slice(i * size, (i + 1) * size) }));
}
