/**
 * Keys and client configuration of the demo's SSH host, on loopback. Its server is an OpenSSH `sshd` where one is installed
 * (openssh.ts), else the server of the `ssh2` package (ssh2-server.ts). All lives in one folder; the real home is not touched.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';

export interface SshServer {
  software: 'OpenSSH sshd' | 'ssh2 (no sshd is installed)';
  version: string;
  pid: number;
  /** Start mark of the process, see embedded/process-identity.ts. */
  start: string;
  port: number;
  close(): Promise<void>;
}

/** Keys and folders of the demo's host; made once, before its server starts. */
export interface SshFiles {
  dir: string;
  hostKey: string;
  userKey: string;
  authorizedKeys: string;
  hostPublicKey: string;
  userPublicKey: string;
}

/** Name of the host in plans and in the client's configuration. */
export const SSH_ALIAS = 'demo-host';

const secret = (path: string, text: string): string => {
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};

/** ssh2 drops the zero that one public key in 256 begins with (lib/keygen.js of 1.17): sshd and ssh2 itself refuse such a key. */
const isWhole = (key: string): boolean => !(ssh2.utils.parseKey(key) instanceof Error);

function makeKey(path: string): string {
  let generated = ssh2.utils.generateKeyPairSync('ed25519');
  while (!isWhole(generated.private)) generated = ssh2.utils.generateKeyPairSync('ed25519');
  secret(path, generated.private);
  return generated.public.trim();
}

/** Fresh keys below `dir` (0700), and `home`, which stands in for the user's. */
export function writeSshFiles(dir: string): SshFiles {
  mkdirSync(join(dir, 'home'), { recursive: true, mode: 0o700 });
  const hostKey = join(dir, 'host_key');
  const userKey = join(dir, 'user_key');
  const hostPublicKey = makeKey(hostKey);
  const userPublicKey = makeKey(userKey);
  const authorizedKeys = secret(join(dir, 'authorized_keys'), `${userPublicKey}\n`);
  return { dir, hostKey, userKey, authorizedKeys, hostPublicKey, userPublicKey };
}

/** Writes the ssh client configuration that knows the alias and the host's key; gives its path. */
export function writeClientConfig(files: SshFiles, port: number): string {
  const knownHosts = secret(join(files.dir, 'known_hosts'), `[127.0.0.1]:${port} ${files.hostPublicKey}\n`);
  const lines = [
    `Host ${SSH_ALIAS}`,
    '  HostName 127.0.0.1',
    `  Port ${port}`,
    `  User ${userInfo().username}`,
    `  IdentityFile "${files.userKey}"`,
    '  IdentitiesOnly yes',
    '  IdentityAgent none',
    `  UserKnownHostsFile "${knownHosts}"`,
    '  GlobalKnownHostsFile /dev/null',
  ];
  return secret(join(files.dir, 'ssh_config'), `${lines.join('\n')}\n`);
}
