/** The supervisor's end of its socket. A connection proves life; one line `{"op":"cancel","graceMs":n}` ends the run and is answered when nothing is left. */
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import type { Swept } from '../run/sweep.ts';

export interface Control {
  /** Name of the socket in the run directory. */
  readonly name: string;
  /** Resolves with the grace the first canceller gives. */
  readonly cancelled: Promise<{ graceMs: number }>;
  /** Answers everybody who asked for a cancellation, then withdraws the proof of life. */
  finish(killed: Swept['killed']): Promise<void>;
}

const FAREWELL_MS = 1000;

/** Listens on `name` in the working directory: an absolute path could be too long for a socket. */
export async function listenForControl(name: string): Promise<Control> {
  const cancelled = Promise.withResolvers<{ graceMs: number }>();
  const clients = new Map<Socket, { asked: boolean }>();
  const server = createServer((socket) => {
    const client = { asked: false };
    clients.set(socket, client);
    socket.on('close', () => clients.delete(socket));
    onRequest(socket, (request) => {
      client.asked = true;
      cancelled.resolve(request);
    });
  });
  rmSync(name, { force: true }); // left by a dead process with our pid
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path: name, backlog: 511 }, resolve);
  });
  const finish = async (killed: Swept['killed']): Promise<void> => {
    server.close();
    await Promise.all([...clients].map(([socket, { asked }]) => bidFarewell(socket, asked ? `${JSON.stringify({ killed })}\n` : '')));
  };
  return { name, cancelled: cancelled.promise, finish };
}

function onRequest(socket: Socket, cancel: (request: { graceMs: number }) => void): void {
  let received = '';
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  socket.on('data', (text: string) => {
    received += text;
    if (!received.includes('\n')) return;
    const request = readRequest(received);
    if (request) cancel(request);
    else socket.destroy();
  });
}

function bidFarewell(socket: Socket, words: string): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.destroy(), FAREWELL_MS);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.end(words);
  });
}

function readRequest(line: string): { graceMs: number } | undefined {
  try {
    const { op, graceMs } = JSON.parse(line) as { op?: unknown; graceMs?: unknown };
    return op === 'cancel' && typeof graceMs === 'number' ? { graceMs } : undefined;
  } catch {
    return undefined;
  }
}
