/**
 * The client's end of a supervisor's socket. That it can be connected to is the proof of life: the kernel withdraws it at death.
 * The path goes through an opened directory, because a socket's path has 108 bytes at most.
 */
import { open } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from '../host-error.ts';

const DEAD = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET']);
const BUSY_RETRIES = 100;

/** A connection, or undefined when nobody listens there any more. */
export async function connectSupervisor(dir: string, socketName: string): Promise<Socket | undefined> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await connectOnce(dir, socketName);
    } catch (error) {
      if (DEAD.has(errorCode(error) ?? '')) return undefined;
      if (errorCode(error) !== 'EAGAIN' || attempt === BUSY_RETRIES) throw error;
      await sleep(10); // its queue is full: it lives
    }
  }
}

async function connectOnce(dir: string, socketName: string): Promise<Socket> {
  const directory = await open(dir, 'r');
  try {
    return await new Promise((resolve, reject) => {
      const socket = connect(`/proc/self/fd/${directory.fd}/${socketName}`);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        socket.on('error', () => socket.destroy());
        resolve(socket);
      });
    });
  } finally {
    await directory.close();
  }
}

/** Sends one request and reads one line of answer; undefined when the supervisor died or took longer than `waitMs`. */
export function askSupervisor(socket: Socket, request: unknown, waitMs: number): Promise<unknown> {
  return new Promise((resolve) => {
    let received = '';
    const finish = (answer: unknown): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => finish(undefined), waitMs);
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      received += text;
      if (received.endsWith('\n')) finish(JSON.parse(received));
    });
    socket.on('close', () => finish(undefined));
    socket.write(`${JSON.stringify(request)}\n`);
  });
}
