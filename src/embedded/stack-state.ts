/**
 * `stack.json` in the data folder says what runs there and where it is reached, so that other commands find it and `down`
 * ends exactly that. It holds the database's password: mode 0600, replaced as a whole.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, type ProcessIdentity } from './process-identity.ts';
import { endProcess } from './server-process.ts';

export interface StackPart extends ProcessIdentity {
  name: string;
  version: string;
  /** The signal that means an orderly stop. */
  stopSignal: NodeJS.Signals;
}

export interface StackAddresses {
  database: string;
  temporal: string;
  namespace: string;
  webUi: string;
}

export interface StackState {
  /** The command in whose foreground the stack runs; null when it was left behind (`demo --keep`). */
  owner: ProcessIdentity | null;
  addresses: StackAddresses;
  /** In the order they are to be ended. */
  parts: StackPart[];
  /** What other commands need besides the addresses: HOLDPOINT_ variables. */
  env: Record<string, string>;
  /** Plays scripted models. */
  scripted: boolean;
}

const STOP_GRACE_MS = 20_000;
const fileIn = (dataDir: string): string => join(dataDir, 'stack.json');

export function writeStackState(dataDir: string, state: StackState): void {
  mkdirSync(dataDir, { recursive: true });
  const temporary = `${fileIn(dataDir)}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, fileIn(dataDir));
}

/** What is written, alive or not; undefined when there is none. */
export function readStackState(dataDir: string): StackState | undefined {
  try {
    return JSON.parse(readFileSync(fileIn(dataDir), 'utf8')) as StackState;
  } catch {
    return undefined;
  }
}

/** The stack that runs now: at least one of its parts lives. */
export function liveStack(dataDir: string): StackState | undefined {
  const state = readStackState(dataDir);
  return state?.parts.some(isAlive) ? state : undefined;
}

export const removeStackState = (dataDir: string): void => rmSync(fileIn(dataDir), { force: true });

/** Ends each part by its id, in order; parts that are gone are passed over. Gives the names of those it ended. */
export async function endParts(parts: readonly StackPart[]): Promise<string[]> {
  const ended: string[] = [];
  for (const part of parts) {
    if (!isAlive(part)) continue;
    await endProcess(part, part.stopSignal, STOP_GRACE_MS);
    ended.push(part.name);
  }
  return ended;
}
