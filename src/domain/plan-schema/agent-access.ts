/** How the agent signs in, and the MCP servers the plan vouches for. A credential is named, never written down. */
import * as z from 'zod';
import { otherwise, text } from './fields.ts';

const on = z.enum(['worker', 'host']).default('worker').describe('Machine on which it is looked up');
const NAMED = 'must name where it is kept, {env: NAME} or {file: PATH}, never be the value itself';

const credential = z.union([
  z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable'), on }),
  z.strictObject({ file: z.string().regex(/^\/[^\0\n]+$/, 'must be an absolute path'), on }),
], { error: NAMED });

export const auth = z.union([
  z.literal('login'),
  z.strictObject({ apiKey: credential }),
  z.strictObject({ oauthToken: credential }),
], { error: 'must be login, {apiKey: {env: NAME}} or {oauthToken: {env: NAME}}' })
  .describe("`login`: the host user's own sign-in; otherwise where a key is kept");

const words = z.record(z.string(), z.string());

/** In the agent's own shape: a command to start, or an address. Other keys are the agent's business. */
const server = z.looseObject({
  command: text(4096).optional(),
  args: z.array(z.string()).optional(),
  env: words.optional(),
  url: text(4096).optional(),
  headers: words.optional(),
}, { error: otherwise('must be a mapping with command or url') })
  .refine((value) => (value.command === undefined) !== (value.url === undefined), 'needs either command or url');

export const servers = z.record(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/), server, {
  error: (issue) => (issue.code === 'invalid_key' ? 'the name of a server has 1 to 64 letters, digits, "-" or "_"' : undefined),
});

export const mcp = z.union([z.array(text(1024)), servers], { error: 'must be a list of files beside this one, or a mapping of servers' })
  .describe("MCP servers you vouch for: files beside this one, or the servers themselves. The repository's .mcp.json is shut out");
