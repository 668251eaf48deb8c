/** Host name → live link. One shared link per host, made on demand and made again when it is gone. */
import { HoldpointError } from '../domain/failure-kind.ts';
import type { HostLink, HostsOptions } from './host-link.ts';
import { openLocalLink } from './local-link.ts';
import { openSshLink } from './ssh-link.ts';

export type { HostLink, HostsOptions } from './host-link.ts';

export interface Hosts {
  /**
   * The link to `local` or to an alias of the ssh config; concurrent callers share one attempt, a failed attempt is not
   * kept. Throws HoldpointError: unknown_host, host_unreachable, host_key_unknown, host_key_changed, host_auth_failed,
   * host_unsupported, node_missing, bad_input.
   */
  link(host: string): Promise<HostLink>;
  /** Ends all links and attempts; settles when nothing of them is left. May be repeated. */
  close(): Promise<void>;
}

export function createHosts(options: HostsOptions): Hosts {
  const links = new Map<string, Promise<HostLink>>();
  const giveUp = new AbortController();
  const open = (host: string): Promise<HostLink> => (host === 'local' ? openLocalLink(options, giveUp.signal) : openSshLink(host, options, giveUp.signal));

  const link = (host: string): Promise<HostLink> => {
    if (giveUp.signal.aborted) return Promise.reject(new HoldpointError('host_unreachable', 'The connections to hosts are closed'));
    const shared = links.get(host);
    if (shared) return shared;
    const attempt = open(host);
    links.set(host, attempt);
    const forget = (): void => {
      if (links.get(host) === attempt) links.delete(host);
    };
    attempt.then(made => made.closed.then(forget), forget);
    return attempt;
  };

  const close = async (): Promise<void> => {
    const open = [...links.values()];
    giveUp.abort();
    await Promise.allSettled(open.map(async attempt => (await attempt).close()));
  };

  return { link, close };
}
