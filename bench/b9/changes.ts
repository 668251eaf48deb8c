/** Files that change one by one while somebody watches, as an agent's edits do: now and then, anywhere in the tree. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FSWatcher } from 'chokidar';

const FOLDERS = 20;
const pathOf = (n: number): string => join('edited', `folder-${n % FOLDERS}`, `change-${n}.txt`);
/** As SQL: the number of a change by the path of its row. */
export const NUMBER_OF_ROW = `json_build_object('n', substring(path from 'change-([0-9]+)[.]txt$'))`;
export const numberOf = (path: string): number | undefined => {
  const n = /change-(\d+)\.txt$/.exec(path)?.[1];
  return n === undefined ? undefined : Number(n);
};

/** Each is there before it changes. */
export function makeChangeable(workspace: string, count: number): void {
  for (let n = 1; n <= count; n += 1) {
    mkdirSync(dirname(join(workspace, pathOf(n))), { recursive: true });
    writeFileSync(join(workspace, pathOf(n)), 'before\n');
  }
}

/** When each was written, on the monotonic clock: read just before, so that the write counts. */
export async function changeAll(workspace: string, numbers: readonly number[], random: () => number, gap: { leastMs: number; mostMs: number }): Promise<Map<number, bigint>> {
  const at = new Map<number, bigint>();
  for (const n of numbers) {
    await sleep(gap.leastMs + random() * (gap.mostMs - gap.leastMs));
    at.set(n, process.hrtime.bigint());
    writeFileSync(join(workspace, pathOf(n)), `after ${n}\n`);
  }
  return at;
}

/** The first event of each from now on. */
export function hear(watcher: FSWatcher): Map<number, bigint> {
  const heard = new Map<number, bigint>();
  watcher.on('all', (_, path) => {
    const n = numberOf(path);
    if (n !== undefined && !heard.has(n)) heard.set(n, process.hrtime.bigint());
  });
  return heard;
}
