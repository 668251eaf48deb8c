/** Calls to a host that outlast a dropped link: reconnect with back-off for as long as the policy's patience allows. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { HostApi } from '../domain/host-api.ts';
import type { Hosts } from '../ssh/hosts.ts';

const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 5_000;

export interface HostCall {
  hosts: Hosts;
  host: string;
  /** How long the host may stay away, counted from the first failure in a row. */
  patienceMs: number;
  signal: AbortSignal;
}

/** Settles with `work`, or rejects with the signal's reason as soon as that aborts; `work` itself goes on unheard. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    work.catch(() => undefined);
  }
}

/** The same host, for what must still be ended there after the caller was cancelled. Gives up after `deadlineMs`, with a sentence. */
export function toTheEnd(target: HostCall, deadlineMs: number): HostCall {
  const { host } = target;
  const late = new AbortController();
  const message = `cancelled, but host ${host} was not there for ${deadlineMs / 1000} s to end what runs on it: whoever claims the workspace next ends it`;
  setTimeout(() => late.abort(new HoldpointError('internal', message)), deadlineMs).unref();
  return { ...target, patienceMs: Number.POSITIVE_INFINITY, signal: late.signal };
}

const isAway = (error: unknown): boolean => error instanceof HoldpointError && error.kind === 'host_unreachable';

/**
 * Runs `call` on the host; it must be safe to repeat. `host_unreachable` after `patienceMs` without an answer; any other
 * error at once. Cancelled by `signal`.
 */
export async function onHost<T>(target: HostCall, call: (api: HostApi) => Promise<T>): Promise<T> {
  let failingSince: number | null = null;
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(delay * 2, MAX_DELAY_MS)) {
    try {
      const link = await unlessAborted(target.signal, target.hosts.link(target.host));
      return await unlessAborted(target.signal, call(link.api));
    } catch (error) {
      failingSince ??= Date.now();
      if (!isAway(error) || Date.now() - failingSince + delay > target.patienceMs) throw error;
    }
    await sleep(delay * (0.5 + Math.random()), undefined, { signal: target.signal }).catch(() => target.signal.throwIfAborted());
  }
}
