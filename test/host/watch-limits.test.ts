/** A watcher that has no watches left: every change is told all the same, and how it was noticed is said. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { WatchBatch } from '../../src/domain/host-api.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/needs.ts';
import { Bench, type HostProgram } from './support/host-program.ts';
import { canLimit, limitedTo, watchesOf } from './support/inotify.ts';
import { toldUntil } from './support/told.ts';

let bench: Bench;
let host: HostProgram;
beforeEach(async () => {
  bench = await Bench.open();
  for (const folder of FOLDERS) mkdirSync(join(bench.workspace, folder));
});
afterEach(() => bench.close());

const FOLDERS = ['one', 'two', 'three', 'four'];
/** The workspace is one as well. */
const NEEDED = FOLDERS.length + 1;
const NONE_LEFT = 'polling (no inotify watches left: raise fs.inotify.max_user_watches)';

const put = (path: string, content: string): void => writeFileSync(join(bench.workspace, path), content);
const request = () => ({ ...bench.lease, exclude: [], maxFileBytes: 1_000_000 });
const checkpoint = async (): Promise<string> => (await host.call('takeCheckpoint', request())).tree;
const watch = (base: string, cursor: number, waitMs = 30_000): Promise<WatchBatch> => host.call('watchChanges', { ...request(), base, cursor, waitMs });
const inMode = (base: string, mode: string): Promise<unknown> =>
  eventually(async () => (await watch(base, 0, 0)).mode === mode, { what: `the mode ${mode}` });

describeWith('user namespaces', canLimit(), 'with a limit of watches', () => {
  test('without enough of them changes are found by polling, which is said; none is kept from others', async () => {
    host = await bench.program({}, limitedTo(NEEDED - 2));
    const base = await checkpoint();
    await inMode(base, NONE_LEFT);
    for (const folder of FOLDERS) put(`${folder}/file`, folder);
    const batches = await toldUntil(watch, base, await checkpoint());
    expect(batches.flatMap(({ changes }) => changes.map(({ op, path }) => `${op} ${path}`)).sort()).toEqual(FOLDERS.map((folder) => `add ${folder}/file`).sort());
    expect(new Set(batches.map(({ mode, observedBy }) => `${observedBy}: ${mode}`))).toEqual(new Set([`scan: ${NONE_LEFT}`]));
    await eventually(() => watchesOf(host.process.pid ?? 0) === 0, { what: 'all watches to be given back' });
  });

  test('exactly as many as doctor counts are enough', async () => {
    host = await bench.program({}, limitedTo(NEEDED));
    const base = await checkpoint();
    await watch(base, 0, 0);
    await eventually(() => watchesOf(host.process.pid ?? 0) === NEEDED, { what: 'every folder to be watched' });
    expect((await host.call('probe', { workspace: bench.workspace, agentCommand: null, watch: { exclude: [] } })).watch).toEqual({ mode: 'inotify', watches: { limit: NEEDED, needed: NEEDED } });
    const waiting = watch(base, 0);
    put('four/file', 'x');
    expect(await waiting).toMatchObject({ mode: 'inotify', changes: [{ path: 'four/file' }] });
  });

  test('they run out while a turn makes folders: what is in those is found', async () => {
    host = await bench.program({}, limitedTo(NEEDED + 1));
    const base = await checkpoint();
    await watch(base, 0, 0);
    await eventually(() => watchesOf(host.process.pid ?? 0) === NEEDED, { what: 'every folder to be watched' });
    mkdirSync(join(bench.workspace, 'five/six/seven'), { recursive: true });
    put('five/six/seven/file', 'x');
    const tree = await checkpoint();
    const batches = await toldUntil(watch, base, tree);
    expect(batches.flatMap(({ changes }) => changes.map(({ path }) => path))).toEqual(['five/six/seven/file']);
    await inMode(tree, NONE_LEFT);
    put('five/six/seven/file', 'changed');
    expect(await toldUntil(watch, tree, await checkpoint())).toMatchObject([{ mode: NONE_LEFT, observedBy: 'scan', changes: [{ path: 'five/six/seven/file', op: 'modify' }] }]);
  });

  test('without an inotify of its own it polls as well', async () => {
    host = await bench.program({}, limitedTo(0, 'instances'));
    const base = await checkpoint();
    await inMode(base, 'polling (the watcher failed: EMFILE)');
    put('one/file', 'x');
    expect(await toldUntil(watch, base, await checkpoint())).toMatchObject([{ observedBy: 'scan', changes: [{ path: 'one/file' }] }]);
  });
});
