/** What watchers stumble over: floods, folders that move or may not be read, a workspace that is made anew. All is told in the end, and events go on. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { WatchBatch } from '../../src/domain/host-api.ts';
import { eventually } from '../support/eventually.ts';
import { Bench, type HostProgram } from './support/host-program.ts';
import { watchesOf } from './support/inotify.ts';
import { toldUntil } from './support/told.ts';

let bench: Bench;
let host: HostProgram;
let base: string;
beforeEach(async () => {
  bench = await Bench.open();
  host = await bench.program();
  mkdirSync(at('one/deep'), { recursive: true });
  put('one/deep/file', 'x');
  base = await checkpoint();
  await watch(base, 0, 0);
  await eventually(() => watchesOf(host.process.pid ?? 0) === FOLDERS, { what: 'every folder to be watched' });
});
afterEach(() => bench.close());

/** one, one/deep and the workspace itself. */
const FOLDERS = 3;
/** The kernel keeps 16,384 events for a reader that is late. */
const FLOOD = 20_000;

const at = (path: string): string => join(bench.workspace, path);
const put = (path: string, content: string): void => writeFileSync(at(path), content);
const request = () => ({ ...bench.lease, exclude: [], maxFileBytes: 1_000_000 });
const checkpoint = async (): Promise<string> => (await host.call('takeCheckpoint', request())).tree;
const watch = (from: string, cursor: number, waitMs = 30_000): Promise<WatchBatch> => host.call('watchChanges', { ...request(), base: from, cursor, waitMs });

/** All that was told since the beginning leads to the files as they are. `before`: what has been told. */
async function allIsTold(before: WatchBatch[] = []): Promise<WatchBatch[]> {
  const tree = await checkpoint();
  const batches = [...before, ...await toldUntil(watch, before.at(-1)?.tree ?? base, tree)];
  const steps = batches.map(({ changes }) => changes);
  expect(await host.call('replayChanges', { workspace: bench.workspace, from: base, to: tree, steps })).toEqual({ differs: null });
  return batches;
}

/** A scan may be the one of the clock, and while a flood is worked off several are. */
async function eventsGoOn(path: string): Promise<void> {
  const from = await checkpoint();
  const told: WatchBatch[] = [];
  await eventually(async () => {
    const waiting = watch(told.at(-1)?.tree ?? from, 0);
    put(path, `after ${told.length}`);
    told.push(await waiting);
    return told.at(-1)?.observedBy === 'watcher';
  }, { timeoutMs: 60_000, what: `a change of ${path} that was heard of` });
  for (const batch of told) expect(batch).toMatchObject({ mode: 'inotify', changes: [{ path }] });
}

test('20,000 files made at once, more than the kernel keeps events of: each is told once', async () => {
  host.process.kill('SIGSTOP'); // for the program they are made at one moment
  try {
    for (let n = 0; n < FLOOD; n += 1) closeSync(openSync(at(`one/${n}`), 'w'));
  } finally {
    host.process.kill('SIGCONT');
  }
  const paths = (await allIsTold()).flatMap(({ changes }) => changes.map(({ op, path }) => `${op} ${path}`));
  expect(paths.length).toBe(FLOOD);
  expect(new Set(paths)).toEqual(new Set(Array.from({ length: FLOOD }, (_, n) => `add one/${n}`)));
  await eventsGoOn('one/0');
});

test('a folder that is renamed again and again while it is scanned', async () => {
  for (let n = 0; n < 300; n += 1) put(`one/deep/${n}`, `${n}`);
  let isOver = false;
  const told: WatchBatch[] = [];
  const scans = (async () => {
    while (!isOver) told.push(await watch(told.at(-1)?.tree ?? base, told.at(-1)?.cursor ?? 0, 200));
  })();
  let renames = 0;
  await eventually(async () => {
    for (const [from, to] of [['one', 'two'], ['two', 'one']] as const) {
      renameSync(at(from), at(to));
      put(`${to}/deep/${(renames += 1)}`, 'written on the way');
      await host.call('hello', {}); // lets the scan go on
    }
    return renames >= 40 && told.some(({ changes }) => changes.length > 0);
  }, { timeoutMs: 60_000, everyMs: 0, what: 'changes that are told meanwhile' });
  isOver = true;
  await scans;
  await allIsTold(told);
  await eventsGoOn('one/deep/file');
});

test('a workspace that is removed and made anew while somebody waits', async () => {
  const waiting = watch(base, 0);
  host.process.kill('SIGSTOP'); // or a scan may find no workspace at all, which ends the call
  try {
    rmSync(bench.workspace, { recursive: true });
    mkdirSync(at('other'), { recursive: true });
    put('other/file', 'y');
  } finally {
    host.process.kill('SIGCONT');
  }
  const told = (await allIsTold([await waiting])).flatMap(({ changes }) => changes.map(({ path, from }) => [path, from])).flat();
  expect(told).toEqual(expect.arrayContaining(['other/file', 'one/deep/file']));
  await eventsGoOn('other/file');
});

const AS_NOBODY = process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];

test('a folder that its user may not read is left out, and nothing else', async () => {
  const state = join(bench.dir, 'state-of-nobody');
  for (const folder of [at('closed'), state]) mkdirSync(folder);
  execFileSync('chmod', ['-R', 'a+rwX', bench.dir]);
  execFileSync('chmod', ['000', at('closed')]);
  host = await bench.programAt(state, AS_NOBODY);
  expect(await host.call('takeCheckpoint', request())).toMatchObject({ notCovered: ['closed: cannot be read by this user'] });
  await eventsGoOn('one/deep/file');
  await eventually(() => watchesOf(host.process.pid ?? 0) === FOLDERS, { what: 'the other folders to be watched' });
  await eventsGoOn('one/deep/file');
});
