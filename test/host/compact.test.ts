/** Objects are packed, checkpoints go by age and count, and nothing that somebody needs ever does. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { CheckpointResult } from '../../src/domain/host-api.ts';
import { eventually } from '../support/eventually.ts';
import { seededRandom } from '../support/random.ts';
import { scaled, SEED } from '../support/scale.ts';
import { Bench, type HostProgram } from './support/host-program.ts';
import { leftAlone } from './support/left-alone.ts';
import { shadowGit, shadowRepository } from './support/shadow-git.ts';

let bench: Bench;
let host: HostProgram;
beforeEach(async () => {
  bench = await Bench.open();
  host = await bench.program();
});
afterEach(() => bench.close());

const DAY_MS = 24 * 60 * 60 * 1000;
const put = (path: string, content: string): void => writeFileSync(join(bench.workspace, path), content);
const checkpoint = (by = host): Promise<CheckpointResult> => by.call('takeCheckpoint', { ...bench.lease, exclude: [], maxFileBytes: 1_000_000 });
const refs = (): string[] => readdirSync(join(shadowRepository(bench), 'refs/checkpoints'));
const treeOf = (commit: string): string => shadowGit(bench, 'rev-parse', `${commit}:files`).toString().trim();
const namedTrees = (): string[] => refs().map(treeOf);
const isWhole = (tree: string): boolean => {
  try {
    shadowGit(bench, 'rev-list', '--objects', '--quiet', tree);
    return true;
  } catch {
    return false;
  }
};
function settings(checkpoints: object): void {
  mkdirSync(bench.state, { recursive: true, mode: 0o700 }); // the program may be about to
  writeFileSync(join(bench.state, 'settings.json'), JSON.stringify({ checkpoints }));
}
const packs = (): string[] => readdirSync(join(shadowRepository(bench), 'objects/pack')).filter((name) => name.endsWith('.pack'));
const looseCount = (): number => Number(/count: (\d+)/.exec(shadowGit(bench, 'count-objects', '-v').toString())?.[1]);

/** Puts a checkpoint and all its objects into the past. */
function age(tree: string, days: number): void {
  const at = new Date(Date.now() - days * DAY_MS);
  for (const commit of refs().filter((one) => treeOf(one) === tree)) utimesSync(join(shadowRepository(bench), 'refs/checkpoints', commit), at, at);
  execFileSync('find', [join(shadowRepository(bench), 'objects'), '-type', 'f', '-exec', 'touch', '-d', `@${at.getTime() / 1000}`, '{}', '+']);
}

/** A program compacts when a workspace is claimed, and once in an hour. */
async function compact(keepTrees?: string[]): Promise<HostProgram> {
  const program = await bench.program();
  await program.call('claimWorkspace', { ...bench.lease, ...(keepTrees && { keepTrees }) });
  return program;
}

/** One takes away names, the other what has none. */
function sweepsOver(atLeast = 2): boolean {
  const file = join(shadowRepository(bench), '../sweeps');
  if (!existsSync(file)) return false;
  const { count, sweepers } = JSON.parse(readFileSync(file, 'utf8')) as { count: number; sweepers: unknown[] };
  return count >= atLeast && sweepers.length === 0;
}

/** So many loose objects that they are worth packing. */
function clutter(): void {
  const folder = join(bench.dir, 'clutter');
  mkdirSync(folder);
  const files = Array.from({ length: 4_000 }, (_, n) => join(folder, `${n}`));
  files.forEach((file, n) => writeFileSync(file, `${n}`));
  execFileSync('git', ['--git-dir', shadowRepository(bench), 'hash-object', '-w', '--stdin-paths'], { input: files.join('\n') });
}

async function history(count: number): Promise<string[]> {
  const trees: string[] = [];
  for (let n = 0; n < count; n += 1) {
    put('file', `content ${n}\n`.repeat(100));
    put(`only-${n}`, `${n}`);
    trees.push((await checkpoint()).tree);
    rmSync(join(bench.workspace, `only-${n}`));
  }
  return trees;
}

test('what is too old goes with its objects; what is needed, young or the present stays', async () => {
  const trees = await history(6);
  trees.forEach((tree) => age(tree, 50));
  const [first = '', second = '', third = '', fourth = '', ...last] = trees;
  for (const tree of last) {
    const commit = refs().find((one) => treeOf(one) === tree) ?? '';
    utimesSync(join(shadowRepository(bench), 'refs/checkpoints', commit), new Date(), new Date());
  }
  await compact([second]);
  await eventually(() => sweepsOver(), { what: 'the sweeps' });
  expect(namedTrees().sort()).toEqual([second, ...last].sort());
  expect([first, second, third, fourth, ...last].map(isWhole)).toEqual([false, true, false, false, true, true]);
  expect({ packs: packs().length, loose: looseCount() }).toEqual({ packs: 1, loose: 0 });
  const { tree } = await checkpoint();
  expect(isWhole(tree)).toBe(true);
  shadowGit(bench, 'fsck', '--full', '--strict', '--no-dangling');
});

