/** `holdpoint down`: ends exactly what `up` or `demo --keep` started in this data folder. */
import type { Command } from 'commander';
import { endProcess } from '../../embedded/server-process.ts';
import { isAlive } from '../../embedded/process-identity.ts';
import { endStarted } from '../../embedded/started.ts';
import { define, type Call, type Frame } from '../command.ts';

/** An `up` in the foreground ends its parts itself, in order. */
const OWNER_GRACE_MS = 60_000;

async function down({ session, print }: Call): Promise<void> {
  const running = session.running;
  if (running?.owner && isAlive(running.owner)) await endProcess(running.owner, 'SIGTERM', OWNER_GRACE_MS);
  await endStarted(session.startedFile);
  const ended = (running?.processes ?? []).map(({ name, pid }) => ({ name, pid }));
  await print({ ended }, () => (ended.length === 0 ? 'nothing of ours runs here' : `ended: ${ended.map(({ name, pid }) => `${name} (${pid})`).join(', ')}`));
}

export function addDown(program: Command, frame: Frame): void {
  define(frame, program.command('down').description('end what `up` or `demo --keep` started here'), down);
}
