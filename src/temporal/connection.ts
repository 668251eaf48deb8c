/**
 * Connections to Temporal. Where to is decided as everywhere in Temporal: given address, then TEMPORAL_* variables, then
 * the profile of the user's temporal.toml (the `temporal` CLI reads the same).
 */
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnection, NativeConnectionOptions } from '@temporalio/worker';
import { HoldpointError } from '../domain/failure-kind.ts';

export interface TemporalOptions {
  /** The environment of the process; only entry points read it. */
  env: Record<string, string | undefined>;
  /** Overrides environment and profile. */
  address?: string;
  namespace?: string;
  /** How long to try; default 5 s. */
  deadlineMs?: number;
}

export interface TemporalTarget {
  address: string;
  namespace: string;
  connection: NativeConnectionOptions;
}

export interface Temporal {
  client: Client;
  connection: Connection;
  address: string;
  namespace: string;
  close(): Promise<void>;
}

const DEFAULT_ADDRESS = '127.0.0.1:7233';
const DEFAULT_DEADLINE_MS = 5_000;

function defined(env: TemporalOptions['env']): Record<string, string> {
  const entries = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries);
}

/** Where Temporal is. `bad_input` when the profile cannot be read. Connects nowhere. */
export function temporalTarget(options: TemporalOptions): TemporalTarget {
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: defined(options.env) });
    const address = options.address ?? connectionOptions.address ?? DEFAULT_ADDRESS;
    return { address, namespace: options.namespace ?? namespace ?? 'default', connection: { ...connectionOptions, address } };
  } catch (cause) {
    throw new HoldpointError('bad_input', `Temporal's settings cannot be read: ${messageOf(cause)}`, {
      hint: 'see TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE and the file they name', cause,
    });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The one sentence for a Temporal that does not answer, with the way out. */
export function unreachable(address: string, cause?: unknown): HoldpointError {
  return new HoldpointError('temporal_unreachable', `Temporal does not answer at ${address}`, {
    hint: 'start one with `holdpoint up`, or say where it is in TEMPORAL_ADDRESS', cause,
  });
}

/** A connection for starting, asking and answering. `temporal_unreachable` after the deadline. Close it when done. */
export async function connectTemporal(options: TemporalOptions): Promise<Temporal> {
  const { address, namespace, connection: settings } = temporalTarget(options);
  const connectTimeout = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
  const connection = await Connection.connect({ ...settings, connectTimeout }).catch((cause: unknown) => {
    throw unreachable(address, cause);
  });
  const client = new Client({ connection, namespace });
  return { client, connection, address, namespace, close: () => connection.close() };
}

async function before<T>(deadlineMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** The connection workers poll with. `temporal_unreachable` after the deadline. Close it after the workers have ended. */
export async function connectNative(options: TemporalOptions): Promise<{ connection: NativeConnection; address: string; namespace: string }> {
  const { address, namespace, connection: settings } = temporalTarget(options);
  // Commands that start, ask and answer do without the worker's native part, which takes long to load.
  const { NativeConnection: Native } = await import('@temporalio/worker');
  const connecting = Native.connect(settings);
  const connection = await before(options.deadlineMs ?? DEFAULT_DEADLINE_MS, connecting).catch((cause: unknown) => {
    connecting.then((late) => late.close(), () => undefined);
    throw unreachable(address, cause);
  });
  return { connection, address, namespace };
}
