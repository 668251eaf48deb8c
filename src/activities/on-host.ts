/** Calls to a host that outlast a dropped link: made again for as long as the policy's patience allows. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { HostApi } from '../domain/host-api.ts';
import { guardedApi, type Guard } from './guarded-api.ts';
import type { Hosts } from '../ssh/hosts.ts';

/** The calls of many turns do not come back in one burst; how often the host itself is tried is for `Hosts` to say. */
const SPREAD_MS = 500;

export interface HostCall {
  hosts: Hosts;
  host: string;
  /** How long the host may stay away, counted from the first failure in a row. */
  patienceMs: number;
  signal: AbortSignal;
  /** Absent: nothing is known that would have to be kept out. */
  guard?: Guard;
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

/** Milliseconds of patience left; none is spent while the host answers. */
class Patience {
  readonly #ms: number;
  #failingSince: number | undefined;
  #last: unknown;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Throws `error` when the host has been away for too long, and anything that says something else at once. */
  failed(error: unknown): void {
    this.#failingSince ??= performance.now();
    this.#last = error;
    if (!isAway(error) || this.#leftMs() <= 0) throw error;
  }

  /** Settles as `attempt` does, or rejects with the latest failure when the patience is over before. */
  async bear<T>(attempt: Promise<T>): Promise<T> {
    const left = this.#leftMs();
    if (left > MAX_TIMER_MS) return attempt;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(this.#last), Math.max(0, left));
    return unlessAborted(late.signal, attempt).finally(() => clearTimeout(timer));
  }

  #leftMs(): number {
    return this.#failingSince === undefined ? Number.POSITIVE_INFINITY : this.#failingSince + this.#ms - performance.now();
  }
}

const MAX_TIMER_MS = 2 ** 31 - 1;

/** As `onHost`, for what can be left: null when the host stays away for longer than `patienceMs`. */
export async function onHostUnlessAway<T>(target: HostCall, call: (api: HostApi) => Promise<T>): Promise<T | null> {
  try {
    return await onHost(target, call);
  } catch (error) {
    if (isAway(error)) return null;
    throw error;
  }
}

/**
 * Runs `call` on the host; it must be safe to repeat. `host_unreachable` after `patienceMs` without an answer; any other
 * error at once. Cancelled by `signal`.
 */
export async function onHost<T>(target: HostCall, call: (api: HostApi) => Promise<T>): Promise<T> {
  const patience = new Patience(target.patienceMs);
  for (;;) {
    try {
      const link = await unlessAborted(target.signal, patience.bear(target.hosts.link(target.host)));
      return await unlessAborted(target.signal, call(target.guard ? guardedApi(link.api, target.guard) : link.api));
    } catch (error) {
      patience.failed(error);
    }
    await sleep(SPREAD_MS * Math.random(), undefined, { signal: target.signal }).catch(() => target.signal.throwIfAborted());
  }
}
