/** What carries notifications: a real HTTP server and real programs at the other end. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { Delivery } from '../../src/domain/notification.ts';
import { freePort } from '../../src/embedded/free-port.ts';
import { createChannels, Undeliverable, type Transport } from '../../src/notify/channels.ts';
import { eventually } from '../support/eventually.ts';

interface Seen {
  headers: IncomingHttpHeaders;
  body: string;
}

const seen: Seen[] = [];
let answer: { status: number; headers?: Record<string, string> } = { status: 204 };
let server: Server;
let url: string;
const dir = mkdtempSync(join(tmpdir(), 'holdpoint-notify-'));

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text)).on('end', () => {
      seen.push({ headers: request.headers, body });
      response.writeHead(answer.status, answer.headers).end('a body that nobody reads');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
});
afterAll(() => {
  server.close();
  rmSync(dir, { recursive: true });
});

const KEY = `whsec_${Buffer.from('a key of some length').toString('base64')}`;
const never = new AbortController().signal;

const delivery: Delivery = {
  id: 'shop/cart/milestone_completion.1@2026-11-26T12:00:00.000Z/opened.1/team', text: 'Waiting for you', notifications: [],
};

function transport(settings: Parameters<typeof createChannels>[0][number]['transport']): Transport {
  const rule = { name: 'team', on: ['opened'], kinds: null, leastPriority: 'low', batchMs: 0, quiet: null } as const;
  const [channel] = createChannels([{ ...rule, transport: settings }], { resolve: () => KEY, env: { PATH: process.env['PATH'], SECRET_OF_WORKER: 'x' } });
  if (!channel) throw new Error('no channel');
  return channel.transport;
}

const webhook = (): Transport => transport({ kind: 'webhook', url, secret: { on: 'worker', env: 'KEY' } });

test('a webhook is signed so that its receiver can verify it, and keeps its id when it is sent again', async () => {
  answer = { status: 200 };
  await webhook().send(delivery, never);
  await webhook().send(delivery, never);
  const [first, second] = seen.splice(0);
  for (const one of [first, second]) expect(new Webhook(KEY).verify(one?.body ?? '', one?.headers as Record<string, string>)).toEqual(delivery);
  expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  expect(() => new Webhook(KEY).verify(`${first?.body} `, first?.headers as Record<string, string>)).toThrow();
});

test.each([
  [400, true], [401, true], [404, true], [410, true], [302, true], [408, false], [429, false], [500, false], [503, false],
])('an answer of %i is final: %s', async (status, isFinal) => {
  answer = { status, headers: { location: `${url}/elsewhere` } };
  const error = await webhook().send(delivery, never).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect(error instanceof Undeliverable).toBe(isFinal);
  expect((error as Error).message).toContain(String(status));
  // Nothing was sent to where a redirect points, and the address is in no message.
  expect(seen.splice(0)).toHaveLength(1);
  expect((error as Error).message).not.toContain(url);
});

test('a receiver that is not there can be tried again', async () => {
  const closed = `http://127.0.0.1:${await freePort()}/hook`;
  const error = await transport({ kind: 'webhook', url: closed, secret: null }).send(delivery, never).catch((thrown: unknown) => thrown);
  expect(error).not.toBeInstanceOf(Undeliverable);
  expect((error as Error).message).toBe('the webhook cannot be reached: ECONNREFUSED');
});

function program(name: string, body: string): [string] {
  const file = join(dir, name);
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
  return [file];
}

test('a command reads the delivery and is given nothing else of the worker', async () => {
  const command = program('notify', `cat > ${dir}/got; env > ${dir}/env`);
  await transport({ kind: 'command', command }).send(delivery, never);
  expect(JSON.parse(readFileSync(join(dir, 'got'), 'utf8'))).toEqual(delivery);
  expect(readFileSync(join(dir, 'env'), 'utf8')).not.toContain('SECRET_OF_WORKER');
});

test('a command that fails says so; one that is not there too', async () => {
  const failing = program('failing', 'echo no network >&2; exit 3');
  await expect(transport({ kind: 'command', command: failing }).send(delivery, never)).rejects.toThrow(`the command ${failing[0]} ended with 3: no network`);
  await expect(transport({ kind: 'command', command: ['/nowhere/notify'] }).send(delivery, never)).rejects.toThrow('the command /nowhere/notify cannot be started: ENOENT');
});

test('a cancel ends the command with all it has started', async () => {
  const controller = new AbortController();
  const sent = transport({ kind: 'command', command: program('slow', `sleep 611 & echo $! > ${dir}/pid; wait`) }).send(delivery, controller.signal);
  const caught = sent.catch((error: unknown) => error);
  const pid = await eventually(() => (existsSync(join(dir, 'pid')) ? Number(readFileSync(join(dir, 'pid'), 'utf8')) : null), { what: 'the command' });
  controller.abort(new Error('cancelled'));
  expect(await caught).toEqual(new Error('cancelled'));
  await eventually(() => !existsSync(`/proc/${pid}`), { what: 'its child to be gone' });
});

test('without a desktop session nothing is tried again', async () => {
  await expect(transport({ kind: 'desktop' }).send(delivery, never)).rejects.toThrow(Undeliverable);
});
