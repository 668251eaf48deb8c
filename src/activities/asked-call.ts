/** Why the gate asks about a call: it says so in the stream of its decisions, which is read when a run has ended with a question. */
import type { AskedCall } from '../domain/gate-policy.ts';
import type { Deferred } from '../domain/turn-outcome.ts';
import { readTail } from './follow-run.ts';
import type { HostCall } from './on-host.ts';

const GATE_BYTES = 256 * 1024;

/** The outcome with what the gate said about the call; without it where the gate's line is not there. */
export async function askedAbout(target: HostCall, key: string, outcome: Deferred): Promise<Deferred> {
  const lines = (await readTail(target, key, 'gate', GATE_BYTES)).split('\n');
  const asked = lines.map((line) => askedIn(line, outcome.toolUseId)).findLast((found) => found !== undefined);
  return asked === undefined ? outcome : { ...outcome, asked };
}

/** The first line may be cut. */
function askedIn(line: string, toolUseId: string): AskedCall | undefined {
  if (!line.includes(toolUseId)) return undefined;
  try {
    const told = JSON.parse(line) as { toolUseId?: string; asked?: AskedCall };
    return told.toolUseId === toolUseId ? told.asked : undefined;
  } catch {
    return undefined;
  }
}
