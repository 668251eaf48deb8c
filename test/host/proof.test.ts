/** A record that is wrong is noticed: rows, stored objects, and what a snapshot remembers of files, each broken on purpose. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Change, VerifiedTree } from '../../src/domain/host-api.ts';
import type { Shadow } from '../../src/host/snapshot/shadow.ts';
import { verifyTree } from '../../src/host/snapshot/verify-tree.ts';
import { eventually } from '../support/eventually.ts';
import { seededRandom } from '../support/random.ts';
import { SEED } from '../support/scale.ts';
import { TreeOperations } from '../support/tree-operations.ts';
import { Bench, type HostProgram } from './support/host-program.ts';
import { leftAlone } from './support/left-alone.ts';
import { damage, replaceIds } from './support/stored-files.ts';

let bench: Bench;
let host: HostProgram;
beforeAll(async () => {
  bench = await Bench.open();
  host = await bench.program();
});
afterAll(() => bench.close());

const request = () => ({ ...bench.lease, exclude: ['left-out'], maxFileBytes: 1_000_000 });
const checkpoint = async (program = host): Promise<string> => (await program.call('takeCheckpoint', request())).tree;
const verify = (tree: string, part = 0, parts = 1, program = host): Promise<VerifiedTree> => program.call('verifyTree', { ...request(), tree, part, parts });
const put = (path: string, text: string): void => writeFileSync(join(bench.workspace, path), text);
const shadow = (): string => join(bench.state, 'shadow', readdirSync(join(bench.state, 'shadow'))[0] ?? '');
const replay = async (from: string, to: string, steps: Change[][]): Promise<string | null> =>
  (await host.call('replayChanges', { workspace: bench.workspace, from, to, steps })).differs;

test('recorded changes of any kind give the next tree; without one, or with another content, they do not', async () => {
  const operations = new TreeOperations(bench.workspace, seededRandom(SEED));
  const trees = [await checkpoint()];
  const steps: Change[][] = [];
  for (let n = 0; n < 4; n += 1) {
    for (let more = 0; more < 150; more += 1) operations.next();
    trees.push(await checkpoint());
    steps.push((await host.call('diffTrees', { workspace: bench.workspace, from: trees[n] ?? '', to: trees[n + 1] ?? '' })).changes);
  }
  const [first = '', second = '', last = ''] = [trees[0], trees[1], trees.at(-1)];
  expect(await replay(first, last, steps)).toBeNull();
  expect(await replay(first, first, [])).toBeNull();
  const [one] = steps[0] ?? [];
  expect(one).toBeDefined();
  expect(await replay(first, second, [(steps[0] ?? []).slice(1)])).toBe(one?.path);
  expect(await replay(first, second, [(steps[0] ?? []).map((change) => (change === one ? { ...change, shaAfter: '1'.repeat(40) } : change))])).toBe(one?.path);
});

test('all parts together read every file, and what is changed, left out or a repository meanwhile is no error', async () => {
  put('left-out', 'x');
  const tree = await checkpoint();
  const whole = await verify(tree);
  expect(whole).toMatchObject({ wrong: [], retake: false });
  const parts = [await verify(tree, 0, 3), await verify(tree, 1, 3), await verify(tree, 2, 3)];
  expect(parts.map(({ wrong }) => wrong)).toEqual([[], [], []]);
  expect(parts.reduce((sum, { files }) => sum + files, 0)).toBe(whole.files);
  put('later', 'after the checkpoint');
  expect(await verify(tree)).toMatchObject({ wrong: [] });
});

test('files that a snapshot does not see are found by the walk, also in folders it does not know', async () => {
  mkdirSync(join(bench.workspace, 'missed/deep'), { recursive: true });
  put('missed/deep/file', 'x');
  put('missed-too', 'y');
  const { tree } = await host.call('takeCheckpoint', { ...request(), exclude: ['left-out', 'missed', 'missed-too'] });
  // A snapshot that is wrong the second time as well.
  const blind = { workspace: bench.workspace, git: { dir: join(shadow(), 'repository'), searchPath: process.env.PATH ?? '' }, scan: async () => ({ tree }) } as unknown as Shadow;
  const { wrong } = await verifyTree(blind, { ...request(), tree, part: 0, parts: 1 });
  expect(wrong.filter((line) => line.includes('missed')).map((line) => line.split(':')[0]).sort()).toEqual(['missed-too', 'missed/deep/file']);
});

/** Of one root file in a tree. */
function idIn(tree: string, path: string): string {
  const listed = execFileSync('git', ['-C', join(shadow(), 'repository'), 'ls-tree', tree, '--', path]).toString();
  return listed.split(/\s/)[2] ?? '';
}

test('a file that changed behind what a snapshot remembers is found, and read anew by the next', async () => {
  put('behind', 'as it was');
  const old = await checkpoint();
  put('behind', 'as it is!');
  const now = await checkpoint();
  const [own, forged] = [idIn(now, 'behind'), idIn(old, 'behind')];
  const caches = (): string[] => readdirSync(shadow()).filter((name) => name.startsWith('stat-cache')).map((name) => join(shadow(), name));
  // A file that has just changed is not remembered.
  await leftAlone(join(bench.workspace, 'behind'));
  const forge = async (): Promise<boolean> => (await checkpoint(), caches().some((file) => replaceIds(file, [[own, forged], [now, old]])));
  await eventually(forge, { what: 'a file that is remembered', everyMs: 200 });

  const other = await bench.program();
  expect(await checkpoint(other)).toBe(old);
  expect(await verify(old, 0, 1, other)).toMatchObject({ wrong: [`behind: it is 100644 ${own}, and the checkpoint says 100644 ${forged}`], retake: true });
  expect(await checkpoint(other)).toBe(now);
  expect(await verify(now, 0, 1, other)).toMatchObject({ wrong: [], retake: false });
});

test('a stored object that is damaged is told by its id', async () => {
  put('precious', 'content that nobody else has');
  const tree = await checkpoint();
  damage(join(shadow(), 'repository'), 'content that nobody else has');
  expect((await verify(tree)).wrong).toEqual([`the stored object ${idIn(tree, 'precious')} is missing or damaged`]);
});
