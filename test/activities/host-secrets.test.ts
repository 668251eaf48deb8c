/** A credential that only the host has: the agent prints it in every way, and no row and no answer of the host holds it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createScripted } from '../../src/agents/scripted.ts';
import { outOffset, runLines } from '../../src/db/agent-events.ts';
import { guardedApi } from '../../src/activities/guarded-api.ts';
import { keptOnHost } from '../../src/domain/host-secrets.ts';
import { createRedactor } from '../../src/domain/redaction.ts';
import { allRows, canariesIn } from '../support/canary.ts';
import { eventually } from '../support/eventually.ts';
import { openBench, type Bench } from './bench.ts';
import type { Play } from './play.ts';

const KEY = 'hostkey-4821_kanarie.PLANTED/90ab+77ff';
let bench: Bench;
let file: string;
beforeAll(async () => {
  bench = await openBench();
  file = join(bench.dir, 'credential');
  writeFileSync(file, `${KEY}\n`, { mode: 0o600 });
});
afterAll(() => bench.close());

/** Says it whole, over two lines, encoded; then waits until the follower has had a look, in the middle of the key. */
const SAYS = [
  'printf \'%s\\n\' "{\\"event\\":\\"text\\",\\"text\\":\\"whole $KEY\\"}"',
  'printf %s "$KEY" | head -c 20; echo; printf %s "$KEY" | tail -c +21; echo',
  'printf %s "$KEY" | base64 -w0; echo; printf %s "x$KEY" | base64 -w16; printf %s "xx$KEY" | base64 | tr "+/" "-_"; printf %s "$KEY" | od -An -tx1 | tr -d " \\n"; echo',
  'printf %s "$KEY" | head -c 20; sleep 0.3; printf %s "$KEY" | tail -c +21; echo',
  'touch "$(printf %s "$KEY" | tr / _)"; echo "$KEY" > leaked.txt',
  'printf %s "$KEY" | head -c 25 >&2; sleep 0.1; printf %s "$KEY" | tail -c +26 >&2; echo said all', 'exit 3',
].join('\n');

async function play(name: string, says = SAYS): Promise<Play> {
  const scripted = createScripted({ command: process.execPath });
  const auth = { kind: 'apiKey', source: { on: 'host', file } } as const;
  bench.agents.set(name, {
    ...scripted, name,
    launch: (turn) => {
      const { spec } = scripted.launch(turn);
      return { spec: { ...spec, command: '/bin/sh', args: ['-c', says] }, secrets: { KEY: { kind: 'hostFile', path: file } } };
    },
  });
  const checks = [{ name: 'shows-it', run: `tail -c +9 ${file}; cat ${file}; exit 1`, required: false }];
  const project = await bench.project(name, { checks, change: (plan) => Object.assign(plan.agent, { name, auth }) });
  return project.claim();
}

test('neither a row nor a message holds it, and every offset is that of the stream', async () => {
  const turn = await play('host-key');
  const key = await turn.begin();
  const report = await turn.run();
  const message = 'message' in report ? report.message : report.outcome;
  await turn.end();
  await turn.checks();
  await turn.review();
  expect(message).toContain('*'.repeat(KEY.length));
  const rows = await allRows(bench.deps.db);
  expect(rows).toContain('said all');
  expect(canariesIn(rows, KEY)).toEqual([]);

  const lines: Buffer[] = [];
  for await (const raw of runLines(bench.deps.db, key)) lines.push(raw, Buffer.from('\n'));
  const link = await bench.deps.hosts.link('local');
  await link.close();
  await link.closed;
  // Another program, that has started nothing and knows what it is told.
  const { api } = await bench.deps.hosts.link('local');
  const ask = { key, stream: 'out', offset: 0, maxBytes: 1_000_000, waitMs: 0 } as const;
  const { size } = await api.readRun(ask);
  expect([Buffer.concat(lines).length, await outOffset(bench.deps.db, key)]).toEqual([size, size]);
  const { data } = await guardedApi(api, { hide: keptOnHost(turn.plan.agent), redactor: createRedactor() }).readRun(ask);
  expect(Buffer.from(data, 'base64').equals(Buffer.concat(lines))).toBe(true);
});

test('what may be the beginning of it is not told before the rest is there', async () => {
  const turn = await play('in-two', 'printf "begun %s" "$(printf %s "$KEY" | head -c 8)"; while [ ! -e go ]; do sleep 0.05; done; printf %s "$KEY" | tail -c +9; echo');
  const key = await turn.begin();
  const running = turn.start();
  const guard = { hide: keptOnHost(turn.plan.agent), redactor: createRedactor() };
  const read = async (offset: number): Promise<{ size: number; text: string }> => {
    const { api } = await bench.deps.hosts.link('local');
    const { size, data } = await guardedApi(api, guard).readRun({ key, stream: 'out', offset, maxBytes: 1_000, waitMs: 0 });
    return { size, text: Buffer.from(data, 'base64').toString() };
  };
  const first = await eventually(async () => ((await read(0)).size === 14 ? read(0) : null), { what: 'the first half' });
  expect(first.text).toBe('begun ');
  writeFileSync(join(turn.workspace, 'go'), '');
  await running.result;
  expect((await read(first.text.length)).text).toBe(`${'*'.repeat(KEY.length)}\n`);
});

test('a source that is none is refused', async () => {
  const { api } = await bench.deps.hosts.link('local');
  const hide = [{ kind: 'anything' }] as never;
  await expect(api.readRun({ key: 'k', stream: 'out', offset: 0, maxBytes: 1, waitMs: 0, hide })).rejects.toThrow('hide must be a list');
});

test('a program that was just started keeps it out of paths too', async () => {
  const turn = await play('in-a-path');
  const { api: before } = await bench.deps.hosts.link('local');
  const files = { workspace: turn.workspace, holder: 'test', fence: turn.epoch, exclude: [], maxFileBytes: 1_000 };
  const { tree: from } = await before.takeCheckpoint(files);
  mkdirSync(join(turn.workspace, dirname(KEY)));
  writeFileSync(join(turn.workspace, KEY), 'x');
  const { tree: to } = await before.takeCheckpoint(files);
  const link = await bench.deps.hosts.link('local');
  await link.close();
  await link.closed;
  const { api } = await bench.deps.hosts.link('local');
  const { changes } = await guardedApi(api, { hide: keptOnHost(turn.plan.agent), redactor: createRedactor() }).diffTrees({ workspace: turn.workspace, from, to });
  expect(changes.map(({ path }) => path)).toEqual(['*'.repeat(KEY.length)]);
});
