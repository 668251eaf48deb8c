/** Where a run stands, from its directory and its supervisor's socket. Never changes anything. */
import type { Socket } from 'node:net';
import type { RunState } from '../../domain/host-api.ts';
import { bootId } from '../proc.ts';
import { connectSupervisor } from './control-client.ts';
import { readChild, readCommand, readExit, readStarted, type StartedFile } from './run-files.ts';

/** State of the run in `dir`. `lost` means: it was started, its supervisor is gone, and it left no exit. */
export async function stateOf(dir: string): Promise<RunState> {
  const started = await readStarted(dir);
  if (!started) return { kind: (await readCommand(dir)) ? 'new' : 'none' };
  const exited = await exitedState(dir, started);
  if (exited) return exited;
  const socket = await lifeline(dir, started);
  socket?.destroy();
  const known = { process: await readChild(dir), startedAt: started.startedAt };
  if (socket) return { kind: 'running', ...known };
  // It may have written its exit between our two looks.
  return (await exitedState(dir, started)) ?? { kind: 'lost', ...known };
}

/** Whatever listens after a reboot is not the supervisor of then. */
async function lifeline(dir: string, started: StartedFile): Promise<Socket | undefined> {
  return started.bootId === bootId() ? connectSupervisor(dir, started.socket) : undefined;
}

async function exitedState(dir: string, started: StartedFile): Promise<RunState | undefined> {
  const exit = await readExit(dir);
  return exit && { kind: 'exited', process: await readChild(dir), startedAt: started.startedAt, exit };
}
