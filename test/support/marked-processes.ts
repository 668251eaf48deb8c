/** Processes by an entry of their environment, such as the marker of a run or the HOME of a test. */
import { readdirSync, readFileSync } from 'node:fs';

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // It has ended.
  }
}

/** Pids of those whose environment has exactly this entry; zombies have none. */
export function pidsWith(entry: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  return pids.filter((pid) => pid !== process.pid && read(pid, 'environ').split('\0').includes(entry));
}

/** Pids of those whose command line or environment names this text anywhere. */
export function pidsNaming(text: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  return pids.filter((pid) => pid !== process.pid && ['cmdline', 'environ'].some((file) => read(pid, file).includes(text)));
}

export const commandOf = (pid: number): string => read(pid, 'cmdline').replaceAll('\0', ' ').trim();

export const parentOf = (pid: number): number => Number(/^PPid:\s+(\d+)/m.exec(read(pid, 'status'))?.[1] ?? 0);
