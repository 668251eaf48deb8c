/**
 * The supervisor's end of its socket. A connection proves life. One line asks for something: `{"op":"cancel","graceMs":n}` ends the run
 * and is answered when nothing is left; `{"op":"input","id":s,"text":s}` hands on more input and is answered at once.
 */
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import type { Swept } from '../run/sweep.ts';

export interface Control {
  /** Name of the socket in the run directory. */
  readonly name: string;
  /** Resolves with the grace the first canceller gives. */
  readonly cancelled: Promise<{ graceMs: number }>;
  /** Who takes more input from now on; before, and where nobody does, none is taken. */
  takeInput(send: SendInput): void;
  /** Answers everybody who asked for a cancellation, then withdraws the proof of life. */
  finish(killed: Swept['killed']): Promise<void>;
}

/** False: the run takes none (any more). */
export type SendInput = (id: string, text: string) => boolean;

const FAREWELL_MS = 1000;

/** Listens on `name` in the working directory: an absolute path could be too long for a socket. */
export async function listenForControl(name: string): Promise<Control> {
  const cancelled = Promise.withResolvers<{ graceMs: number }>();
  let sendInput: SendInput = () => false;
  const clients = new Map<Socket, { asked: boolean }>();
  const server = createServer((socket) => {
    const client = { asked: false };
    clients.set(socket, client);
    socket.on('close', () => clients.delete(socket));
    onRequest(socket, (request) => {
      if (request.op === 'input') return void socket.write(`${JSON.stringify({ sent: sendInput(request.id, request.text) })}\n`);
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
  return { name, cancelled: cancelled.promise, takeInput: (send) => void (sendInput = send), finish };
}

type Request = { op: 'cancel'; graceMs: number } | { op: 'input'; id: string; text: string };

function onRequest(socket: Socket, take: (request: Request) => void): void {
  let received = '';
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  socket.on('data', (text: string) => {
    received += text;
    if (!received.includes('\n')) return;
    const request = readRequest(received);
    if (request) take(request);
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

function readRequest(line: string): Request | undefined {
  try {
    const { op, graceMs, id, text } = JSON.parse(line) as Record<string, unknown>;
    if (op === 'input') return typeof id === 'string' && typeof text === 'string' ? { op, id, text } : undefined;
    return op === 'cancel' && typeof graceMs === 'number' ? { op, graceMs } : undefined;
  } catch {
    return undefined;
  }
}
