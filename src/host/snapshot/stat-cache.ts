/**
 * Remembers which content a file had when its stat looked like this, so that unchanged files are not read again. A file whose
 * inode changed within the last two seconds is not remembered: it may change once more within the same tick of the clock.
 * Forgotten at a reboot: what was not synced may then be gone from the store.
 */
import type { BigIntStats } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { replaceFile } from '../durable.ts';

const SETTLED_MS = 2000;

interface Known {
  signature: string;
  id: string;
}

const signatureOf = (stat: BigIntStats): string => `${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}:${stat.ino}:${stat.dev}`;

export class StatCache {
  readonly #file: string;
  readonly #boot: string;
  #known = new Map<string, Known>();
  #next = new Map<string, Known>();
  #scanStartMs = 0;
  #changed = false;

  private constructor(file: string, boot: string) {
    this.#file = file;
    this.#boot = boot;
  }

  /** What the last process that scanned this workspace knew; an unreadable or older file counts as none. */
  static async open(file: string, boot: string): Promise<StatCache> {
    const cache = new StatCache(file, boot);
    const [first, ...lines] = (await readFile(file, 'utf8').catch(() => '')).split('\n');
    if (first !== boot) return cache;
    for (const line of lines) {
      const [signature, id, path] = line.split(' ', 3);
      if (signature && id && path) cache.#known.set(Buffer.from(path, 'base64').toString('latin1'), { signature, id });
    }
    return cache;
  }

  /** Begins a scan; what is not found in it is forgotten at its end. */
  begin(nowMs: number): void {
    this.#scanStartMs = nowMs;
    this.#next = new Map();
    this.#changed = false;
  }

  /** Id of the content when nothing has changed since it was read. */
  find(path: string, stat: BigIntStats): string | undefined {
    const known = this.#known.get(path);
    if (known?.signature !== signatureOf(stat)) return undefined;
    this.#next.set(path, known);
    return known.id;
  }

  /** Remembers the content read, when its stat can be trusted. */
  keep(path: string, stat: BigIntStats, id: string): void {
    this.#changed = true;
    if (Number(stat.ctimeMs) < this.#scanStartMs - SETTLED_MS) this.#next.set(path, { signature: signatureOf(stat), id });
  }

  end(): void {
    this.#changed ||= this.#next.size !== this.#known.size;
    this.#known = this.#next;
  }

  /** Writes it down for the next process, when it differs from what the last scan knew. */
  async save(): Promise<void> {
    if (!this.#changed) return;
    const lines = [...this.#known].map(([path, { signature, id }]) => `${signature} ${id} ${Buffer.from(path, 'latin1').toString('base64')}`);
    await replaceFile(this.#file, [this.#boot, ...lines, ''].join('\n'));
  }
}
