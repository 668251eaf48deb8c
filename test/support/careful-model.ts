/**
 * A Messages API whose model does a task of numbered steps as a careful agent would: it does the next step that it has not seen
 * succeed, and one that it was told may have been done it does only if it finds it undone. It remembers nothing: all it knows
 * is in the request, as with a real model. So a step is done twice exactly when the agent was not told enough.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { play, sendJson } from '../../src/demo/scripted-messages/reply.ts';
import type { Step } from '../../src/demo/scripted-messages.ts';

interface Block {
  type: string;
  text?: string;
  id?: string;
  input?: { command?: string };
  tool_use_id?: string;
  content?: unknown;
}

interface Body {
  model: string;
  stream?: boolean;
  tools?: unknown[];
  messages: { role: string; content: string | Block[] }[];
}

/** What the program of a step prints when it has come to its end. */
export const doneLine = (step: number): string => `step ${step} is done`;
export const commandOf = (step: number): string => `./step.sh ${step}`;
/** File of the workspace in which each step leaves its line. */
export const EFFECTS = 'effects.log';

export interface CarefulModel {
  url: string;
  /** Requests whose conversation names this text. */
  requestsAbout(name: string): number;
  close(): Promise<void>;
}

const blocksOf = ({ messages }: Body): Block[] =>
  messages.flatMap(({ content }) => (typeof content === 'string' ? [{ type: 'text', text: content }] : content));

/** What the agent knows of one step. */
function knowledgeOf(blocks: Block[], step: number): 'done' | 'maybe' | 'nothing' {
  const calls = blocks.filter((block) => block.type === 'tool_use' && block.input?.command?.startsWith(commandOf(step)));
  const results = blocks.filter((block) => block.type === 'tool_result' && calls.some(({ id }) => id === block.tool_use_id));
  if (results.some(({ content }) => JSON.stringify(content).includes(doneLine(step)))) return 'done';
  const told = blocks.filter((block) => block.type === 'text').map((block) => block.text ?? '').join('\n');
  return results.length > 0 || told.includes(commandOf(step)) || told.includes(EFFECTS) ? 'maybe' : 'nothing';
}

function answerTo(body: Body, steps: number): Step {
  if (!body.tools?.length) return { text: 'side' };
  const blocks = blocksOf(body);
  for (let step = 1; step <= steps; step++) {
    const known = knowledgeOf(blocks, step);
    if (known === 'done') continue;
    return { tool: 'Bash', input: { command: commandOf(step) + (known === 'maybe' ? ' --if-missing' : ''), description: `Step ${step}` } };
  }
  return { text: 'All steps are done.' };
}

/** Listens on loopback. `steps`: how many a task has. */
export async function startCarefulModel(steps: number): Promise<CarefulModel> {
  const seen: string[] = [];
  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const raw = await text(req);
    if (!req.url?.startsWith('/v1/messages?') && req.url !== '/v1/messages') return sendJson(res, 404, {});
    const body = JSON.parse(raw) as Body;
    if (body.tools?.length) seen.push(raw);
    await play(res, answerTo(body, steps), { model: body.model, stream: body.stream === true, serial: seen.length }, {});
  };
  const server = createServer((req, res) => void handle(req, res).catch(() => res.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requestsAbout: (name) => seen.filter((raw) => raw.includes(name)).length,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}
