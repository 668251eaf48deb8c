/**
 * A way to the host that can be cut: a proxy on loopback before the host's own SSH server, and an ssh configuration that leads
 * through it. Keys and sign-in are the user's; the host's key is checked against what his known_hosts say of the real host.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findSshd, startOpenSsh } from '../demo/ssh/openssh.ts';
import { SSH_ALIAS, writeClientConfig, writeSshFiles, type SshServer } from '../demo/ssh/host.ts';
import { startSsh2 } from '../demo/ssh/ssh2-server.ts';
import type { HostsOptions } from '../ssh/host-link.ts';
import { lookUpHostKeys, type KnownKey } from '../ssh/known-hosts.ts';
import { resolveTarget, type Target } from '../ssh/ssh-config.ts';
import { startLinkProxy, type LinkProxy } from './link-proxy.ts';

/** Name of the host in the plans of faults that cut the link. */
export const DRILL_HOST = 'drill-host';

export interface DrillLink {
  proxy: LinkProxy;
  /** For `ssh -F`; knows `drill-host`. */
  configFile: string;
  close(): Promise<void>;
}

const MARKERS = { none: '', revoked: '@revoked ', authority: '@cert-authority ' } as const;

/** What is known of the host's keys, under the drill's own name for it. */
const knownHosts = (keys: readonly KnownKey[]): string => keys.map(({ marker, type, key }) => `${MARKERS[marker]}${DRILL_HOST} ${type} ${key}\n`).join('');

const inQuotes = (path: string): string => `"${path.replaceAll('%', '%%')}"`;

/** Whole seconds, as the ssh config has them. */
function keepaliveLines({ keepalive }: Target): string[] {
  return keepalive === null ? [] : [`ServerAliveInterval ${keepalive.intervalMs / 1000}`, `ServerAliveCountMax ${keepalive.countMax}`];
}

function clientConfig(target: Target, port: number, knownHostsFile: string): string {
  const lines = [
    'HostName 127.0.0.1', `Port ${port}`, `User ${target.user}`, `HostKeyAlias ${DRILL_HOST}`, `UserKnownHostsFile ${inQuotes(knownHostsFile)}`,
    'GlobalKnownHostsFile /dev/null', `IdentitiesOnly ${target.identitiesOnly ? 'yes' : 'no'}`,
    `IdentityAgent ${target.agentSocket === null ? 'none' : inQuotes(target.agentSocket)}`,
    ...target.identityFiles.map((file) => `IdentityFile ${inQuotes(file)}`),
    ...(target.revokedHostKeys === null ? [] : [`RevokedHostKeys ${inQuotes(target.revokedHostKeys)}`]),
    ...keepaliveLines(target),
    ...(target.connectTimeoutMs === null ? [] : [`ConnectTimeout ${Math.ceil(target.connectTimeoutMs / 1000)}`]),
  ];
  return `Host ${DRILL_HOST}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

/** The way to an alias of the ssh config, through a proxy that can be cut. `dir` holds its files. */
async function cuttable(alias: string, options: HostsOptions, dir: string): Promise<DrillLink> {
  const target = await resolveTarget({ alias, user: null, port: null, through: null }, options);
  const keys = await lookUpHostKeys(target);
  const proxy = await startLinkProxy({ host: target.hostname, port: target.port, family: target.addressFamily });
  const knownHostsFile = join(dir, 'known_hosts.drill');
  const configFile = join(dir, 'ssh_config.drill');
  writeFileSync(knownHostsFile, knownHosts(keys), { mode: 0o600 });
  writeFileSync(configFile, clientConfig(target, proxy.port, knownHostsFile), { mode: 0o600 });
  return { proxy, configFile, close: () => proxy.close() };
}

/** Why the link to that host cannot be cut; null when it can. */
export async function uncuttable(host: string, options: HostsOptions): Promise<string | null> {
  if (host === 'local') return null;
  const { proxy } = await resolveTarget({ alias: host, user: null, port: null, through: null }, options);
  return proxy.kind === 'none' ? null : `${host} is reached through Proxy${proxy.kind === 'jump' ? 'Jump' : 'Command'}: there is no connection of ours that could be cut`;
}

/** A server of the drill's own: `local` has no link. It is the demo's, on loopback, with keys of its own. */
async function startServer(dir: string, path: string): Promise<{ server: SshServer; configFile: string }> {
  const files = writeSshFiles(dir);
  const env = { PATH: path, HOME: join(dir, 'home'), LANG: 'C.UTF-8' };
  const sshd = findSshd(path);
  const server = sshd ? await startOpenSsh(sshd, files, env, false) : await startSsh2(files, env);
  return { server, configFile: writeClientConfig(files, server.port) };
}

/** The link of one fault. `dir` is made. */
export async function openLink(host: string, options: HostsOptions, dir: string): Promise<DrillLink> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (host !== 'local') return cuttable(host, options, dir);
  const { server, configFile } = await startServer(dir, options.env?.['PATH'] ?? '');
  const link = await cuttable(SSH_ALIAS, { ...options, sshConfigFile: configFile }, dir);
  const close = async (): Promise<void> => {
    await link.close();
    await server.close();
  };
  return { ...link, close };
}
