/**
 * One signed-in SSH connection: transport, pinned algorithms, host key against known_hosts, sign-in, keepalive.
 * Jump hosts are connections of the same kind, each with its own key check.
 */
import { createRequire } from 'node:module';
import ssh2 from 'ssh2';
import type { ConnectConfig } from 'ssh2';
import { HoldpointError } from '../domain/failure-kind.ts';
import { connectionError, lostError } from './connection-errors.ts';
import { loadCredentials } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import { fingerprint, hostKeyAlgorithms, hostKeyError, keyType, revokedKey } from './host-key.ts';
import type { HostsOptions } from './host-link.ts';
import { isRevokedByList, lookUpHostKeys } from './known-hosts.ts';
import type { KnownKey } from './known-hosts.ts';
import { resolveTarget } from './ssh-config.ts';
import type { JumpHop, Target } from './ssh-config.ts';
import { connectTcp, startProxyCommand } from './transport.ts';
import type { Transport } from './transport.ts';

export interface SshConnection {
  client: ssh2.Client;
  target: Target;
  serverVersion: string | null;
  /** Settles with the reason when the connection is gone; never rejects. */
  closed: Promise<Error>;
  /** Settles when the sockets and the jump hosts are closed. May be repeated. */
  close(): Promise<void>;
}

const ALGORITHMS = {
  kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org'],
  // AES first: without ssh2's native binding it is half again as fast as chacha20.
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'chacha20-poly1305@openssh.com'],
  compress: ['none'],
} satisfies ConnectConfig['algorithms'];

const MAX_HOPS = 8;

/**
 * Connects and signs in to a host of the ssh config. Throws HoldpointError: unknown_host, host_unreachable,
 * host_key_unknown, host_key_changed, host_auth_failed, bad_input. Leaves nothing open when it throws; `signal` gives up.
 */
export async function connectSsh(hop: JumpHop, options: HostsOptions, signal: AbortSignal, depth = 0): Promise<SshConnection> {
  if (depth > MAX_HOPS) throw new HoldpointError('bad_input', `The ssh config sends "${hop.alias}" through more than ${MAX_HOPS} jump hosts: is it a circle?`);
  const target = await resolveTarget(hop, options);
  const known = await lookUpHostKeys(target);
  const credentials = await loadCredentials(target);
  const timeoutMs = target.connectTimeoutMs ?? options.connectTimeoutMs;
  const transport = await openTransport(target, options, timeoutMs, signal, depth);
  try {
    return await signIn({ target, known, credentials, transport, timeoutMs, options, signal });
  } catch (error) {
    await transport.dispose();
    throw error;
  }
}

async function openTransport(target: Target, options: HostsOptions, timeoutMs: number, signal: AbortSignal, depth: number): Promise<Transport> {
  switch (target.proxy.kind) {
    case 'none': return connectTcp(target, timeoutMs, signal);
    case 'command': return startProxyCommand(target.proxy.command);
    case 'jump': return forward(await connectSsh(target.proxy.hop, options, signal, depth + 1), target);
  }
}

async function forward(jump: SshConnection, target: Target): Promise<Transport> {
  const through = ` through "${jump.target.alias}"`;
  const stream = await new Promise<ssh2.ClientChannel>((resolve, reject) => {
    jump.client.forwardOut('127.0.0.1', 0, target.hostname, target.port, (error, channel) => (error ? reject(error) : resolve(channel)));
  }).catch(async (error: Error) => {
    await jump.close();
    throw new HoldpointError('host_unreachable', `Host "${target.alias}" cannot be reached${through}: ${error.message}`, { cause: error });
  });
  return { stream, through, complaint: () => '', dispose: () => jump.close() };
}

interface SignIn {
  target: Target;
  known: KnownKey[];
  credentials: Credentials;
  transport: Transport;
  timeoutMs: number;
  options: HostsOptions;
  signal: AbortSignal;
}

async function signIn(attempt: SignIn): Promise<SshConnection> {
  const { target, transport, signal } = attempt;
  const client = new ssh2.Client();
  const refusal: { error?: Error } = {};
  const ready = Promise.withResolvers<void>();
  const closed = new Promise<Error>(resolve => {
    let reason: Error | undefined;
    client.on('ready', () => ready.resolve());
    // A failing agent is not the end: the next method is tried.
    client.on('error', (error: Error & { level?: string }) => {
      if (error.level === 'agent') attempt.credentials.skipped.push(`the agent (${error.message})`);
      else ready.reject(reason ??= error);
    });
    client.on('close', () => {
      ready.reject(reason ??= new Error('the connection was closed'));
      resolve(lostError(target, reason));
    });
  });
  const giveUp = (): void => void transport.stream.destroy();
  signal.addEventListener('abort', giveUp);
  try {
    if (signal.aborted) throw new Error('the attempt was given up');
    client.connect(clientConfig(attempt, refusal));
    await ready.promise;
  } catch (error) {
    ready.promise.catch(() => undefined);
    throw refusal.error ?? connectionError(target, attempt.credentials, transport, attempt.timeoutMs, error as Error);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
  return { client, target, closed, serverVersion: serverVersion(client), close: () => end(client, transport, closed) };
}

function clientConfig(attempt: SignIn, refusal: { error?: Error }): ConnectConfig {
  const { target, known, credentials, transport, options } = attempt;
  const { intervalMs, countMax } = target.keepalive ?? options.keepalive;
  return {
    sock: transport.stream,
    username: target.user,
    readyTimeout: attempt.timeoutMs,
    keepaliveInterval: intervalMs,
    keepaliveCountMax: countMax,
    agentForward: false,
    algorithms: { ...ALGORITHMS, serverHostKey: hostKeyAlgorithms(known) },
    authHandler: credentials.handler,
    hostVerifier: (key: Buffer, decide: (accepted: boolean) => void) => {
      void checkHostKey(target, known, key).then(error => {
        if (error) refusal.error = error;
        decide(error === undefined);
      });
    },
  };
}

/** Any fault on the way to a verdict refuses. */
async function checkHostKey(target: Target, known: KnownKey[], key: Buffer): Promise<Error | undefined> {
  const refused = hostKeyError(target, known, key);
  if (refused) return refused;
  const list = target.revokedHostKeys;
  const revoked = await isRevokedByList(list, `${keyType(key)} ${key.toString('base64')}`).catch((error: Error) => error);
  if (revoked instanceof Error) return revoked;
  return revoked ? revokedKey(target, list ?? '', `${keyType(key)} ${fingerprint(key)}`) : undefined;
}

const CLOSE_GRACE_MS = 1000;

async function end(client: ssh2.Client, transport: Transport, closed: Promise<Error>): Promise<void> {
  const insist = setTimeout(() => transport.stream.destroy(), CLOSE_GRACE_MS);
  client.end();
  await closed;
  clearTimeout(insist);
  await transport.dispose();
}

/** ssh2 keeps the server's software version to itself; null should it ever be renamed. */
function serverVersion(client: ssh2.Client): string | null {
  const version = (client as unknown as { _remoteVer?: unknown })._remoteVer;
  return typeof version === 'string' ? version : null;
}

/** ssh2 falls back to JavaScript without a word when its compiled part does not fit this Node. */
export function cryptoBinding(): 'native' | 'js' {
  const crypto = createRequire(import.meta.url)('ssh2/lib/protocol/crypto.js') as { bindingAvailable?: boolean };
  return crypto.bindingAvailable === true ? 'native' : 'js';
}
