import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Bench, type HostProgram } from './support/host-program.ts';
import { treeByGit } from './support/shadow-git.ts';

let bench: Bench;
let host: HostProgram;
beforeAll(async () => {
  bench = await Bench.open();
  host = await bench.program();
});
afterAll(() => bench.close());

const at = (path: string): string => join(bench.workspace, path);
const checkpoint = () => host.call('takeCheckpoint', { ...bench.lease, exclude: [], maxFileBytes: 100_000_000 });

/** One random change to a small set of paths, so that files and folders take each other's places. */
function churn(n: number): void {
  const path = at(`d${n % 3}/f${n % 11}`);
  if (n % 5 === 0) return rmSync(at(`d${n % 3}`), { recursive: true, force: true });
  mkdirSync(at(`d${n % 3}`), { recursive: true });
  if (n % 7 === 0) {
    rmSync(at(`moved${n % 4}`), { recursive: true, force: true });
    return renameSync(at(`d${n % 3}`), at(`moved${n % 4}`));
  }
  writeFileSync(path, `${n}`.repeat(n % 50));
}

test('files that come, go and change meanwhile never fail a checkpoint; the quiet tree is what git finds', async () => {
  let n = 0;
  const mutator = setInterval(() => {
    for (let more = 0; more < 5; more += 1) churn((n += 1));
  }, 1);
  const trees = new Set<string>();
  try {
    for (let round = 0; round < 8; round += 1) trees.add((await checkpoint()).tree);
  } finally {
    clearInterval(mutator);
  }
  expect(trees.size).toBeGreaterThan(1);
  expect((await checkpoint()).tree).toBe(treeByGit(bench));
});

test('large files are streamed, with the same id as git gives them', async () => {
  writeFileSync(at('large'), randomBytes(9 * 1024 * 1024 + 1));
  writeFileSync(at('empty'), '');
  expect((await checkpoint()).tree).toBe(treeByGit(bench));
  writeFileSync(at('large'), randomBytes(9 * 1024 * 1024 + 1));
  expect((await checkpoint()).tree).toBe(treeByGit(bench));
});
