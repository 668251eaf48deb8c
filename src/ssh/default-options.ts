/** How hosts are reached from this machine: the same for the worker and for `doctor`. */
import type { HostsOptions } from './host-link.ts';

export interface HostPlaces {
  bundlePath: string;
  sshConfigFile: string | null;
  stateDir: string | null;
  /** Environment of this process, as the entry point read it. */
  env: Readonly<Record<string, string | undefined>>;
}

/** A silent link is given up after (3 + 1) × 5 s. */
const KEEPALIVE = { intervalMs: 5_000, countMax: 3 };
const CONNECT_TIMEOUT_MS = 15_000;
/** Beside the time a call itself asks to wait: the slowest is the first snapshot of a large workspace. */
const CALL_TIMEOUT_MS = 120_000;

/** What a process on this machine inherits as the host `local`. Credentials of the service stay out. */
const LOCAL_ENV = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TMPDIR', 'TZ', 'XDG_CACHE_HOME'];

export function defaultHostsOptions({ env, ...places }: HostPlaces): HostsOptions {
  const local = LOCAL_ENV.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return {
    ...places,
    nodeBinary: process.execPath,
    sshAgentSocket: env.SSH_AUTH_SOCK ?? null,
    keepalive: KEEPALIVE,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    callTimeoutMs: CALL_TIMEOUT_MS,
    env: Object.fromEntries(local),
  };
}
