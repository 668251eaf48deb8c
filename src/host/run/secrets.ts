/** Values a run needs but no file may hold: resolved on this host, handed to the supervisor on its standard input. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunSpec, SecretSource, StartRun } from '../../domain/host-api.ts';
import { errorCode, HostError } from '../host-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the process gets beside `spec.env`: the names it inherits and does not set, and its secrets. `bad_input` when a secret is missing. */
export async function deliveredEnvironment(spec: RunSpec, secrets: StartRun['secrets'], env: Environment): Promise<Record<string, string>> {
  const delivered: Record<string, string> = {};
  for (const name of spec.inherit) {
    const value = env[name];
    if (value !== undefined && !Object.hasOwn(spec.env, name)) delivered[name] = value;
  }
  for (const [name, source] of Object.entries(secrets)) delivered[name] = await secretValue(name, source, env);
  return delivered;
}

/** The value of one secret; undefined or rejects when this host has none. */
export async function hostSecret(source: SecretSource, env: Environment): Promise<string | undefined> {
  return secretValue('secret', source, env);
}

async function secretValue(name: string, source: SecretSource, env: Environment): Promise<string> {
  switch (source.kind) {
    case 'value':
      return source.value;
    case 'hostEnv': {
      const value = env[source.name];
      if (value) return value;
      throw new HostError('bad_input', `${name}: environment variable ${source.name} is not set on the host`);
    }
    case 'hostFile':
      return readSecretFile(name, source.path, env);
  }
}

async function readSecretFile(name: string, path: string, env: Environment): Promise<string> {
  const file = path.startsWith('~/') ? join(env['HOME'] ?? '', path.slice(2)) : path;
  try {
    return (await readFile(file, 'utf8')).trimEnd();
  } catch (error) {
    throw new HostError('bad_input', `${name}: file ${path} cannot be read on the host (${errorCode(error) ?? 'error'})`);
  }
}
