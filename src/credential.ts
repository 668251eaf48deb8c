/** Secrets that are kept on this machine, in the environment or in a file. For entry points and the CLI, which hand the values on. */
import { readFileSync, statSync } from 'node:fs';
import { HoldpointError } from './domain/failure-kind.ts';
import type { CredentialSource } from './domain/plan.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Undefined or empty where there is none. */
export function credentialIn(source: CredentialSource, env: Env): string | undefined {
  if ('env' in source) return env[source.env];
  return statSync(source.file, { throwIfNoEntry: false })?.isFile() ? readFileSync(source.file, 'utf8').trim() : undefined;
}

/** `of`: what names it, `where`: the machine it is looked for on, for people. Throws `secret_missing`. */
export function readCredential(source: CredentialSource, env: Env, { of, where }: { of: string; where: string }): string {
  const name = 'env' in source ? source.env : source.file;
  const value = credentialIn(source, env);
  if (value) return value;
  throw new HoldpointError('secret_missing', `the credential ${name} named by the ${of} is not there on the ${where}`, {
    hint: 'env' in source ? `start the ${where} with ${name} in its environment` : `write it into ${name}, mode 0600`,
  });
}
