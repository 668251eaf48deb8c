/**
 * One server at a time on one data folder. The claim names the owner and the server: both alive refuses a second start; a
 * server whose owner was killed is on its way out (server-process.ts), so the next start waits for it.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { HoldpointError } from '../domain/failure-kind.ts';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts';
import { endProcess } from './server-process.ts';

interface Claim {
  owner: ProcessIdentity;
  /** Null while it is being started. */
  server: ProcessIdentity | null;
  /** Started to go on after its owner. */
  outlive: boolean;
}

export interface FolderClaim {
  /** Records the server that now runs. */
  serves(server: ProcessIdentity, outlive: boolean): void;
  drop(): void;
}

/** How long the server of a killed owner may take to end by itself before it is ended. */
const ORPHAN_GRACE_MS = 10_000;

/** Takes the folder; throws HoldpointError `folder_in_use` when somebody rightly holds it. */
export async function claimFolder(file: string, what: string, stopSignal: NodeJS.Signals): Promise<FolderClaim> {
  const before = readClaim(file);
  if (before) await endStale(before, what, stopSignal);
  if (before) rmSync(file, { force: true });
  if (!create(file, { owner: ownIdentity(), server: null, outlive: false })) throw inUse(what, readClaim(file));
  return {
    serves: (server, outlive) => replace(file, { owner: ownIdentity(), server: { pid: server.pid, start: server.start }, outlive }),
    drop: () => rmSync(file, { force: true }),
  };
}

async function endStale(claim: Claim, what: string, stopSignal: NodeJS.Signals): Promise<void> {
  const { owner, server, outlive } = claim;
  if (server ? isAlive(server) && (outlive || isAlive(owner)) : isAlive(owner)) throw inUse(what, claim);
  if (!server) return;
  const deadline = Date.now() + ORPHAN_GRACE_MS;
  while (isAlive(server) && Date.now() < deadline) await delay(50);
  await endProcess(server, stopSignal, ORPHAN_GRACE_MS);
}

/** A link is made whole or not at all, and never over an existing one. */
function create(file: string, claim: Claim): boolean {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, JSON.stringify(claim), { mode: 0o600 });
  try {
    linkSync(own, file);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  } finally {
    rmSync(own, { force: true });
  }
}

function replace(file: string, claim: Claim): void {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, JSON.stringify(claim), { mode: 0o600 });
  renameSync(own, file);
}

function inUse(what: string, claim: Claim | undefined): HoldpointError {
  const holder = claim?.server ?? claim?.owner;
  return new HoldpointError('folder_in_use', `${what} is in use${holder ? ` by process ${holder.pid}` : ''}`, {
    hint: claim?.outlive ? 'end it with `holdpoint down`' : `end process ${claim?.owner.pid ?? ''} first, which started it`,
    details: { pid: holder?.pid },
  });
}

function readClaim(file: string): Claim | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Claim;
  } catch {
    return undefined;
  }
}
