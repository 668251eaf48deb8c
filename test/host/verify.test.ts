/** Stored objects are read again, a part each time: what is damaged or gone is named. */
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { VerifyResult } from '../../src/domain/host-api.ts';
import { verifyStore } from '../../src/host/verify/verify-store.ts';
import { Bench, type HostProgram } from './support/host-program.ts';
import { shadowGit, shadowRepository } from './support/shadow-git.ts';

let bench: Bench;
let host: HostProgram;
beforeEach(async () => {
  bench = await Bench.open();
  host = await bench.program();
});
afterEach(() => bench.close());

const put = (path: string, content: string | Buffer): void => writeFileSync(join(bench.workspace, path), content);
const checkpoint = () => host.call('takeCheckpoint', { ...bench.lease, exclude: [], maxFileBytes: 100_000_000 });
const verify = (all: boolean): Promise<VerifyResult> => host.call('verifyCheckpoints', { workspace: bench.workspace, all });
const idOf = (tree: string, path: string): string => shadowGit(bench, 'rev-parse', `${tree}:${path}`).toString().trim();
const fileOf = (id: string): string => join(shadowRepository(bench), 'objects', id.slice(0, 2), id.slice(2));

/** Changes bytes in the middle of a stored object. */
function damage(id: string, change: (bytes: Buffer) => Buffer): void {
  const bytes = readFileSync(fileOf(id));
  chmodSync(fileOf(id), 0o600);
  writeFileSync(fileOf(id), change(bytes));
}

test('parts take turns until everything has been read', async () => {
  for (let n = 0; n < 40; n += 1) put(`${n}`, `content ${n}`);
  await checkpoint();
  const all = await verify(true);
  expect(all).toMatchObject({ part: null, checkpoints: 1, damaged: [] });
  expect(all.bytes).toBeGreaterThan(400);
  const parts: VerifyResult[] = [];
  for (let n = 0; n < all.parts; n += 1) parts.push(await verify(false));
  expect(parts.map(({ part }) => part).sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: all.parts }, (_, n) => n));
  expect(parts.reduce((sum, { objects }) => sum + objects, 0)).toBe(all.objects);
  expect((await verify(false)).part).toBe(parts[0]?.part);
});

test('an empty store is whole', async () => {
  expect(await verify(true)).toMatchObject({ checkpoints: 0, objects: 0, damaged: [] });
});

test('a byte that has flipped, a file that was cut, one that is gone, another one in its place: each is named, and the rest is read', async () => {
  for (const name of ['flipped', 'cut', 'gone', 'swapped', 'whole-1', 'whole-2']) put(name, `${name}\n`.repeat(100));
  put('large', Buffer.alloc(9_000_000, 'l'));
  const { tree } = await checkpoint();
  const [flipped, cut, gone, large, swapped] = ['flipped', 'cut', 'gone', 'large', 'swapped'].map((name) => idOf(tree, name)) as [string, string, string, string, string];
  damage(flipped, (bytes) => {
    bytes[200] = (bytes[200] ?? 0) ^ 1;
    return bytes;
  });
  damage(cut, (bytes) => bytes.subarray(0, 100));
  damage(large, (bytes) => bytes.subarray(0, 5_000_000));
  damage(swapped, () => readFileSync(fileOf(idOf(tree, 'whole-1'))));
  rmSync(fileOf(gone));
  const { damaged, objects } = await verify(true);
  expect(damaged.map(({ id }) => id).sort()).toEqual([flipped, cut, gone, large, swapped].sort());
  expect(damaged.find(({ id }) => id === gone)?.reason).toBe('is missing');
  expect(objects).toBeGreaterThan(6);
});

test('a damaged tree is named, although nothing below it can be known', async () => {
  put('file', 'f');
  const { tree } = await checkpoint();
  damage(tree, (bytes) => bytes.subarray(0, 12));
  expect((await verify(true)).damaged).toContainEqual({ id: tree, reason: expect.any(String) });
});

test('what a sweep takes while it is being read is not damaged', async () => {
  put('file', 'swept');
  const { tree } = await checkpoint();
  const dir = shadowRepository(bench);
  const bin = join(bench.dir, 'bin');
  mkdirSync(bin);
  const sweep = [`rm ${dir}/refs/checkpoints/* ${dir}/refs/last/* ${fileOf(idOf(tree, 'file'))}`, `echo '{"count":1,"boot":"","sweepers":[]}' > ${join(dir, '../sweeps')}`, `touch ${bin}/swept`].join('; ');
  const script = `#!/bin/sh\nPATH='${process.env.PATH}'\ncase "$*" in *--batch*) [ -e ${bin}/swept ] || { ${sweep}; };; esac\nexec git "$@"\n`;
  writeFileSync(join(bin, 'git'), script, { mode: 0o755 });
  expect(await verifyStore({ dir, searchPath: bin }, { all: true })).toMatchObject({ objects: 0, damaged: [] });
});
