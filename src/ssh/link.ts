/** Makes a HostLink of a started host program, whatever carries its bytes. */
import type { Readable, Writable } from 'node:stream';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { HostApi, HostHello } from '../domain/host-api.ts';
import { seconds, within } from './deadline.ts';
import type { HostLink, HostsOptions } from './host-link.ts';
import { openRpc } from './rpc-client.ts';

export interface Program {
  readable: Readable;
  writable: Writable;
  /** Last words on its standard error. */
  complaint(): string;
  /** Settles when what carries the program is gone. */
  gone: Promise<Error>;
  /** Begins to end a program that hangs, by its pid on the host; `end` waits for it. */
  kill(pid: number): void;
  /** Ends program and carrier; settles when nothing is left. May be repeated. */
  end(): Promise<void>;
}

type About = Pick<HostLink, 'name' | 'via' | 'serverVersion' | 'cryptoBinding'>;

/** Opens JSON-RPC and waits for the first answer. Ends the program when it throws. */
export async function establish(program: Program, about: About, options: HostsOptions): Promise<HostLink> {
  const { promise: broken, resolve: onBroken } = Promise.withResolvers<Error>();
  const closed = Promise.race([program.gone, broken.then(reason => within(program.gone, REASON_GRACE_MS, () => reason).catch(() => reason))]);
  const complaint = (reason: HoldpointError): HoldpointError =>
    program.complaint() === '' ? reason : new HoldpointError(reason.kind, `${reason.message}. Its last words: ${program.complaint()}`);
  let pid: number | undefined;
  const rpc = openRpc(program.readable, program.writable, {
    host: about.name, callTimeoutMs: options.callTimeoutMs, keepalive: options.keepalive, lost: closed,
    onSilent: () => {
      if (pid !== undefined) program.kill(pid);
    },
    onBroken: reason => onBroken(complaint(reason)),
  });
  const close = async (): Promise<void> => {
    onBroken(new HoldpointError('host_unreachable', `The connection to host "${about.name}" was closed`));
    await program.end();
    rpc.dispose();
  };
  // A link that is gone in part (a dead program on a live connection) is ended as a whole.
  void closed.then(close);
  try {
    const hello = await firstAnswer(rpc.api, about.name, program, options.connectTimeoutMs);
    pid = hello.pid;
    return { ...about, api: rpc.api, hello, closed, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The stream ends a moment before its carrier says why. */
const REASON_GRACE_MS = 300;

async function firstAnswer(api: HostApi, host: string, program: Program, timeoutMs: number): Promise<HostHello> {
  const late = (): Error => new HoldpointError('host_unreachable', `The host program on "${host}" did not answer within ${seconds(timeoutMs)}. ${program.complaint()}`.trim());
  const hello = await within(api.hello({}), timeoutMs, late);
  if (hello.platform === 'linux') return hello;
  throw new HoldpointError('host_unsupported', `Host "${host}" runs ${hello.platform}; Holdpoint supervises agents on Linux hosts only`);
}
