/**
 * A TCP proxy on loopback whose connections can be reset, or swallowed without a FIN or RST (a half-open link), and that can
 * treat new ones as the network before a host that is gone does.
 */
import { createServer, connect } from 'node:net';
import type { AddressInfo, NetConnectOpts, Socket } from 'node:net';

/** What becomes of a new connection: it passes, is reset at once, or is accepted and hears nothing. */
export type Greeting = 'pass' | 'refuse' | 'swallow';

export interface LinkProxy {
  port: number;
  /** Accepted so far, whatever became of them. */
  accepted: () => number;
  /** When each was accepted, by `performance.now()`. */
  acceptedAt: () => readonly number[];
  /** Resets every open connection on both sides. */
  reset: () => void;
  /** From now on nothing passes on the open connections, in either direction; new ones are treated as before. */
  swallow: () => void;
  /** From now on, for new connections; at first they pass. */
  greet: (how: Greeting) => void;
  /** Ends every connection and stops listening. May be repeated. */
  close: () => Promise<void>;
}

interface Pair {
  sockets: [Socket, Socket];
  swallowing: boolean;
}

/** Forwards a free port of 127.0.0.1 to `target`. */
export async function startLinkProxy(target: NetConnectOpts): Promise<LinkProxy> {
  const pairs = new Set<Pair>();
  const accepted: number[] = [];
  let greeting: Greeting = 'pass';
  const server = createServer(client => {
    accepted.push(performance.now());
    if (greeting === 'refuse') return void client.on('error', () => undefined).resetAndDestroy();
    join({ sockets: [client, connect(target)], swallowing: greeting === 'swallow' }, pairs);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const each = (act: (socket: Socket) => void): void => [...pairs].flatMap(pair => pair.sockets).forEach(act);
  return {
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted.length,
    acceptedAt: () => accepted,
    reset: () => each(reset),
    swallow: () => pairs.forEach(pair => {
      pair.swallowing = true;
    }),
    greet: how => {
      greeting = how;
    },
    close: () => new Promise(resolve => {
      each(socket => socket.destroy());
      server.close(() => resolve());
    }),
  };
}

/**
 * A socket that has begun to end cannot be reset any more: Node reports EINVAL and keeps the handle for good, and a process with
 * such a handle spins at its end instead of ending (Node 20 to 24, `uv_tcp_close_reset`).
 */
const reset = (socket: Socket): unknown => (socket.writableEnded ? socket.destroy() : socket.resetAndDestroy());

function join(pair: Pair, pairs: Set<Pair>): void {
  pairs.add(pair);
  const [client, target] = pair.sockets;
  const end = (): void => {
    if (pair.swallowing && !(client.destroyed && target.destroyed)) return;
    pairs.delete(pair);
    pair.sockets.forEach(socket => socket.destroy());
  };
  for (const [from, to] of [[client, target], [target, client]] as const) {
    from.on('data', data => {
      if (!pair.swallowing) to.write(data);
    });
    from.on('error', end).on('close', end);
  }
}
