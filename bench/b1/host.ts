/** A host over real OpenSSH on loopback, with keys and client configuration of its own, and the programs the anchor needs. */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { SSH_ALIAS, writeClientConfig, writeSshFiles } from '../../src/demo/ssh/host.ts';
import { findSshd, startOpenSsh } from '../../src/demo/ssh/openssh.ts';

export interface BenchHost {
  alias: string;
  /** For `ssh -F`. */
  configFile: string;
  /** HOME of sessions. */
  home: string;
  close(): Promise<void>;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Absolute path, or undefined. */
export const findProgram = (name: string, path: string): string | undefined => path.split(delimiter).map((dir) => join(dir, name)).find(isProgram);

const PACKAGES = { ssh: 'openssh-client', psql: 'postgresql-client', sed: 'sed', tail: 'coreutils' } as const;

/** The first thing that is not installed, as a sentence; null when all is there. */
export function whatIsMissing(path: string): string | null {
  if (!findSshd(path)) return 'no usable sshd is installed (Debian: openssh-server; root also needs the directory /run/sshd)';
  const missing = Object.entries(PACKAGES).find(([name]) => !findProgram(name, path));
  return missing ? `${missing[0]} is not installed (Debian: ${missing[1]})` : null;
}

/** PATH of sessions: this Node first. */
const sessionPath = (): string => `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;

export async function startHost(folder: string, path: string): Promise<BenchHost> {
  const sshd = findSshd(path);
  if (!sshd) throw new Error('no usable sshd');
  const dir = join(folder, 'ssh');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const files = writeSshFiles(dir);
  const home = join(dir, 'home');
  const server = await startOpenSsh(sshd, files, { HOME: home, PATH: sessionPath() }, false);
  return { alias: SSH_ALIAS, configFile: writeClientConfig(files, server.port), home, close: () => server.close() };
}
