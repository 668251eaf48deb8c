/** The agents that come with Holdpoint. */
import type { AgentAuth, CredentialSource } from '../domain/plan.ts';
import { createClaudeCode } from './claude-code.ts';
import type { AgentFactories } from './registry.ts';
import { createScripted } from './scripted.ts';

export interface BuiltinAgentOptions {
  /** `command` on the host; `baseUrl` null is the CLI's own API. */
  claudeCode: { command: string; baseUrl: string | null };
  /** Reads a credential kept on the worker; throws `secret_missing`. */
  resolve: (source: CredentialSource) => string;
  /** Node on the host for the scripted agent; null, as in every ordinary worker, leaves that agent out. */
  scripted: { command: string } | null;
}

export function builtinAgents({ claudeCode, resolve, scripted }: BuiltinAgentOptions): AgentFactories {
  return {
    'claude-code': (settings: { auth: AgentAuth }) => createClaudeCode({ ...claudeCode, auth: settings.auth, resolve }),
    ...(scripted && { scripted: () => createScripted(scripted) }),
  };
}
