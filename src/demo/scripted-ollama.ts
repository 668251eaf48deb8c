/**
 * An Ollama on loopback that plays scripted reviews (demo, tests). It answers what the reviewer asks (version, tags, show,
 * chat without streaming) and holds no model. Control: GET /__stats.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { sendJson } from './scripted-messages/reply.ts';

/** One answer to a chat: a review, any text (rubbish), an HTTP error, or silence. */
export type OllamaReply = { delayMs?: number } & (
  | { review: object }
  | { text: string }
  | { error: { status: number; message: string } }
  | { hang: true }
);

export interface OllamaScript {
  /** Models that `tags`, `show` and `chat` know. */
  models: string[];
  version?: string;
  /** What `show` says a model reads at once; absent: nothing. */
  contextLength?: number;
  /** Tokens of the prompt that `chat` says it has counted. */
  promptTokens?: number;
  /** By a substring of the prompt, first match wins; the last reply of a list is repeated. */
  prompts?: { match: string; replies: OllamaReply[] }[];
  /** For every other prompt. */
  otherwise: OllamaReply;
}

export interface OllamaStats {
  chat: number;
  show: number;
  tags: number;
  version: number;
  other: number;
  /** Chats that carried a JSON schema and temperature 0. */
  structured: number;
  /** Context size of each chat. */
  contexts: (number | null)[];
}

export interface ScriptedOllama {
  /** Give it to the reviewer as OLLAMA_HOST. */
  url: string;
  stats(): OllamaStats;
  setScript(script: OllamaScript): void;
  close(): Promise<void>;
}

interface ChatBody {
  model: string;
  messages?: { role: string; content: string }[];
  format?: unknown;
  options?: { temperature?: number; num_ctx?: number };
}

/** Listens on 127.0.0.1; port 0 (default) is any free one. Rejects when the port is taken. */
export async function startScriptedOllama(options: { script: OllamaScript; port?: number }): Promise<ScriptedOllama> {
  const api = new OllamaApi(options.script);
  const server = createServer((req, res) => {
    api.handle(req, res).catch((error: unknown) => sendJson(res, 500, { error: String(error) }));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stats: () => structuredClone(api.stats),
    setScript: (script) => api.setScript(script),
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

class OllamaApi {
  readonly stats: OllamaStats = { chat: 0, show: 0, tags: 0, version: 0, other: 0, structured: 0, contexts: [] };
  private script: OllamaScript;
  private readonly served = new Map<string, number>();

  constructor(script: OllamaScript) {
    this.script = script;
  }

  setScript(script: OllamaScript): void {
    this.script = script;
    this.served.clear();
  }

  async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const raw = await text(req);
    switch (req.url) {
      case '/__stats': return sendJson(res, 200, this.stats);
      case '/api/version': return this.count('version', res, { version: this.script.version ?? '0.0.0-scripted' });
      case '/api/tags': return this.count('tags', res, { models: this.script.models.map((name) => ({ name, model: name })) });
      case '/api/show': return this.show(JSON.parse(raw) as ChatBody, res);
      case '/api/chat': return this.chat(JSON.parse(raw) as ChatBody, res);
      default: return this.count('other', res, { error: 'not found' }, 404);
    }
  }

  private count(what: 'show' | 'tags' | 'version' | 'other', res: ServerResponse, value: unknown, status = 200): void {
    this.stats[what] += 1;
    sendJson(res, status, value);
  }

  private show(body: ChatBody, res: ServerResponse): void {
    if (!this.script.models.includes(body.model)) return this.count('show', res, { error: `model '${body.model}' not found` }, 404);
    const { contextLength } = this.script;
    this.count('show', res, { details: { family: 'scripted' }, model_info: contextLength === undefined ? {} : { 'scripted.context_length': contextLength } });
  }

  private async chat(body: ChatBody, res: ServerResponse): Promise<void> {
    this.stats.chat += 1;
    this.stats.contexts.push(body.options?.num_ctx ?? null);
    if (typeof body.format === 'object' && body.options?.temperature === 0) this.stats.structured += 1;
    if (!this.script.models.includes(body.model)) {
      return sendJson(res, 404, { error: `model '${body.model}' not found` });
    }
    const reply = this.next((body.messages ?? []).map((message) => message.content).join('\n'));
    if (reply.delayMs) await sleep(reply.delayMs);
    if ('hang' in reply || res.destroyed) return;
    if ('error' in reply) return sendJson(res, reply.error.status, { error: reply.error.message });
    const content = 'text' in reply ? reply.text : JSON.stringify(reply.review);
    sendJson(res, 200, { model: body.model, created_at: new Date().toISOString(), message: { role: 'assistant', content }, done: true, done_reason: 'stop', ...this.counted() });
  }

  private counted(): { prompt_eval_count?: number } {
    return this.script.promptTokens === undefined ? {} : { prompt_eval_count: this.script.promptTokens };
  }

  private next(prompt: string): OllamaReply {
    const found = this.script.prompts?.find(({ match }) => prompt.includes(match));
    if (!found) return this.script.otherwise;
    const at = this.served.get(found.match) ?? 0;
    this.served.set(found.match, at + 1);
    return found.replies[at] ?? found.replies.at(-1) ?? this.script.otherwise;
  }
}
