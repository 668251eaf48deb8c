/** The tree that is taken snapshots of: files of a few kB, fifty in a folder, and a seed for those that change. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PER_FOLDER = 50;
const LINES = 200;

const pathOf = (n: number): string => join(`a${Math.floor(n / 1000)}`, `b${Math.floor(n / PER_FOLDER) % 20}`, `file-${n}.ts`);

export function makeFiles(workspace: string, count: number): void {
  for (let n = 0; n < count; n += 1) {
    if (n % PER_FOLDER === 0) mkdirSync(join(workspace, pathOf(n), '..'), { recursive: true });
    writeFileSync(join(workspace, pathOf(n)), `line of file ${n}\n`.repeat(LINES));
  }
}

/** `changes` files, spread over the tree, get a content that they never had. */
export function changeFiles(workspace: string, count: number, changes: number): void {
  for (let n = 0; n < changes; n += 1) writeFileSync(join(workspace, pathOf(Math.floor((n * count) / changes))), `changed ${performance.now()} ${n}\n`.repeat(LINES));
}
