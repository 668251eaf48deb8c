/** Ports on loopback: a free one, or the proof that a wanted one is free. Another program may still take it in between. */
import { createServer } from 'node:net';
import { HoldpointError } from '../domain/failure-kind.ts';

const listenOn = (port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });

/** A port nobody listens on at this moment. */
export const freePort = (): Promise<number> => listenOn(0);

/** Throws HoldpointError `port_taken`, naming the port, when somebody listens there. */
export async function assertPortFree(port: number, name: string): Promise<void> {
  try {
    await listenOn(port);
  } catch (cause) {
    throw portTaken(port, name, cause);
  }
}

export const portTaken = (port: number, name: string, cause?: unknown): HoldpointError =>
  new HoldpointError('port_taken', `port ${port} for ${name} is taken by another program`, {
    hint: `end that program, or choose another port for ${name}`,
    details: { port },
    cause,
  });

const MOST_TRIES = 3;

/** Starts a server once more where a port that was chosen for it, and not asked for, has been taken between the choice and the start. */
export async function onFreePorts<T>(asked: readonly (number | undefined)[], start: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start();
    } catch (error) {
      const isChosen = error instanceof HoldpointError && error.kind === 'port_taken' && !asked.includes(error.details?.['port'] as number);
      if (!isChosen || tries === MOST_TRIES) throw error;
    }
  }
}
