import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { WatchBatch } from '../../src/domain/host-api.ts';
import { eventually } from '../support/eventually.ts';
import { Bench, type HostProgram } from './support/host-program.ts';

let bench: Bench;
let host: HostProgram;
beforeAll(async () => {
  bench = await Bench.open();
  host = await bench.program();
  writeFileSync(join(bench.workspace, 'old'), 'old');
});
afterAll(() => bench.close());

const put = (path: string, content: string): void => writeFileSync(join(bench.workspace, path), content);
/** There with its content, or not at all. */
const putWhole = (path: string, content: string): void => {
  writeFileSync(join(bench.dir, 'beside'), content);
  renameSync(join(bench.dir, 'beside'), join(bench.workspace, path));
};
const request = () => ({ ...bench.lease, exclude: ['skipped/**'], maxFileBytes: 1_000_000 });
const watch = (base: string, cursor: number, waitMs = 30_000, program = host): Promise<WatchBatch> =>
  program.call('watchChanges', { ...request(), base, cursor, waitMs });
const told = ({ changes }: WatchBatch): string[] => changes.map(({ op, path }) => `${op} ${path}`);

test('changes since the base are told at once, later ones when they happen, none twice', async () => {
  const { tree: base } = await host.call('takeCheckpoint', request());
  put('first', '1');
  const first = await watch(base, 0);
  expect(told(first)).toEqual(['add first']);

  const second = watch(first.tree, first.cursor);
  mkdirSync(join(bench.workspace, 'deep/er'), { recursive: true });
  putWhole('deep/er/file', '2'); // or a scan may find it empty first
  rmSync(join(bench.workspace, 'old'));
  let batch = await second;
  const seen = told(batch);
  while (seen.length < 2) {
    batch = await watch(batch.tree, batch.cursor);
    seen.push(...told(batch));
  }
  expect(seen.sort()).toEqual(['add deep/er/file', 'delete old']);
  expect(batch.tree).toBe((await host.call('takeCheckpoint', request())).tree);
  expect(await watch(batch.tree, batch.cursor, 400)).toMatchObject({ cursor: batch.cursor, tree: batch.tree, changes: [], observedBy: 'scan', mode: 'inotify' });
});

test('an answer that was lost on its way is given again; a new program goes on from the tree told last', async () => {
  const { tree: base } = await host.call('takeCheckpoint', request());
  put('again', '1');
  const one = await watch(base, 0);
  put('again', 'two');
  const two = await watch(one.tree, one.cursor);
  expect(told(two)).toEqual(['modify again']);
  expect(await watch(one.tree, one.cursor)).toEqual(two);
  put('again', 'three, while nobody watched');
  const other = await watch(two.tree, two.cursor, 30_000, await bench.program());
  expect(told(other)).toEqual(['modify again']);
  expect(other.changes[0]?.shaBefore).toBe(two.changes[0]?.shaAfter);
});

test('chokidar is what tells of a change while one waits', async () => {
  const { tree } = await host.call('takeCheckpoint', request());
  let batch = await watch(tree, 0, 0);
  let writes = 0;
  await eventually(async () => {
    const next = watch(batch.tree, batch.cursor);
    put('heard', String((writes += 1)));
    batch = await next;
    return batch.observedBy === 'watcher'; // a single scan may be one of the clock
  }, { timeoutMs: 90_000, what: 'a change that was heard of' });
});

test('what is excluded or repository data is not told, and unwatch ends a waiting call', async () => {
  const { tree } = await host.call('takeCheckpoint', request());
  const waiting = watch(tree, 0);
  mkdirSync(join(bench.workspace, 'skipped'));
  mkdirSync(join(bench.workspace, '.git'));
  put('skipped/file', '1');
  put('.git/file', '1');
  expect(await watch(tree, 0, 1500)).toMatchObject({ tree, changes: [] });
  expect(await host.call('unwatch', { workspace: bench.workspace })).toEqual({});
  expect(await waiting).toMatchObject({ tree, changes: [] });
  expect(await host.call('unwatch', { workspace: bench.workspace })).toEqual({});
});

test('two who watch one workspace are each told everything', async () => {
  const { tree } = await host.call('takeCheckpoint', request());
  const both = Promise.all([watch(tree, 0), watch(tree, 0)]);
  put('shared', 'x');
  expect((await both).map(told)).toEqual([['add shared'], ['add shared']]);
});
