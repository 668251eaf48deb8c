/** Host name → live link. One shared link per host, made on demand and made again when it is gone. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HoldpointError } from '../domain/failure-kind.ts';
import { Backoff } from './backoff.ts';
import type { HostLink, HostsOptions } from './host-link.ts';
import { openLocalLink } from './local-link.ts';
import { openSshLink } from './ssh-link.ts';

export type { HostLink, HostsOptions } from './host-link.ts';

export interface Hosts {
  /**
   * The link to `local` or to an alias of the ssh config; concurrent callers share one attempt, a failed attempt is not
   * kept. After a failed attempt, or a link that was lost soon, the next one is made a moment later, however many ask. Throws HoldpointError: unknown_host, host_unreachable, host_key_unknown, host_key_changed, host_auth_failed,
   * host_unsupported, node_missing, bad_input.
   */
  link(host: string): Promise<HostLink>;
  /** Ends all links and attempts; settles when nothing of them is left. May be repeated. */
  close(): Promise<void>;
}

export function createHosts(options: HostsOptions): Hosts {
  const places = new Map<string, Place>();
  const giveUp = new AbortController();

  const link = (host: string): Promise<HostLink> => {
    if (giveUp.signal.aborted) return Promise.reject(closedError());
    const place = places.get(host) ?? new Place(host, options, giveUp.signal);
    places.set(host, place);
    return place.link();
  };

  const close = async (): Promise<void> => {
    giveUp.abort();
    await Promise.all([...places.values()].map(place => place.close()));
  };

  return { link, close };
}

const closedError = (): HoldpointError => new HoldpointError('host_unreachable', 'The connections to hosts are closed');

/** A link that ends sooner counts as a failed attempt: a host program that dies at once is not started in a circle. */
const STEADY_MS = 2_000;

/** One host: its shared link or attempt, and when the next attempt may be. */
class Place {
  readonly #host: string;
  readonly #options: HostsOptions;
  readonly #giveUp: AbortSignal;
  readonly #backoff = new Backoff();
  #shared: Promise<HostLink> | undefined;

  constructor(host: string, options: HostsOptions, giveUp: AbortSignal) {
    this.#host = host;
    this.#options = options;
    this.#giveUp = giveUp;
  }

  link(): Promise<HostLink> {
    return this.#shared ??= this.#open();
  }

  async close(): Promise<void> {
    const link = await this.#shared?.catch(() => undefined);
    await link?.close();
  }

  async #open(): Promise<HostLink> {
    try {
      await sleep(this.#backoff.waitMs, undefined, { signal: this.#giveUp }).catch(() => Promise.reject(closedError()));
      const link = await (this.#host === 'local' ? openLocalLink(this.#options, this.#giveUp) : openSshLink(this.#host, this.#options, this.#giveUp));
      void this.#outlive(link);
      return link;
    } catch (error) {
      this.#shared = undefined;
      // Other failures are no matter of time, and nobody repeats them without having changed something.
      if (error instanceof HoldpointError && error.kind === 'host_unreachable') this.#backoff.failed();
      throw error;
    }
  }

  async #outlive(link: HostLink): Promise<void> {
    const since = performance.now();
    await link.closed;
    this.#shared = undefined;
    if (performance.now() - since < STEADY_MS) this.#backoff.failed();
    else this.#backoff.worked();
  }
}
