/**
 * Resolves an alias of the user's ssh config. `ssh -G` is the truth (Include, Match, patterns, defaults): nothing is
 * parsed here but its answer. StrictHostKeyChecking is not read: an unknown key is always refused.
 */
import { HoldpointError } from '../domain/failure-kind.ts';
import { runProgram } from './run-program.ts';
import { expandHome, expandTokens, splitFileList } from './ssh-paths.ts';

export type Proxy =
  | { kind: 'none' }
  | { kind: 'jump'; hop: JumpHop }
  | { kind: 'command'; command: string };

/** The last hop before the target; `through` are the hops before it, as ProxyJump writes them. */
export interface JumpHop {
  alias: string;
  user: string | null;
  port: number | null;
  through: string | null;
}

export interface Target {
  alias: string;
  hostname: string;
  user: string;
  port: number;
  /** The config gives the alias an address of its own. */
  named: boolean;
  identityFiles: string[];
  identitiesOnly: boolean;
  agentSocket: string | null;
  /** Name under which the key is looked up, without port. */
  hostKeyName: string;
  hostKeyAlias: string | null;
  knownHostsFiles: string[];
  revokedHostKeys: string | null;
  proxy: Proxy;
  addressFamily: 0 | 4 | 6;
  connectTimeoutMs: number | null;
  /** ServerAliveInterval and ServerAliveCountMax; null where the config asks for none: then ours hold. */
  keepalive: { intervalMs: number; countMax: number } | null;
}

export interface ResolveOptions {
  sshConfigFile: string | null;
  sshAgentSocket: string | null;
}

/** Asks `ssh -G`. Throws `bad_input` for a name or a config that ssh refuses. May be repeated. */
export async function resolveTarget(hop: JumpHop, options: ResolveOptions): Promise<Target> {
  if (!/^[^-\s][^\s\0]*$/.test(hop.alias)) throw new HoldpointError('bad_input', `"${hop.alias}" cannot be the name of a host`);
  const args = ['-G', ...(options.sshConfigFile === null ? [] : ['-F', options.sshConfigFile])];
  if (hop.user !== null) args.push('-l', hop.user);
  if (hop.port !== null) args.push('-p', String(hop.port));
  if (hop.through !== null) args.push('-J', hop.through);
  const result = await runProgram('ssh', [...args, '--', hop.alias]);
  if (result.code !== 0) throw refusedByOpenssh(hop.alias, result.stderr, options.sshConfigFile);
  return readTarget(hop.alias, readPairs(result.stdout), options);
}

function refusedByOpenssh(alias: string, stderr: string, file: string | null): HoldpointError {
  const said = stderr.split('\n').filter(line => line !== '' && !line.startsWith('Pseudo-terminal')).join('; ');
  return new HoldpointError('bad_input', `ssh cannot resolve the host "${alias}": ${said || 'no reason given'}`, {
    hint: `Try it: ssh ${file === null ? '' : `-F ${file} `}-G ${alias}`,
    ...(file !== null && { where: { file } }),
  });
}

type Pairs = Map<string, string[]>;

function readPairs(text: string): Pairs {
  const pairs: Pairs = new Map();
  for (const line of text.split('\n')) {
    const [, key, value] = /^(\S+) (.*?)\r?$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) pairs.set(key, [...(pairs.get(key) ?? []), value]);
  }
  return pairs;
}

function readTarget(alias: string, pairs: Pairs, options: ResolveOptions): Target {
  const one = (key: string): string | null => pairs.get(key)?.[0] ?? null;
  const set = (key: string): string | null => (one(key) === 'none' ? null : one(key));
  const hostname = one('hostname') ?? alias;
  const hostKeyAlias = set('hostkeyalias');
  const base = { alias, hostname, user: one('user') ?? '', port: Number(one('port') ?? 22), hostKeyAlias };
  const path = (text: string): string => expandHome(expandTokens(text, base));
  const family = one('addressfamily');
  const timeout = Number(set('connecttimeout') ?? 0);
  return {
    ...base,
    named: hostname !== alias.replace(/^.*@/, '').toLowerCase(),
    identityFiles: (pairs.get('identityfile') ?? []).filter(file => file !== 'none').map(path),
    identitiesOnly: one('identitiesonly') === 'yes',
    agentSocket: agentSocket(one('identityagent'), options.sshAgentSocket, path),
    hostKeyName: (hostKeyAlias ?? hostname).toLowerCase(),
    knownHostsFiles: knownHostsFiles(pairs).map(path),
    revokedHostKeys: set('revokedhostkeys') === null ? null : path(set('revokedhostkeys') ?? ''),
    proxy: readProxy(set('proxyjump'), set('proxycommand'), base),
    addressFamily: family === 'inet' ? 4 : family === 'inet6' ? 6 : 0,
    connectTimeoutMs: timeout > 0 ? timeout * 1000 : null,
    keepalive: readKeepalive(Number(one('serveraliveinterval') ?? 0), Number(one('serveralivecountmax') ?? 3)),
  };
}

/** A count of 0 would end healthy links after one interval. */
const readKeepalive = (seconds: number, count: number): Target['keepalive'] =>
  seconds > 0 ? { intervalMs: seconds * 1000, countMax: Math.max(1, count) } : null;

function knownHostsFiles(pairs: Pairs): string[] {
  return ['userknownhostsfile', 'globalknownhostsfile']
    .flatMap(key => pairs.get(key) ?? [])
    .flatMap(splitFileList)
    .filter(file => file !== 'none');
}

function agentSocket(configured: string | null, fromEnvironment: string | null, path: (text: string) => string): string | null {
  if (configured === 'none') return null;
  if (configured === null || /^(SSH_AUTH_SOCK|\$SSH_AUTH_SOCK|\$\{SSH_AUTH_SOCK\})$/.test(configured)) return fromEnvironment;
  return path(configured);
}

function readProxy(jump: string | null, command: string | null, base: Parameters<typeof expandTokens>[1]): Proxy {
  if (jump !== null) return { kind: 'jump', hop: parseJump(jump) };
  if (command !== null) return { kind: 'command', command: expandTokens(command, base) };
  return { kind: 'none' };
}

const HOP = /^(?:ssh:\/\/)?(?:(?<user>[^@]+)@)?(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:[\]]+))(?::(?<port>\d+))?\/?$/;

/** Reads `first,second,user@last:port`. */
export function parseJump(text: string): JumpHop {
  const comma = text.lastIndexOf(',');
  const found = HOP.exec(text.slice(comma + 1))?.groups;
  const alias = found?.['bracketed'] ?? found?.['plain'];
  if (found === undefined || alias === undefined) throw new HoldpointError('bad_input', `ProxyJump "${text}" of the ssh config cannot be read`);
  const port = found['port'] === undefined ? null : Number(found['port']);
  return { alias, user: found['user'] ?? null, port, through: comma < 0 ? null : text.slice(0, comma) };
}
