/**
 * The record of what `up` and `demo --keep` started, so that `down` ends exactly that: each process by pid and start mark, the
 * last started first. Written whole or not at all.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isAlive, type ProcessIdentity } from './process-identity.ts';
import { endProcess } from './server-process.ts';

export interface StartedProcess extends ProcessIdentity {
  /** 'postgres', 'temporal', 'worker' … */
  name: string;
  /** The signal that means an orderly stop; default SIGTERM. */
  stopSignal?: NodeJS.Signals;
  version?: string;
}

export interface Addresses {
  temporal: string;
  namespace: string;
  webUi: string;
  database: string;
}

export interface Started {
  /** In the order they were started. */
  processes: StartedProcess[];
  addresses: Addresses;
  /** The command in whose foreground it runs, and which ends the rest when it is ended; absent when left behind (`demo --keep`). */
  owner?: ProcessIdentity;
  /** What other commands need to reach it, besides the addresses: HOLDPOINT_ variables. */
  env?: Record<string, string>;
  /** The models are scripted ones. */
  scripted?: boolean;
}

/** Records; the file holds a database password, so only its owner reads it. May be repeated: the last record holds. */
export function recordStarted(file: string, started: Started): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(started, undefined, 2), { mode: 0o600 });
  renameSync(`${file}.${process.pid}`, file);
}

/** What is recorded and still runs; undefined when nothing of it does. */
export function readStarted(file: string): Started | undefined {
  let started: Started;
  try {
    started = JSON.parse(readFileSync(file, 'utf8')) as Started;
  } catch {
    return undefined;
  }
  const processes = started.processes.filter(isAlive);
  return processes.length === 0 ? undefined : { ...started, processes };
}

/**
 * Ends what is recorded and still runs, one after the other, and drops the record. Returns what it ended; empty when there
 * was nothing. May be repeated and may be broken off: the record goes last.
 */
export async function endStarted(file: string, graceMs = 30_000): Promise<StartedProcess[]> {
  const running = readStarted(file)?.processes ?? [];
  await endProcesses(running, graceMs);
  rmSync(file, { force: true });
  return running;
}

/** Ends each, the last started first; what is gone already is passed over. */
export async function endProcesses(processes: readonly StartedProcess[], graceMs = 30_000): Promise<void> {
  for (const process of [...processes].reverse()) await endProcess(process, process.stopSignal ?? 'SIGTERM', graceMs);
}
