/** What the rest of the service sees of a host: one live JSON-RPC connection to the program beside the code. */
import type { HostApi, HostHello } from '../domain/host-api.ts';

export interface HostLink {
  readonly name: string;
  readonly api: HostApi;
  readonly hello: HostHello;
  /** Settles with the reason when the link is gone; never rejects. */
  readonly closed: Promise<Error>;
  /** Ends the link and waits until nothing of it is left. May be repeated. Runs on the host are not touched. */
  close(): Promise<void>;
  readonly via: 'local' | 'ssh';
  /** How the SSH server names itself; null for `local`. */
  readonly serverVersion: string | null;
  /** Which cryptography carries the connection: `js` costs about twice the CPU time. Null for `local`. */
  readonly cryptoBinding: 'native' | 'js' | null;
}

export interface HostsOptions {
  /** The host program, one file; uploaded to `~/.cache/holdpoint/<sha256>.mjs` when absent. */
  bundlePath: string;
  /** The worker's own Node, uploaded when the host has none that is new enough. */
  nodeBinary: string;
  /** Replaces the user's ssh config (`ssh -F`); null: the user's own. */
  sshConfigFile: string | null;
  sshAgentSocket: string | null;
  /** `--state` of the host program; null: its default. */
  stateDir: string | null;
  /**
   * A silent link is given up after countMax + 1 intervals: SSH's own keepalive, for which ServerAliveInterval of the ssh config
   * goes first, and the host program's, which is asked while a call is pending.
   */
  keepalive: { intervalMs: number; countMax: number };
  /** Of each stage: network connection, handshake with sign-in, first answer. ConnectTimeout of the ssh config goes first. */
  connectTimeoutMs: number;
  /** Of one call, beside the time the call itself asks the host to wait. */
  callTimeoutMs: number;
  /** Environment of the child for `local`. */
  env?: Record<string, string>;
}
