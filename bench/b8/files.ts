/** A workspace of many small files, and the same 150 differences made in it again and again. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const IN_A_FOLDER = 100;
const EACH = 50;

export const DIFFERENCES = 3 * EACH;

const pathOf = (dir: string, n: number): string => join(dir, `d${Math.floor(n / IN_A_FOLDER)}`, `f${n}.txt`);

const content = (n: number): string => `${n}\n`.repeat(1 + ((n * 37) % 900));

/** About 3 KB each. */
export function fill(dir: string, files: number): void {
  for (let n = 0; n < files; n += 1) {
    if (n % IN_A_FOLDER === 0) mkdirSync(join(dir, `d${n / IN_A_FOLDER}`), { recursive: true });
    writeFileSync(pathOf(dir, n), content(n));
  }
}

/** 50 files changed, 50 gone, 50 new, spread over the whole. */
export function differ(dir: string, files: number): void {
  const step = Math.max(1, Math.floor(files / (2 * EACH)));
  for (let n = 0; n < EACH; n += 1) {
    writeFileSync(pathOf(dir, (2 * n * step) % files), `changed ${n}\n`);
    rmSync(pathOf(dir, ((2 * n + 1) * step) % files), { force: true });
    writeFileSync(join(dir, `d${n % Math.ceil(files / IN_A_FOLDER)}`, `new${n}.txt`), `new file ${n}\n`.repeat(300));
  }
}
