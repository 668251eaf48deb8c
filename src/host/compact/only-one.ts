/**
 * One process of this machine at a time. The kernel gives an abstract socket's name (unix(7)) to one listener, and takes it back when
 * that process ends in whatever way: nothing is left behind that would have to be believed or doubted.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { errorCode } from '../host-error.ts';

/** False, and nothing done, when another process is at it. */
export async function onlyOne(what: string, work: () => Promise<void>): Promise<boolean> {
  const server = createServer((connection) => connection.destroy());
  server.listen({ path: `\0holdpoint-${createHash('sha256').update(what).digest('hex')}` });
  try {
    await once(server, 'listening');
  } catch (error) {
    if (errorCode(error) === 'EADDRINUSE') return false;
    throw error;
  }
  try {
    await work();
    return true;
  } finally {
    server.close();
  }
}
