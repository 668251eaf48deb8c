/**
 * The typed caller's side of the JSON-RPC channel: every call has an end, a lost link ends all of them, and errors of
 * the host come back as errors of the project.
 */
import type { Readable, Writable } from 'node:stream';
import { CancellationTokenSource, ErrorCodes, ResponseError, StreamMessageReader, StreamMessageWriter, createMessageConnection } from 'vscode-jsonrpc/node';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { FailureKind } from '../domain/failure-kind.ts';
import { HOST_METHODS } from '../domain/host-api.ts';
import type { HostApi, HostErrorKind, HostMethod } from '../domain/host-api.ts';
import { seconds, within } from './deadline.ts';
import { PendingCalls } from './pending-calls.ts';
import { Pulse } from './pulse.ts';

export interface RpcOptions {
  host: string;
  callTimeoutMs: number;
  /** Of the host program: it is asked for a sign of life each interval while a call is pending. */
  keepalive: { intervalMs: number; countMax: number };
  /** Settles when the link is gone. */
  lost: Promise<Error>;
  /** Called once, before `onBroken`, when the host program hangs. */
  onSilent(): void;
  /** Called once when the other side breaks the protocol or no longer answers. */
  onBroken(reason: HoldpointError): void;
}

/** Serves `HostApi` over two streams. `dispose` rejects what is pending. */
export function openRpc(readable: Readable, writable: Writable, options: RpcOptions): { api: HostApi; dispose(): void } {
  const connection = createMessageConnection(new StreamMessageReader(readable), new StreamMessageWriter(writable));
  const broken = (what: string): void => options.onBroken(new HoldpointError('host_unreachable', `The connection to host "${options.host}" is lost: ${what}`));
  connection.onError(([error]) => broken(error.message));
  connection.onClose(() => broken('the host program ended'));
  const ask = async (): Promise<unknown> => connection.sendRequest('hello', {});
  const pulse = new Pulse({
    ...options.keepalive,
    ask: () => void ask().catch(() => undefined),
    stopped: () => {
      options.onSilent();
      broken('the host program does not answer');
    },
  });
  readable.on('data', () => pulse.heard());
  connection.listen();
  const caller = new Caller(connection, options, pulse);
  const api = Object.fromEntries(HOST_METHODS.map(method => [method, (params: object) => caller.call(method, params)]));
  return { api: api as unknown as HostApi, dispose: () => end(connection, pulse) };
}

function end(connection: MessageConnection, pulse: Pulse): void {
  pulse.end();
  connection.dispose();
}

class Caller {
  readonly #connection: MessageConnection;
  readonly #options: RpcOptions;
  readonly #pending: PendingCalls;
  readonly #pulse: Pulse;

  constructor(connection: MessageConnection, options: RpcOptions, pulse: Pulse) {
    this.#connection = connection;
    this.#options = options;
    this.#pending = new PendingCalls(options.lost);
    this.#pulse = pulse;
  }

  async call(method: HostMethod, params: object): Promise<unknown> {
    const limitMs = this.#options.callTimeoutMs + askedToWait(params);
    const cancellation = new CancellationTokenSource();
    const late = (): Error => {
      cancellation.cancel();
      return new HoldpointError('host_unreachable', `Host "${this.#options.host}" did not answer "${method}" within ${seconds(limitMs)}`);
    };
    try {
      const answer = this.#connection.sendRequest<unknown>(method, params, cancellation.token);
      return await this.#pulse.during(within(this.#pending.untilLost(answer), limitMs, late));
    } catch (error) {
      throw await this.#explain(error);
    } finally {
      cancellation.dispose();
    }
  }

  /** A stream that breaks fails the call first and names the reason a moment later. */
  async #explain(error: unknown): Promise<unknown> {
    if (error instanceof HoldpointError) return error;
    if (error instanceof ResponseError && isAnswer(error)) return hostError(this.#options.host, error);
    const reason = error instanceof Error ? error.message : String(error);
    const unexplained = new HoldpointError('host_unreachable', `The connection to host "${this.#options.host}" is lost: ${reason}`, { cause: error });
    return within(this.#options.lost, REASON_GRACE_MS, () => unexplained).catch(() => unexplained);
  }
}

const REASON_GRACE_MS = 500;

function askedToWait(params: object): number {
  const { waitMs = 0, graceMs = 0 } = params as { waitMs?: number; graceMs?: number };
  return waitMs + graceMs;
}

/** vscode-jsonrpc makes errors of the same class for what happens on this side of the wire. */
const OUR_SIDE: readonly number[] = [
  ErrorCodes.MessageWriteError, ErrorCodes.MessageReadError, ErrorCodes.PendingResponseRejected, ErrorCodes.ConnectionInactive,
];
const isAnswer = (error: ResponseError<unknown>): boolean => !OUR_SIDE.includes(error.code);

const KINDS: Record<HostErrorKind, FailureKind> = {
  workspace_missing: 'workspace_missing',
  workspace_not_writable: 'workspace_not_writable',
  stale_fence: 'stale_fence',
  bad_input: 'bad_input',
  git_missing: 'git_missing',
  unknown_tree: 'unknown_target',
  workspace_busy: 'workspace_busy',
  internal: 'internal',
};

const isHostErrorKind = (kind: unknown): kind is HostErrorKind => typeof kind === 'string' && Object.hasOwn(KINDS, kind);

function hostError(host: string, error: ResponseError<unknown>): HoldpointError {
  const { kind, hint, details } = (error.data ?? {}) as { kind?: unknown; hint?: unknown; details?: unknown };
  return new HoldpointError(isHostErrorKind(kind) ? KINDS[kind] : 'internal', `Host "${host}": ${error.message}`, {
    ...(typeof hint === 'string' && { hint }),
    ...(typeof details === 'object' && details !== null && { details: details as Record<string, unknown> }),
    cause: error,
  });
}
