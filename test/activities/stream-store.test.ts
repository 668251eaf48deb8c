/** From the bytes of a run to rows: every byte once, whatever it is, whoever follows. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createStreamStore, type StreamStore } from '../../src/activities/stream-store.ts';
import { createScripted } from '../../src/agents/scripted.ts';
import { outOffset, runLines } from '../../src/db/agent-events.ts';
import { eventsAfter } from '../../src/db/stream-reader.ts';
import { createRedactor } from '../../src/domain/redaction.ts';
import { HOSTILE, seeded } from './bytes.ts';
import { openBench, type Bench } from './bench.ts';
import type { Play } from './play.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const scripted = createScripted({ command: process.execPath });
const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const storeFor = (runKey: string, offset = 0, secrets: string[] = []): StreamStore =>
  createStreamStore(bench.deps, { runKey, offset, fold: scripted.fold(), redactor: createRedactor(secrets), signal: new AbortController().signal });

/** What is stored of a run, put together again. The last line of HOSTILE does not end, so no newline is added there. */
async function stored(key: string): Promise<Buffer> {
  const lines: Buffer[] = [];
  for await (const raw of runLines(bench.deps.db, key)) lines.push(raw);
  return Buffer.from(lines.map((raw) => raw.toString('latin1')).join('\n'), 'latin1');
}

async function begun(name: string): Promise<string> {
  const play = await (await bench.project(name)).claim();
  return play.begin();
}

/** A run that prints exactly these bytes. */
async function printing(name: string, bytes: Buffer): Promise<{ play: Play; key: string }> {
  const file = join(bench.dir, `${name}.bytes`);
  writeFileSync(file, bytes);
  bench.agents.set(name, {
    ...scripted, name,
    launch: (turn) => {
      const launch = scripted.launch(turn);
      return { ...launch, spec: { ...launch.spec, command: '/bin/cat', args: [file] } };
    },
  });
  const play = await (await bench.project(name, { change: (plan) => { plan.agent.name = name; } })).claim();
  return { play, key: await play.begin() };
}

test('NUL, broken UTF-8 and JSON that jsonb refuses come back byte for byte from a real run', async () => {
  const { play, key } = await printing('hostile', HOSTILE);
  await play.run();
  expect((await stored(key)).equals(HOSTILE)).toBe(true);
  expect(await outOffset(bench.deps.db, key)).toBe(HOSTILE.length);
  const { events } = await eventsAfter(bench.deps.db, { project: 'hostile' }, null);
  expect(events.map(({ kind }) => kind).filter((kind) => kind === 'text')).toHaveLength(4);
});

test('a line of 10 MB among short ones is stored whole', async () => {
  const long = Buffer.from(`{"event":"text","text":"${'lorem ipsum '.repeat(873_814)}"}`);
  const bytes = Buffer.concat([Buffer.from('{"event":"init","session":"s"}\n'), long, Buffer.from('\n{"event":"result","outcome":{"kind":"completed","text":"x"}}')]);
  const { play, key } = await printing('long', bytes);
  expect(await play.run()).toMatchObject({ outcome: 'completed' });
  expect(sha(await stored(key))).toBe(sha(bytes));
});

test.each([1, 2, 3])('pushed in pieces of any size, with ten followers one after the other: seed %i', async (seed) => {
  const random = seeded(seed);
  const key = await begun(`pieces-${seed}`);
  let store = storeFor(key);
  let followers = 1;
  for (let at = 0; at < HOSTILE.length;) {
    const to = Math.min(HOSTILE.length, at + 1 + random(60));
    await store.push(HOSTILE.subarray(at, to));
    at = to;
    // Another worker goes on from what is stored; what the first had read of a line is read again.
    if (random(12) === 0 && followers++ < 10) store = storeFor(key, (at = await outOffset(bench.deps.db, key)));
    expect(store.received).toBe(at);
  }
  await store.end();
  expect((await stored(key)).equals(HOSTILE)).toBe(true);
});

