/**
 * JSON-RPC 2.0 over standard input and output. Standard output carries nothing else; logs go to standard error.
 * A request that the caller cancels has its signal aborted, which ends a long poll.
 */
import { createMessageConnection, ResponseError, StreamMessageReader, StreamMessageWriter, type CancellationToken } from 'vscode-jsonrpc/node';
import type { HostApi, HostMethod } from '../domain/host-api.ts';
import { HOST_METHODS } from '../domain/host-api.ts';
import { errorText, HostError } from './host-error.ts';

/** A method of the API as it is written here: the signal is aborted when the caller gives up. */
export type Handler<M extends HostMethod> = (p: Parameters<HostApi[M]>[0], signal: AbortSignal) => ReturnType<HostApi[M]>;

export type Handlers = { readonly [M in HostMethod]: Handler<M> };

// -32000 is the first code JSON-RPC leaves to servers.
const SERVER_ERROR = -32000;

function toResponseError(error: unknown): ResponseError<{ kind: string; details?: unknown }> {
  const { kind, details } = error instanceof HostError ? error : { kind: 'internal', details: undefined };
  return new ResponseError(SERVER_ERROR, errorText(error), { kind, ...(details && { details }) });
}

async function answer<M extends HostMethod>(handler: Handler<M>, params: unknown, token: CancellationToken): Promise<unknown> {
  const gaveUp = new AbortController();
  const subscription = token.onCancellationRequested(() => gaveUp.abort());
  try {
    if (typeof params !== 'object' || params === null) throw new HostError('bad_input', 'parameters must be one object');
    return await handler(params as Parameters<HostApi[M]>[0], gaveUp.signal);
  } catch (error) {
    throw toResponseError(error);
  } finally {
    subscription.dispose();
  }
}

/** Serves the handlers; resolves when standard input has ended. */
export function serveRpc(handlers: Handlers, input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Promise<void> {
  const connection = createMessageConnection(new StreamMessageReader(input), new StreamMessageWriter(output));
  for (const method of HOST_METHODS) {
    connection.onRequest(method, (params: unknown, token: CancellationToken) => answer<HostMethod>(handlers[method] as Handler<HostMethod>, params, token));
  }
  return new Promise((resolve) => {
    connection.onClose(() => resolve());
    connection.onError(() => resolve());
    connection.listen();
  });
}
