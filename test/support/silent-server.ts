/** A TCP server on loopback that takes connections and never says a word: what a hung server looks like from outside. */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { eventually } from './eventually.ts';

export interface SilentServer {
  port: number;
  /** Taken so far. */
  connections: () => number;
  /** Waits until as many have been taken. */
  connected: (count: number) => Promise<void>;
  close: () => Promise<void>;
}

export async function startSilentServer(): Promise<SilentServer> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => sockets.length,
    connected: async (count) => void (await eventually(() => sockets.length >= count, { what: `${count} connections` })),
    close: () => new Promise((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => resolve());
    }),
  };
}
