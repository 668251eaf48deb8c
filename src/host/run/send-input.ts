/** Hands more input to a run through its supervisor, who is the only one to hold the other end. */
import { HostError } from '../host-error.ts';
import { bootId } from '../proc.ts';
import { askSupervisor, connectSupervisor } from './control-client.ts';
import { readStarted, runDirectory } from './run-files.ts';

const ANSWER_MS = 10_000;

/** May be repeated: the supervisor knows the ids it has handed on. A run without a living supervisor takes none. */
export async function sendInput(stateDir: string, p: { key: string; id: string; text: string }): Promise<{ sent: boolean }> {
  if (typeof p.id !== 'string' || typeof p.text !== 'string') throw new HostError('bad_input', 'id and text must be texts');
  const dir = runDirectory(stateDir, p.key);
  const started = await readStarted(dir);
  const socket = started?.bootId === bootId() ? await connectSupervisor(dir, started.socket) : undefined;
  if (!socket) return { sent: false };
  const answer = await askSupervisor(socket, { op: 'input', id: p.id, text: p.text }, ANSWER_MS);
  if (answer === undefined) throw new HostError('internal', 'the supervisor of the run gave no answer');
  return { sent: (answer as { sent?: unknown }).sent === true };
}