test('too many go, oldest first, but none of the last two days', async () => {
  const trees = await history(6);
  trees.forEach((tree, n) => n < 4 && age(tree, 9 - n));
  settings({ days: 1000, count: 1 });
  await compact([]);
  await eventually(() => sweepsOver(), { what: 'four to go' });
  expect(namedTrees().sort()).toEqual(trees.slice(4).sort());
  settings({ count: 'many' });
  const wrong = await compact([]);
  expect((await checkpoint(wrong)).files).toBe(1);
  expect(refs().length).toBeLessThanOrEqual(3);
});

test('without a word on what is needed none goes, although the store is made small', async () => {
  const trees = await history(3);
  trees.forEach((tree) => age(tree, 50));
  clutter();
  await compact();
  await eventually(() => sweepsOver(1), { what: 'the sweep' });
  expect(namedTrees().sort()).toEqual(trees.sort());
  expect(packs()).toHaveLength(1);
});

test('a program that knew objects which a sweep took writes them again', async () => {
  put('file', 'here');
  const { tree } = await checkpoint();
  put('file', 'gone for a while');
  const { tree: other } = await checkpoint();
  put('file', 'here');
  put('more', 'm');
  await leftAlone(join(bench.workspace, 'more'));
  const { tree: last } = await checkpoint();
  rmSync(join(bench.workspace, 'more'));
  // The first program still has in mind what it wrote; another lets go of it.
  for (const one of [tree, other, last]) age(one, 90);
  execFileSync('find', [join(shadowRepository(bench), 'refs/last'), '-type', 'f', '-delete']);
  await compact([]);
  await eventually(() => sweepsOver(), { what: 'the sweeps' });
  const again = await checkpoint();
  expect(again.tree).toBe(tree);
  expect(isWhole(tree)).toBe(true);
  shadowGit(bench, 'fsck', '--full', '--strict', '--no-dangling');
});

test('snapshots beside compactions that are killed in the middle lose nothing', async () => {
  const random = seededRandom(SEED);
  for (let n = 0; n < 400; n += 1) {
    mkdirSync(join(bench.workspace, `d${n % 20}`), { recursive: true });
    put(`d${n % 20}/${n}`, `${random()}`.repeat(200));
  }
  settings({ days: 1, count: 3 });
  const kept = new Map<string, string>();
  for (let round = 0; round < scaled(6, 60); round += 1) {
    put(`d${round % 20}/${round}`, `round ${round} ${random()}`);
    const before = await checkpoint();
    kept.set(before.tree, before.sidecar);
    put('doomed', `${random()}`);
    await checkpoint();
    rmSync(join(bench.workspace, 'doomed'));
    for (const tree of namedTrees()) if (!kept.has(tree) || random() < 0.3) age(tree, 40);
    const program = await compact([...kept.keys()]);
    const snapshots = (async () => {
      for (let n = 0; n < 3; n += 1) {
        put(`d${n}/beside`, `${round} ${n} ${random()}`);
        const { tree, sidecar } = await checkpoint();
        kept.set(tree, sidecar);
      }
    })();
    await eventually(() => random() < 0.2, { what: 'a random moment', everyMs: 10 });
    await program.kill();
    await snapshots;
    const whole = await checkpoint();
    kept.set(whole.tree, whole.sidecar);
    expect([...kept.keys()].filter((tree) => !isWhole(tree))).toEqual([]);
    expect([...kept.values()].filter((sidecar) => !isWhole(sidecar))).toEqual([]);
  }
  const last = await compact([...kept.keys()]);
  await last.stop();
  shadowGit(bench, 'fsck', '--full', '--strict', '--no-dangling');
});

test('many loose objects and packs become one pack', async () => {
  for (let n = 0; n < 25; n += 1) {
    for (let file = 0; file < 100; file += 1) put(`${file}`, `${n} ${file}`);
    await checkpoint();
  }
  expect(packs().length).toBeGreaterThan(20);
  await compact();
  await eventually(() => packs().length === 1, { what: 'one pack' });
  expect(refs()).toHaveLength(25);
  shadowGit(bench, 'fsck', '--full', '--strict', '--no-dangling');
  const { tree } = await checkpoint();
  expect(isWhole(tree)).toBe(true);
});
