/** A process that used the proxy must be able to end, whatever its connections were doing when they were reset. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const MODULE = JSON.stringify(join(import.meta.dirname, '../../src/drill/link-proxy.ts'));

/** A client ends its side, and whoever resets hears of it in the same turn of the event loop as the proxy reads that end. */
const SCRIPT = `
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
const { startLinkProxy } = await import(${MODULE});
const listening = async (onSocket) => {
  const server = createServer({ allowHalfOpen: true }, onSocket).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};
const target = await listening((socket) => socket.on('error', () => undefined).resume().write('hello'));
const proxy = await startLinkProxy({ host: '127.0.0.1', port: target.address().port });
const ears = await listening((socket) => socket.on('data', () => proxy.reset()));
const mouth = connect(ears.address().port, '127.0.0.1');
for (let n = 0; n < 50; n += 1) {
  const client = connect(proxy.port, '127.0.0.1').on('error', () => undefined);
  const closed = new Promise((resolve) => client.once('close', resolve));
  await once(client, 'data');
  client.once('finish', () => mouth.write('now')).end();
  await closed;
}
await proxy.close();
target.close();
ears.close();
mouth.destroy();
process.stdout.write('all closed');
`;

test('connections that were ending when they were reset do not keep their process', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', SCRIPT], { stdio: ['ignore', 'pipe', 'inherit'], timeout: 90_000, killSignal: 'SIGKILL' });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  expect({ said, code, signal }).toEqual({ said: 'all closed', code: 0, signal: null });
}, 120_000);
