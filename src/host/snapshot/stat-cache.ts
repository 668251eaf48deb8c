/**
 * Remembers which content a file had when its stat looked like this, so that unchanged files are not read again. A file whose
 * inode changed within the last two seconds is not remembered: it may change once more within the same tick of the clock.
 * Forgotten at a reboot: what was not synced may then be gone from the store.
 */
import type { Stats } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { replaceFile } from '../durable.ts';

const SETTLED_MS = 2000;

type Signature = Pick<Stats, 'size' | 'mtimeMs' | 'ctimeMs' | 'ino' | 'dev'>;

interface Known extends Signature {
  id: string;
}

// The times hold fractions of a microsecond: what is settled cannot change within one.
const isSame = (a: Signature, b: Signature): boolean =>
  a.ctimeMs === b.ctimeMs && a.mtimeMs === b.mtimeMs && a.size === b.size && a.ino === b.ino && a.dev === b.dev;

export class StatCache {
  readonly #file: string;
  /** Format and boot. */
  readonly #header: string;
  #known = new Map<string, Known>();
  #next = new Map<string, Known>();
  #scanStartMs = 0;
  #changed = false;

  private constructor(file: string, boot: string) {
    this.#file = file;
    this.#header = `1 ${boot}`;
  }

  /** What the last process that scanned this workspace knew; a file of an earlier boot counts as none. */
  static async open(file: string, boot: string): Promise<StatCache> {
    const cache = new StatCache(file, boot);
    const [first, ...lines] = (await readFile(file, 'utf8').catch(() => '')).split('\n');
    if (first === cache.#header) for (const line of lines.filter(Boolean)) cache.#known.set(...(JSON.parse(line) as [string, Known]));
    return cache;
  }

  /** Begins a scan; what is not found in it is forgotten at its end. */
  begin(nowMs: number): void {
    this.#scanStartMs = nowMs;
    this.#next = new Map();
    this.#changed = false;
  }

  /** Id of the content when nothing has changed since it was read. */
  find(path: string, stat: Stats): string | undefined {
    const known = this.#known.get(path);
    if (!known || !isSame(known, stat)) return undefined;
    this.#next.set(path, known);
    return known.id;
  }

  /** Remembers the content read, when its stat can be trusted. */
  keep(path: string, stat: Stats, id: string): void {
    this.#changed = true;
    if (stat.ctimeMs >= this.#scanStartMs - SETTLED_MS) return;
    const { size, mtimeMs, ctimeMs, ino, dev } = stat;
    this.#next.set(path, { size, mtimeMs, ctimeMs, ino, dev, id });
  }

  end(): void {
    this.#changed ||= this.#next.size !== this.#known.size;
    this.#known = this.#next;
  }

  /** Writes it down for the next process, when it differs from what the last scan knew. */
  async save(): Promise<void> {
    if (!this.#changed) return;
    const lines = [...this.#known].map((entry) => JSON.stringify(entry));
    await replaceFile(this.#file, [this.#header, ...lines, ''].join('\n'));
  }
}
