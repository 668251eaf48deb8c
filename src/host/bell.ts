/** Waiting for "something may have changed": a ring while nobody waits is kept for the next one who does. */
import { watch, type FSWatcher } from 'node:fs';

export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves at the next ring, after `ms`, or when the signal is aborted. One waiter at a time. */
  async next(ms: number, signal?: AbortSignal): Promise<void> {
    if (!this.#rung && !signal?.aborted) await this.#wait(ms, signal);
    this.#rung = false;
  }

  #wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, Math.max(0, ms));
      signal?.addEventListener('abort', done);
      this.#wake = done;
    });
  }
}

// A watch that works only needs a net below it; without one the poll is all there is.
export const SAFETY_POLL_MS = 1000;
export const ONLY_POLL_MS = 50;

export interface LookOptions {
  waitMs: number;
  signal?: AbortSignal;
  /** Rung by the caller for what happens outside the directory. */
  bell?: Bell;
}

/** Calls `look` now and at every change in `directory` until it gives a value; undefined when `waitMs` is over or the signal aborted. */
export async function lookUntil<T>(directory: string, look: () => Promise<T | undefined>, options: LookOptions): Promise<T | undefined> {
  const deadline = performance.now() + options.waitMs;
  const bell = options.bell ?? new Bell();
  const watcher = watchDirectory(directory, bell);
  try {
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      const left = deadline - performance.now();
      if (left <= 0 || options.signal?.aborted) return undefined;
      await bell.next(Math.min(left, watcher ? SAFETY_POLL_MS : ONLY_POLL_MS), options.signal);
    }
  } finally {
    watcher?.close();
  }
}

function watchDirectory(directory: string, bell: Bell): FSWatcher | undefined {
  try {
    const watcher = watch(directory, () => bell.ring());
    watcher.on('error', () => bell.ring());
    return watcher;
  } catch {
    return undefined; // out of inotify watches, or a file system without them
  }
}
