/** A question reaches its people: signed, although the receiver was away and the worker died; the command it names answers it. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { Delivery } from '../../src/domain/notification.ts';
import { documentOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import type { Service } from '../support/service.ts';
import { milestoneIn, startScriptedService, writePlan } from './scripted-project.ts';

const KEY = `whsec_${Buffer.from('the key of the team').toString('base64')}`;

let service: Service;
let server: Server;
let status = 503;
let tries = 0;
const received: Delivery[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text)).on('end', () => {
      tries += 1;
      if (status === 200) received.push(new Webhook(KEY).verify(body, request.headers as Record<string, string>) as Delivery);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/T1`;
  const channels = [
    { name: 'team', webhook: { url, secret: { env: 'TEAM_HOOK_KEY' } } },
    { name: 'file', command: ['/bin/sh', '-c', 'cat >> "$HOME/told"'], kinds: ['milestone_completion'] },
    { name: 'nobody', command: ['/bin/false'], kinds: ['stalled'] },
  ];
  service = await startScriptedService({ env: { HOLDPOINT_NOTIFY: JSON.stringify(channels), HOLDPOINT_WEB_UI_URL: 'http://web.example.com/', TEAM_HOOK_KEY: KEY } });
}, 300_000);
afterAll(async () => {
  await service?.close();
  server?.close();
});

const ID = 'ants/first/milestone_completion.1';
const told = (): string => join(service.dir, 'home/told');

const stateOf = async (id: string): Promise<{ channel: string; state: string | undefined; error: string | null | undefined }[]> =>
  service.db.selectFrom('notification').select(['channel', 'state', 'error']).where('breakpoint', '=', id).orderBy('channel').execute();

test('a receiver that is away and a worker that dies lose nothing: told once, with the command that answers', async () => {
  const tasks = [{ id: 'work', title: 'Work', steps: [{ write: 'src/a.txt', content: 'a' }] }];
  await service.json('start', writePlan(service, { project: 'ants', milestones: [{ id: 'first', title: 'First', tasks }] }));
  await eventually(() => tries > 0, { timeoutMs: 120_000, what: 'a first try' });
  await eventually(async () => (await stateOf(ID)).some(({ channel, state, error }) => channel === 'team' && state === 'waiting' && error === 'the webhook answered 503'), { what: 'the failed try on record' });
  // A command that has run and is not on record yet would be run again by the next worker.
  await eventually(async () => (await stateOf(ID)).some(({ channel, state }) => channel === 'file' && state === 'sent'), { what: 'the command on record' });
  await service.worker.kill();
  status = 200;
  await service.startWorker();
  await eventually(() => received.length > 0, { timeoutMs: 120_000, what: 'the notification' });
  const [delivery] = received;
  expect(delivery?.notifications).toEqual([expect.objectContaining({
    why: 'opened', link: `http://web.example.com/namespaces/${service.temporal.namespace}/workflows/holdpoint%2Fants%2Ffirst`,
    breakpoint: expect.objectContaining({ id: ID, kind: 'milestone_completion', actions: ['approve', 'revise', 'abort'] }),
  })]);
  expect(delivery?.text).toContain('Waiting for you: milestone_completion (medium) in ants / first');
  const delivered = JSON.parse(readFileSync(told(), 'utf8')) as Delivery;
  expect(delivered.notifications.map(({ breakpoint }) => breakpoint.id)).toEqual([ID]);

  // An answer drops what is still under way.
  await eventually(async () => (await stateOf(ID)).every(({ state }) => state === 'sent'), { what: 'both to be confirmed' });
  const [, ...args] = delivery?.notifications[0]?.answerWith.cli.split(' ') ?? [];
  expect((await service.cli(...args)).code).toBe(0);
  await milestoneIn(service, 'ants', 'first', 'completed');
  expect(await stateOf(ID)).toEqual([{ channel: 'file', state: 'sent', error: null }, { channel: 'team', state: 'sent', error: null }]);
  expect(received).toHaveLength(1);
}, 600_000);

test('`holdpoint notify` tests the channels and says which one is mute', async () => {
  const result = await service.cli('notify', '--json');
  const { channels } = documentOf('notify', result);
  expect({ code: result.code, channels }).toEqual({
    code: 1,
    channels: [
      { name: 'team', kind: 'webhook', sent: true, error: null }, { name: 'file', kind: 'command', sent: true, error: null },
      { name: 'nobody', kind: 'command', sent: false, error: 'the command /bin/false ended with 1' },
    ],
  });
  expect((await service.cli('notify', 'taem')).code).toBe(3);
  writeFileSync(told(), '');
  expect((await service.cli('notify', 'file')).code).toBe(0);
  expect(readFileSync(told(), 'utf8')).toContain('This is a test of Holdpoint');
}, 600_000);
