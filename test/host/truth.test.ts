/**
 * Nothing that happens to the files is missed: random operations while the host program watches, is stopped, killed and started
 * again. All recorded changes put onto the first tree give the last tree, and that is what an independent walk finds.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breathe, setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Change } from '../../src/domain/host-api.ts';
import { seededRandom } from '../support/random.ts';
import { scaled, SEED } from '../support/scale.ts';
import { TreeOperations } from '../support/tree-operations.ts';
import { listTree, treeOf, walk, type Listing } from '../support/tree-walk.ts';
import { Bench, type HostProgram } from './support/host-program.ts';

const DURING_MS = scaled(2_500, 20_000);

jest.setTimeout(120_000);

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.open();
});
afterAll(() => bench.close());

const request = () => ({ ...bench.lease, exclude: [], maxFileBytes: 100_000_000 });

const repository = (): string => join(bench.state, 'shadow', readdirSync(join(bench.state, 'shadow'))[0] ?? '', 'repository');

/** `\xNN` stands for a byte that is no UTF-8. */
const bytesOf = (path: string): string => Buffer.from(path).toString('latin1').replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** Puts recorded changes onto a listing: a step at a time, what goes before what comes. */
function replay(files: Listing, steps: readonly (readonly Change[])[]): void {
  for (const changes of steps) {
    for (const { path, op, from } of changes) {
      if (op === 'delete') files.delete(bytesOf(path));
      if (from !== undefined) files.delete(bytesOf(from));
    }
    for (const { path, op, mode, shaAfter } of changes) if (op !== 'delete') files.set(bytesOf(path), `${mode} ${shaAfter}`);
  }
}

/** What a worker keeps of a watched workspace: batches of changes, each from the tree before it. */
class Recording {
  readonly steps: Change[][] = [];
  tree: string;

  constructor(tree: string) {
    this.tree = tree;
  }

  /** Until `signal` aborts or the program dies. */
  async follow(program: HostProgram, signal: AbortSignal): Promise<void> {
    for (let cursor = 0; !signal.aborted; ) {
      const batch = await program.call('watchChanges', { ...request(), base: this.tree, cursor, waitMs: 100 });
      if (batch.changes.length > 0) this.steps.push(batch.changes);
      ({ tree: this.tree, cursor } = batch);
    }
  }
}

/** `perSecond` operations, or as many as there is time for. */
async function operate(operations: TreeOperations, perSecond: number): Promise<number> {
  const begin = performance.now();
  let done = 0;
  for (let at = 0; at < DURING_MS; at = performance.now() - begin) {
    const due = Math.min(done + 50, (at / 1000) * perSecond);
    for (; done < due; done += 1) operations.next();
    await (perSecond === Infinity ? breathe() : delay(2));
  }
  return done;
}

/** Watched, then stopped for a while, watched again, killed, and after a pause watched by another program. */
async function watchBadly(record: Recording): Promise<void> {
  const part = DURING_MS / 5;
  const first = await bench.program();
  const following = record.follow(first, new AbortController().signal).catch(() => undefined);
  await delay(part);
  first.process.kill('SIGSTOP');
  await delay(part);
  first.process.kill('SIGCONT');
  await delay(part);
  await first.kill();
  await following;
  await delay(part / 2);
  const over = new AbortController();
  const again = record.follow(await bench.program(), over.signal);
  await delay(1.5 * part);
  over.abort();
  await again;
}

test.each([
  { name: '600 operations a second', perSecond: 600, seed: SEED },
  { name: 'as many as there can be', perSecond: Infinity, seed: SEED + 1 },
])('$name: replayed changes give the last tree, and that is what is there', async ({ perSecond, seed }) => {
  const operations = new TreeOperations(bench.workspace, seededRandom(seed));
  for (let n = 0; n < 300; n += 1) operations.next();
  const host = await bench.program();
  const { tree: first } = await host.call('takeCheckpoint', request());
  const record = new Recording(first);

  const [done] = await Promise.all([operate(operations, perSecond), watchBadly(record)]);
  const { tree: last } = await host.call('takeCheckpoint', request());
  const { changes } = await host.call('diffTrees', { workspace: bench.workspace, from: record.tree, to: last });
  record.steps.push(changes);

  const found = walk(bench.workspace);
  expect(last).toBe(treeOf(found));
  const files = listTree(repository(), first);
  expect(treeOf(files)).toBe(first);
  replay(files, record.steps);
  expect([...files].sort()).toEqual([...found].sort());
  expect(treeOf(files)).toBe(last);
  expect(done).toBeGreaterThan(0);
  expect(record.steps.length).toBeGreaterThan(1);
});
