/** Follows a run on its host to its end. The offset is the database's, so any worker may go on where another was killed. */
import type { RunChunk, RunState, RunStream } from '../domain/host-api.ts';
import { onHost, type HostCall } from './on-host.ts';
import type { StreamStore } from './stream-store.ts';

const CHUNK_BYTES = 512 * 1024;
/** Long enough that a silent agent costs next to nothing, short enough that a half-open link is noticed. */
const WAIT_MS = 10_000;

export type EndedRun = Extract<RunState, { kind: 'exited' | 'lost' }>;

const isOver = (state: RunState): state is EndedRun => state.kind === 'exited' || state.kind === 'lost';

/**
 * Reads until the run is over and all its lines are stored; a last one without an end is the caller's to store, when nothing
 * can write any more. May be repeated from any offset. Ends early only with an error: the host away for too long, or
 * `target.signal` aborted. Holds two chunks and the line that is not complete, however slow the database is.
 */
export async function followRun(target: HostCall, key: string, store: StreamStore): Promise<EndedRun> {
  const over = new AbortController();
  const host = { ...target, signal: AbortSignal.any([target.signal, over.signal]) };
  // Lines are stored whole, so the bytes of an incomplete one are read but not yet part of `store.offset`.
  let next = readFrom(host, key, store.received);
  let storing = Promise.resolve();
  try {
    for (;;) {
      // A silent agent must not hide that the database refuses.
      const chunk = await Promise.race([next, storing.then(() => next)]);
      const bytes = Buffer.from(chunk.data, 'base64');
      const offset = chunk.offset + bytes.length;
      const isWhole = isOver(chunk.state) && offset >= chunk.size;
      // These lines are read while the ones before are being stored; the next are asked for when those are.
      const before = storing;
      storing = heard(store.push(bytes));
      await before;
      if (!isWhole) next = readFrom(host, key, offset);
      if (isOver(chunk.state) && isWhole) {
        await storing;
        return chunk.state;
      }
      if (chunk.state.kind === 'none') throw new Error(`the host knows no run ${key}: its state folder was removed`);
    }
  } finally {
    over.abort();
    await storing.catch(() => undefined);
  }
}

/** Its failure is noticed where it is waited for, not before. */
function heard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

const readFrom = (target: HostCall, key: string, offset: number): Promise<RunChunk> =>
  heard(onHost(target, (api) => api.readRun({ key, stream: 'out', offset, maxBytes: CHUNK_BYTES, waitMs: WAIT_MS })));

/** The last bytes of a run's stream, as text. */
export async function readTail(target: HostCall, key: string, stream: 'out' | 'err' | 'gate', maxBytes: number): Promise<string> {
  const { size } = await onHost(target, (api) => api.readRun({ key, stream, offset: 0, maxBytes: 1, waitMs: 0 }));
  const offset = Math.max(0, size - maxBytes);
  const { data } = await onHost(target, (api) => api.readRun({ key, stream, offset, maxBytes, waitMs: 0 }));
  return Buffer.from(data, 'base64').toString('utf8');
}

/** All of an ended run's stream as text, or how many bytes it has when they are more than `mostBytes`. */
export async function readWhole(target: HostCall, key: string, stream: RunStream, mostBytes: number): Promise<string | { size: number }> {
  const pieces: Buffer[] = [];
  for (let offset = 0; ;) {
    const { data, size } = await onHost(target, (api) => api.readRun({ key, stream, offset, maxBytes: CHUNK_BYTES, waitMs: 0 }));
    if (size > mostBytes) return { size };
    const bytes = Buffer.from(data, 'base64');
    pieces.push(bytes);
    offset += bytes.length;
    if (bytes.length === 0 || offset >= size) return Buffer.concat(pieces).toString('utf8');
  }
}

/** The host may throw away what the run has written, when it has too much of it. Only a hint: a host that is away now keeps it longer. */
export async function tellStored(target: HostCall, key: string): Promise<void> {
  await target.hosts.link(target.host).then(({ api }) => api.runStored({ key })).catch(() => undefined);
}
