/**
 * Reads what known_hosts says about a host. `ssh-keygen -F` is the oracle for the file format (hashed names, patterns,
 * negations, ports, markers); revocation lists are asked through `ssh-keygen -Q`. Nothing is ever written.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HoldpointError } from '../domain/failure-kind.ts';
import { runProgram } from './run-program.ts';
import type { Target } from './ssh-config.ts';

export interface KnownKey {
  file: string;
  line: number;
  marker: 'none' | 'revoked' | 'authority';
  type: string;
  /** The key itself, base64. */
  key: string;
  /** Found under the plain name, without the port: may accept a key, never accuse one. */
  withoutPort: boolean;
}

const DEFAULT_PORT = 22;

/** How known_hosts writes this host: `name`, or `[name]:port` when the port is another one. HostKeyAlias stands alone. */
export function hostKeyName(target: Target): string {
  if (target.hostKeyAlias !== null || target.port === DEFAULT_PORT) return target.hostKeyName;
  return `[${target.hostKeyName}]:${target.port}`;
}

/** Every line about the host in all its files. May be repeated; reads the files anew each time. */
export async function lookUpHostKeys(target: Target): Promise<KnownKey[]> {
  const name = hostKeyName(target);
  const files = target.knownHostsFiles.filter(file => existsSync(file));
  const keys: KnownKey[] = [];
  for (const file of files) {
    keys.push(...await find(name, file, false));
    if (name !== target.hostKeyName) keys.push(...await find(target.hostKeyName, file, true));
  }
  return keys;
}

async function find(name: string, file: string, withoutPort: boolean): Promise<KnownKey[]> {
  const { stdout } = await runProgram('ssh-keygen', ['-F', name, '-f', file]);
  return parseFound(stdout).map(found => ({ ...found, file, withoutPort }));
}

const MARKERS = { REVOKED: 'revoked', CA: 'authority' } as const;

/** Output of `ssh-keygen -F`: a heading `# Host NAME found: line N [REVOKED|CA]`, then the line of the file. */
export function parseFound(text: string): Omit<KnownKey, 'file' | 'withoutPort'>[] {
  const lines = text.split('\n').map(line => line.trim());
  return lines.flatMap((heading, at) => {
    const [, line, marker] = /^# Host .* found: line (\d+)\s*(REVOKED|CA)?$/.exec(heading) ?? [];
    if (line === undefined) return [];
    const words = (lines[at + 1] ?? '').split(/\s+/);
    const [type, key] = words.slice(words[0]?.startsWith('@') ? 2 : 1);
    if (type === undefined || key === undefined) return [];
    return [{ line: Number(line), marker: MARKERS[marker as keyof typeof MARKERS] ?? 'none', type, key }];
  });
}

/** Whether the file of RevokedHostKeys (a list of keys, or a KRL) names the key. An unreadable file refuses, as with OpenSSH. */
export async function isRevokedByList(list: string | null, publicKey: string): Promise<boolean> {
  if (list === null) return false;
  const content = await readFile(list, 'latin1').catch((error: Error) => Promise.reject(unreadable(list, error.message)));
  if (!content.startsWith('SSHKRL')) return content.split(/\s+/).includes(publicKey.split(' ')[1] ?? '');
  const { code, stdout, stderr } = await withFile(`${publicKey}\n`, file => runProgram('ssh-keygen', ['-Q', '-f', list, file]));
  if (code === 0) return false;
  if (code === 1 && /REVOKED/.test(stdout)) return true;
  throw unreadable(list, stderr.trim() || `ssh-keygen ended with ${code}`);
}

const unreadable = (file: string, why: string): HoldpointError =>
  new HoldpointError('bad_input', `RevokedHostKeys ${file} cannot be read: ${why}`, { where: { file } });

/** ssh-keygen reads keys from named files only. */
async function withFile<T>(content: string, use: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'holdpoint-key-'));
  try {
    await writeFile(join(folder, 'key.pub'), content);
    return await use(join(folder, 'key.pub'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
