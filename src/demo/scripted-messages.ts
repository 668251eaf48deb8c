/**
 * A Messages API on loopback that plays a script, for driving the real Claude Code CLI without a model (demo, tests,
 * drills). Control: GET /__stats, GET /__requests, PUT /__scenario (starts over), POST /__release?name=NAME.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { play, sendJson } from './scripted-messages/reply.ts';
import { readRequest } from './scripted-messages/request.ts';
import type { Scenario } from './scripted-messages/scenario.ts';
import { Script, type LoggedRequest, type ScriptStats } from './scripted-messages/script.ts';

export type { Scenario, Step } from './scripted-messages/scenario.ts';

export interface ScriptedMessages {
  /** Give it to the CLI as ANTHROPIC_BASE_URL. */
  url: string;
  stats(): ScriptStats;
  requests(): readonly LoggedRequest[];
  /** Starts over: counters and steps are reset. */
  setScenario(scenario: Scenario): void;
  /** Lets every answer go that waits for this name, now and later. */
  release(name: string): void;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1; port 0 (default) is any free one. Rejects when the port is taken. */
export async function startScriptedMessages(options: { scenario?: Scenario; port?: number } = {}): Promise<ScriptedMessages> {
  const api = new ScriptedApi(options.scenario ?? {});
  const server = createServer((req, res) => {
    api.handle(req, res).catch((error: unknown) => refuse(res, error));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stats: () => structuredClone(api.script.stats),
    requests: () => api.script.requests,
    setScenario: (scenario) => { api.script = new Script(scenario); },
    release: (name) => api.release(name),
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

function refuse(res: ServerResponse, error: unknown): void {
  if (res.headersSent) res.destroy();
  else sendJson(res, 500, { type: 'error', error: { type: 'api_error', message: String(error) } });
}

class ScriptedApi {
  script: Script;
  private serial = 0;
  private readonly gates = new Map<string, PromiseWithResolvers<void>>();

  constructor(scenario: Scenario) {
    this.script = new Script(scenario);
  }

  release(name: string): void {
    this.gate(name).resolve();
  }

  async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const raw = await text(req);
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://localhost');
    if (pathname.startsWith('/__')) return this.control(pathname, searchParams, raw, res);
    if (pathname === '/v1/messages/count_tokens') {
      this.script.stats.countTokens += 1;
      return sendJson(res, 200, { input_tokens: 10 });
    }
    if (pathname !== '/v1/messages' || req.method !== 'POST') {
      this.script.stats.other += 1;
      return sendJson(res, req.method === 'HEAD' ? 200 : 404, {});
    }
    return this.message(req, res, raw);
  }

  private async message(req: IncomingMessage, res: ServerResponse, raw: string): Promise<void> {
    const request = readRequest(req.headers, raw);
    const { scenario } = this.script;
    const step = this.script.answer(request);
    if (step.waitFor !== undefined) await this.gate(step.waitFor).promise;
    this.serial += 1;
    await play(res, step, { model: request.model, stream: request.stream, serial: this.serial }, scenario.headers ?? {});
  }

  private control(path: string, query: URLSearchParams, raw: string, res: ServerResponse): void {
    if (path === '/__stats') return sendJson(res, 200, this.script.stats);
    if (path === '/__requests') return sendJson(res, 200, this.script.requests);
    if (path === '/__scenario') this.script = new Script(JSON.parse(raw) as Scenario);
    else if (path === '/__release') this.release(query.get('name') ?? '');
    else return sendJson(res, 404, {});
    return sendJson(res, 200, {});
  }

  private gate(name: string): PromiseWithResolvers<void> {
    const gate = this.gates.get(name) ?? Promise.withResolvers<void>();
    this.gates.set(name, gate);
    return gate;
  }
}
