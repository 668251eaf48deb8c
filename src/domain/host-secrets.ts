/** Credentials that a plan keeps on the host: the worker knows their place, never their value. Package-free. */
import type { SecretSource } from './host-api.ts';
import type { AgentSettings, CredentialSource } from './plan.ts';

/** Where the host finds it. */
export const onHostOnly = (source: CredentialSource): SecretSource =>
  'env' in source ? { kind: 'hostEnv', name: source.env } : { kind: 'hostFile', path: source.file };

/** What the host is asked to take out of its answers. */
export const keptOnHost = ({ auth }: Pick<AgentSettings, 'auth'>): SecretSource[] =>
  (auth.kind === 'login' || auth.source.on === 'worker' ? [] : [onHostOnly(auth.source)]);
