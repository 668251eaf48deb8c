/**
 * Servers of our own that can go away and come back: same address, same data. For the drill and for tests; never for a server
 * that somebody else uses, because a restart takes it from everybody.
 */
import { startPostgres, type EmbeddedPostgresOptions } from './postgres.ts';
import { signalProcess, type ProcessIdentity } from './process-identity.ts';
import { startTemporal, type EmbeddedTemporalOptions } from './temporal.ts';

/** `orderly`: the server says goodbye to its clients. `crash`: it does not, and recovers when it comes back. */
export type Stop = 'orderly' | 'crash';

export interface Restartable {
  /** Returns when it is gone. May be repeated. */
  stop(how?: Stop): Promise<void>;
  /** Returns when it serves again. May be repeated. */
  start(): Promise<void>;
  restart(how?: Stop): Promise<void>;
}

interface Server extends ProcessIdentity {
  exited: Promise<void>;
  stop(): Promise<void>;
}

function restartable<S extends Server>(first: S, again: () => Promise<S>, crashSignal: NodeJS.Signals): Restartable {
  let server: S | undefined = first;
  const stop = async (how: Stop = 'orderly'): Promise<void> => {
    const going = server;
    server = undefined;
    if (going && how === 'crash') {
      signalProcess(going, crashSignal);
      await going.exited;
    }
    await going?.stop();
  };
  const start = async (): Promise<void> => {
    server ??= await again();
  };
  return { stop, start, restart: (how) => stop(how).then(start) };
}

/** As `startPostgres`; comes back on the port it had. The database is not migrated here. */
export async function startRestartablePostgres(options: EmbeddedPostgresOptions): Promise<Restartable & { url: string }> {
  const first = await startPostgres(options);
  // SIGQUIT is Postgres' immediate shutdown: no checkpoint, no word to clients, recovery at the next start.
  return { url: first.url, ...restartable(first, () => startPostgres({ ...options, port: first.port }), 'SIGQUIT') };
}

const portOf = (address: string): number => Number(address.split(':').at(-1));

/** As `startTemporal`; comes back on the ports it had. */
export async function startRestartableTemporal(options: EmbeddedTemporalOptions): Promise<Restartable & { address: string; namespace: string }> {
  const first = await startTemporal(options);
  const ports = { port: portOf(first.address), uiPort: portOf(first.uiUrl) };
  return { address: first.address, namespace: options.namespace, ...restartable(first, () => startTemporal({ ...options, ...ports }), 'SIGKILL') };
}
