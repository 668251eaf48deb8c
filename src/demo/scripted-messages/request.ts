/** Reads one request of the Messages API as far as a script needs it. Unknown fields are left alone. */
import type { IncomingHttpHeaders } from 'node:http';

interface ContentBlock {
  type: string;
  text?: string;
}

interface RequestMessage {
  role: string;
  content: string | ContentBlock[];
}

interface RequestBody {
  model: string;
  stream?: boolean;
  messages: RequestMessage[];
  system?: string | ContentBlock[];
  tools?: { name: string }[];
}

export interface MessagesRequest {
  session: string;
  /** Set on the requests of a subagent. */
  agent: string | null;
  /** How the CLI signed in; the credential itself is not kept. */
  auth: 'bearer' | 'key' | 'none';
  model: string;
  stream: boolean;
  messages: number;
  tools: string[];
  /** The CLI's own count of tries. */
  retry: number;
  /** JSON of the last message. */
  last: string;
  /** End of the system prompt, where appended instructions are. */
  system: string;
  /** Texts of the user's messages, newest first; tool results are not among them. */
  prompts: string[];
}

const SYSTEM_KEPT = 2_000;
const NO_SESSION = 'none';

/** Throws on a body that is not JSON. */
export function readRequest(headers: IncomingHttpHeaders, raw: string): MessagesRequest {
  const body = JSON.parse(raw) as RequestBody;
  return {
    session: header(headers, 'x-claude-code-session-id') ?? NO_SESSION,
    agent: header(headers, 'x-claude-code-agent-id') ?? null,
    auth: headers.authorization?.startsWith('Bearer ') ? 'bearer' : header(headers, 'x-api-key') ? 'key' : 'none',
    model: body.model,
    stream: body.stream === true,
    messages: body.messages.length,
    tools: (body.tools ?? []).map((tool) => tool.name),
    retry: Number(header(headers, 'x-stainless-retry-count') ?? 0),
    last: JSON.stringify(body.messages.at(-1) ?? null),
    system: textOf(body.system ?? '').slice(-SYSTEM_KEPT),
    prompts: body.messages.filter((message) => message.role === 'user').reverse().map((message) => textOf(message.content)),
  };
}

function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function textOf(content: string | ContentBlock[]): string {
  if (typeof content === 'string') return content;
  return content.filter((block) => block.type === 'text').map((block) => block.text ?? '').join('\n');
}
