/**
 * Keeps snapshots and the sweep of their store out of each other's way without a lock that a killed process could leave behind. A sweep
 * counts itself before it looks at what is named; a snapshot looks at the count after it has named what it found. So either the sweep
 * sees the name, or the snapshot sees the sweep and is done again.
 */
import { randomBytes } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessIdentity } from '../../domain/host-api.ts';
import { readJson } from '../durable.ts';
import { bootId, identityOf, isAlive } from '../proc.ts';

interface Sweeps {
  /** Sweeps that have begun. */
  count: number;
  boot: string;
  /** Who takes objects away: over when all of them have ended. */
  sweepers: ProcessIdentity[];
}

const LOOK_AGAIN_MS = 50;

const fileOf = (gitDir: string): string => join(dirname(gitDir), 'sweeps');

const read = async (gitDir: string): Promise<Sweeps> => ((await readJson(fileOf(gitDir))) as Sweeps | undefined) ?? { count: 0, boot: '', sweepers: [] };

const isOver = ({ boot, sweepers }: Sweeps): boolean => sweepers.length === 0 || boot !== bootId() || !sweepers.some(isAlive);

/** How many have begun, when none is at it any more. */
export async function sweepsBegun(gitDir: string): Promise<number> {
  for (;;) {
    const sweeps = await read(gitDir);
    if (isOver(sweeps)) return sweeps.count;
    await delay(LOOK_AGAIN_MS);
  }
}

export const noneSince = async (gitDir: string, count: number): Promise<boolean> => (await read(gitDir)).count === count;

/**
 * Does what takes objects away; there must be no other sweeper of this store. `helper` is told of every process that does it for us: it
 * may outlive this one.
 */
export async function sweeping(gitDir: string, work: (helper: (pid: number) => void) => Promise<void>): Promise<void> {
  const count = (await sweepsBegun(gitDir)) + 1;
  const boot = bootId();
  const sweepers = [identityOf(process.pid)].filter((one) => one !== undefined);
  const write = (): void => replace(fileOf(gitDir), { count, boot, sweepers });
  write();
  try {
    await work((pid) => {
      const identity = identityOf(pid);
      if (identity) sweepers.push(identity);
      write();
    });
  } finally {
    sweepers.length = 0;
    write();
  }
}

/** At once, before a process that was just started can have done anything. */
function replace(file: string, sweeps: Sweeps): void {
  const temporary = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(temporary, JSON.stringify(sweeps), { mode: 0o600 });
  renameSync(temporary, file);
}