test('a follower whose lines somebody else has stored is refused and stores nothing', async () => {
  const key = await begun('fenced');
  const [first, second] = [storeFor(key), storeFor(key)];
  await first.push(Buffer.from('one\ntw'));
  await second.push(Buffer.from('one\n')); // exactly the same: an answer that was lost on its way looks like this
  await first.push(Buffer.from('o\nthree\n'));
  await expect(second.push(Buffer.from('two\n'))).rejects.toThrow(`another worker follows run ${key} now`);
  expect((await stored(key)).toString()).toBe('one\ntwo\nthree');
});

test('what is pushed while the lines before are being stored is stored after them', async () => {
  const key = await begun('in-order');
  const store = storeFor(key);
  const pushes = [...'abcdefgh'].map((letter) => store.push(Buffer.from(`${letter}\n${letter}`)));
  expect([store.offset, store.received]).toEqual([0, 24]);
  await Promise.all(pushes);
  expect(store.offset).toBe(23);
  await store.end();
  expect((await stored(key)).toString()).toBe('a\nab\nbc\ncd\nde\nef\nfg\ngh\nh');
});

test('a secret is in no column, however it was written', async () => {
  const secret = 'p4ss"word\\with/specials';
  const key = await begun('secret');
  const store = storeFor(key, 0, [secret]);
  const words = `${'x '.repeat(140)}${secret} and on`;
  await store.push(Buffer.from(`${JSON.stringify({ event: 'toolUse', id: 'a', tool: 'Bash', input: { command: words } })}\n`));
  await store.push(Buffer.from(`plain ${secret} text ${Buffer.from(secret).toString('base64')}\n`));
  await store.end();
  const rows = await bench.deps.db.selectFrom('agent_event').innerJoin('run', 'run.id', 'agent_event.run_id')
    .select(['raw', 'text', 'json']).where('run_key', '=', key).execute();
  const all = rows.map(({ raw, text, json }) => `${raw.toString()}|${text}|${JSON.stringify(json)}`).join('\n');
  expect(all).toContain('[redacted]');
  for (const part of ['p4ss', 'with/specials', Buffer.from(secret).toString('base64').slice(2, 20)]) expect(all).not.toContain(part);
});

test.each([
  ['as escapes of every letter', (text: string) => [...text].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')],
  ['with one letter escaped', (text: string) => text.replace('e', '\\u0065')],
  ['with its slash escaped', (text: string) => text.replace('/', '\\/')],
])('a secret that only decoding shows is in neither text nor json: %s', async (name, written) => {
  const secret = 'hid/in7esc'; // a short one: no piece of it is hidden in the raw line already
  const key = await begun(`escaped-${name.replaceAll(/\W/g, '-')}`);
  const store = storeFor(key, 0, [secret]);
  await store.push(Buffer.from(`{"event":"text","text":"it is ${written(secret)}"}\n`));
  const { text, json } = await bench.deps.db.selectFrom('agent_event').innerJoin('run', 'run.id', 'agent_event.run_id')
    .select(['text', 'json']).where('run_key', '=', key).executeTakeFirstOrThrow();
  expect([text, json]).toEqual(['it is [redacted]', { event: 'text', text: 'it is [redacted]' }]);
});

test('names the one open call, and none while there are two', async () => {
  const store = storeFor(await begun('open'));
  const say = (event: object): Promise<void> => store.push(Buffer.from(`${JSON.stringify(event)}\n`));
  await say({ event: 'toolUse', id: 'a', tool: 'Write' });
  expect(store.openCall).toEqual({ tool: 'Write', toolUseId: 'a' });
  await say({ event: 'toolUse', id: 'b', tool: 'Bash' });
  expect(store.openCall).toBeNull();
  await say({ event: 'denied', id: 'a', tool: 'Write' });
  expect(store.openCall).toEqual({ tool: 'Bash', toolUseId: 'b' });
  await say({ event: 'toolResult', id: 'b' });
  expect([store.openCall, store.last?.kind]).toEqual([null, 'toolResult']);
});
