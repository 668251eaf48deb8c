/** What runs on this machine, read from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

const read = (file: string): string => {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
};

/** Pids whose command line holds all of these words as arguments or parts of them. */
export function pidsOf(...words: string[]): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  return pids.filter((pid) => words.every((word) => read(`/proc/${pid}/cmdline`).includes(word)));
}

export const commandLineOf = (pid: number): string => read(`/proc/${pid}/cmdline`);

export const environmentOf = (pid: number): string => read(`/proc/${pid}/environ`);

/** A zombie counts as gone. */
export const isRunning = (pid: number): boolean => /^State:\s+[^ZX]/m.test(read(`/proc/${pid}/status`));
