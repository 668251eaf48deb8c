/** The byte stream SSH runs over: a TCP connection, the output of a ProxyCommand, or a channel of a jump host. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { HoldpointError } from '../domain/failure-kind.ts';
import { seconds } from './deadline.ts';
import type { Target } from './ssh-config.ts';

export interface Transport {
  stream: Duplex;
  /** How the stream gets there, for messages: empty for a direct connection. */
  through: string;
  /** Last words of a proxy on its standard error. */
  complaint(): string;
  /** Ends what carries the stream; settles when it is gone. May be repeated. */
  dispose(): Promise<void>;
}

/** Connects by TCP. Throws `host_unreachable` (or `unknown_host`) that tells name, refusal and silence apart. */
export async function connectTcp(target: Target, timeoutMs: number, signal: AbortSignal): Promise<Transport> {
  const socket = new Socket();
  socket.setNoDelay(true);
  let giveUp = (): void => undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      giveUp = () => reject(Object.assign(new Error('given up'), { code: 'ABORT_ERR' }));
      if (signal.aborted) giveUp();
      signal.addEventListener('abort', giveUp);
      socket.setTimeout(timeoutMs, () => reject(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
      socket.once('error', reject).once('connect', resolve);
      socket.connect({ host: target.hostname, port: target.port, family: target.addressFamily });
    });
  } catch (error) {
    socket.destroy();
    throw tcpError(target, timeoutMs, error as NodeJS.ErrnoException);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
  socket.setTimeout(0);
  socket.removeAllListeners('timeout');
  return { stream: socket, through: '', complaint: () => '', dispose: () => destroyed(socket) };
}

function tcpError(target: Target, timeoutMs: number, error: NodeJS.ErrnoException): HoldpointError {
  const place = `${target.hostname} port ${target.port}`;
  const prefix = `Host "${target.alias}" cannot be reached:`;
  const causes = error instanceof AggregateError ? (error.errors as NodeJS.ErrnoException[]) : [error];
  const code = error.code ?? causes[0]?.code ?? '';
  if (/^(ENOTFOUND|EAI_|ENODATA)/.test(code)) return nameError(target, prefix, error);
  const text: Record<string, string> = {
    ECONNREFUSED: `${place} refuses connections; is an SSH server running there, on that port?`,
    ETIMEDOUT: `${place} did not answer within ${seconds(timeoutMs)}`,
    ABORT_ERR: 'the attempt was given up',
  };
  return new HoldpointError('host_unreachable', `${prefix} ${text[code] ?? `${place}: ${error.message || code}`}`, { cause: error });
}

function nameError(target: Target, prefix: string, error: NodeJS.ErrnoException): HoldpointError {
  if (target.named || error.code === 'EAI_AGAIN') {
    return new HoldpointError('host_unreachable', `${prefix} the name ${target.hostname} cannot be resolved (${error.code})`, { cause: error });
  }
  return new HoldpointError('unknown_host', `There is no host "${target.alias}": your ssh config does not name it, and the name does not resolve`, {
    hint: `Add it to ~/.ssh/config, for example:\nHost ${target.alias}\n  HostName 192.0.2.10\n  User me\n  IdentityFile ~/.ssh/id_ed25519`,
    cause: error,
  });
}

export async function destroyed(stream: Duplex): Promise<void> {
  if (stream.closed) return;
  const closed = new Promise<void>(resolve => {
    stream.once('close', resolve);
  });
  stream.on('error', () => undefined);
  stream.destroy();
  await closed;
}

const KEPT_WORDS = 2000;

/** Starts the ProxyCommand as OpenSSH does, by a shell that `exec`s it. */
export function startProxyCommand(command: string): Transport {
  const child = spawn('sh', ['-c', `exec ${command}`], { stdio: ['pipe', 'pipe', 'pipe'] });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-KEPT_WORDS);
  });
  child.on('error', () => undefined);
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  return {
    stream,
    through: ` through ProxyCommand "${command}"`,
    complaint: () => words.trim(),
    dispose: async () => {
      await Promise.all([destroyed(stream), hungUp(child)]);
    },
  };
}

const HANG_UP_GRACE_MS = 2000;

async function hungUp(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>(resolve => {
    child.once('exit', () => resolve());
  });
  child.kill('SIGHUP');
  const insist = setTimeout(() => child.kill('SIGKILL'), HANG_UP_GRACE_MS);
  await gone;
  clearTimeout(insist);
}
