/** Follows a stream of a run by byte offset: a long poll that answers within milliseconds of a write. */
import { open } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { ReadRun, RunChunk, RunState } from '../../domain/host-api.ts';
import { Bell, lookUntil } from '../bell.ts';
import { errorCode, HostError } from '../host-error.ts';
import { connectSupervisor } from './control-client.ts';
import { readStarted, runDirectory } from './run-files.ts';
import { stateOf } from './run-state.ts';

// One answer travels as one base64 message.
const MOST_BYTES = 4 * 1024 * 1024;
const STREAMS: ReadonlySet<string> = new Set(['out', 'err', 'gate']);

/** Bytes from `offset` on. May be repeated and asked for by many at once; an abort ends the wait with no bytes. */
export async function readRun(stateDir: string, p: ReadRun, signal: AbortSignal): Promise<RunChunk> {
  checkRequest(p);
  const dir = runDirectory(stateDir, p.key);
  const now = await chunkNow(dir, p);
  if (isAnswer(now) || p.waitMs <= 0) return now;
  const bell = new Bell();
  // The kernel closes this connection at the supervisor's death: a loss is told as fast as a write.
  const lifeline = await holdLifeline(dir, bell);
  try {
    const look = async (): Promise<RunChunk | undefined> => answerIn(await chunkNow(dir, p));
    return (await lookUntil(dir, look, { waitMs: p.waitMs, signal, bell })) ?? (await chunkNow(dir, p));
  } finally {
    lifeline?.destroy();
  }
}

function checkRequest(p: ReadRun): void {
  if (!STREAMS.has(p.stream)) throw new HostError('bad_input', `unknown stream ${JSON.stringify(p.stream)}`);
  if (!Number.isSafeInteger(p.offset) || p.offset < 0) throw new HostError('bad_input', 'offset must be a whole number, 0 or more');
  if (!Number.isSafeInteger(p.maxBytes) || p.maxBytes < 1) throw new HostError('bad_input', 'maxBytes must be a whole number, 1 or more');
}

const mayStillWrite = (state: RunState): boolean => state.kind === 'running' || state.kind === 'new';

const isAnswer = (chunk: RunChunk): boolean => chunk.data !== '' || !mayStillWrite(chunk.state);

const answerIn = (chunk: RunChunk): RunChunk | undefined => (isAnswer(chunk) ? chunk : undefined);

/** The state is read before the bytes: whoever sees "exited" and no bytes has them all. */
async function chunkNow(dir: string, p: ReadRun): Promise<RunChunk> {
  const state = await stateOf(dir);
  const { data, size } = await readBytes(join(dir, p.stream), p.offset, Math.min(p.maxBytes, MOST_BYTES));
  return { offset: p.offset, data: data.toString('base64'), size, state };
}

async function readBytes(file: string, offset: number, length: number): Promise<{ data: Buffer; size: number }> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined; // not begun
    throw error;
  });
  if (!handle) return { data: Buffer.alloc(0), size: 0 };
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
    const { bytesRead } = buffer.length === 0 ? { bytesRead: 0 } : await handle.read(buffer, 0, buffer.length, offset);
    return { data: buffer.subarray(0, bytesRead), size };
  } finally {
    await handle.close();
  }
}

async function holdLifeline(dir: string, bell: Bell): Promise<Socket | undefined> {
  const started = await readStarted(dir);
  const socket = started && (await connectSupervisor(dir, started.socket));
  socket?.resume(); // or its end is never seen
  socket?.on('close', () => bell.ring());
  return socket;
}
