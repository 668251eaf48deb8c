/**
 * The run directory: one per key, readable by its owner alone.
 *   cmd      spec; first writer wins, whole or nothing          started  created once, synced before the exec
 *   child    identity of the process                            exit     complete or absent
 *   cgroup   the run's control group, where it has one          stored   there when all it wrote is kept elsewhere
 *   collected  files of the workspace that are kept with the run; complete or absent, there before exit
 *   out, err, gate, calls   append-only, one writer, offsets never move
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { ProcessIdentity, RunExit, RunSpec } from '../../domain/host-api.ts';
import { readJson, writeWhole } from '../durable.ts';
import { HostError } from '../host-error.ts';
import { bootId } from '../proc.ts';
import { openScope, type Scope } from './scope.ts';

export interface CommandFile {
  key: string;
  spec: RunSpec;
}

export interface StartedFile {
  key: string;
  supervisor: ProcessIdentity;
  bootId: string;
  /** RFC 3339. */
  startedAt: string;
  /** Name of the supervisor's socket in the run directory. */
  socket: string;
}

/** Where the run's control group is. */
export interface ScopeFile {
  path: string;
  bootId: string;
}

const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,510}$/;

/** Names a run's own files may not take. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set(['cmd', 'started', 'child', 'cgroup', 'exit', 'stored', 'out', 'err', 'gate', 'calls', 'collected', 'supervisor.log']);

/** The hash keeps a Unix socket's path short; the key itself is in `cmd`. */
export function runDirectory(stateDir: string, key: string): string {
  if (typeof key !== 'string' || !KEY.test(key)) throw new HostError('bad_input', `run key ${JSON.stringify(key)} is not made of letters, digits, ".", "_" and "-"`);
  return join(stateDir, 'runs', createHash('sha256').update(key).digest('hex').slice(0, 20));
}

/** Entry in the environment of everything a run starts. */
export const runMarker = (key: string): string => `HOLDPOINT_RUN=${key}`;

export const readCommand = async (dir: string): Promise<CommandFile | undefined> => (await readJson(join(dir, 'cmd'))) as CommandFile | undefined;

export const readStarted = async (dir: string): Promise<StartedFile | undefined> => (await readJson(join(dir, 'started'))) as StartedFile | undefined;

export const readChild = async (dir: string): Promise<ProcessIdentity | null> => ((await readJson(join(dir, 'child'))) as ProcessIdentity | undefined) ?? null;

/** Undefined where the run has none, or had it before a reboot. */
export async function readScope(dir: string): Promise<Scope | undefined> {
  const file = (await readJson(join(dir, 'cgroup'))) as ScopeFile | undefined;
  return file?.bootId === bootId() ? openScope(file.path) : undefined;
}

export const readExit = async (dir: string): Promise<RunExit | undefined> => (await readJson(join(dir, 'exit'))) as RunExit | undefined;

/** May be repeated; of a run that is not there (any more) nothing is noted. */
export async function noteStored(dir: string): Promise<void> {
  if (await readStarted(dir)) await writeWhole(join(dir, 'stored'), '{}');
}
