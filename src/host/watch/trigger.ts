/**
 * Says when a workspace should be scanned. Chokidar only rings: which files changed is told by comparing trees, because no watcher
 * is complete (lost events are silent). Without it, when the kernel's watches run out, scans by the clock go on alone.
 */
import { basename, relative } from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import type { Bell } from '../bell.ts';
import type { WatchBatch } from '../../domain/host-api.ts';

export type Cause = WatchBatch['observedBy'];

const DEBOUNCE_MS = 300;
const LONGEST_DELAY_MS = 3000;
const SAFETY_SCAN_MS = 5000;
const SCAN_ONLY_MS = 1000;
// Scanning a large tree takes no more than a tenth of the time.
const REST_PER_SCAN = 9;

export class Trigger {
  readonly #watcher: FSWatcher;
  readonly #bells = new Set<Bell>();
  #firstEventAt: number | undefined;
  #lastEventAt = 0;
  #scanAt = 0;
  #watching = true;

  /** Begins to watch at once; a scan is due at once, and another when the watcher is complete. */
  constructor(workspace: string, isExcluded: (path: string) => boolean) {
    const ignored = (path: string): boolean => path !== workspace && (basename(path) === '.git' || isExcluded(relative(workspace, path)));
    this.#watcher = watch(workspace, { followSymlinks: false, ignoreInitial: true, atomic: false, ignored });
    this.#watcher.on('all', () => this.#event());
    this.#watcher.on('ready', () => this.#scanNow());
    this.#watcher.on('error', () => this.#giveUp());
  }

  /** Rings when a scan may have become due earlier than thought; returns how to stop that. */
  subscribe(bell: Bell): () => void {
    this.#bells.add(bell);
    return () => this.#bells.delete(bell);
  }

  /** Why a scan is due now; undefined when none is. */
  due(now: number): Cause | undefined {
    if (now >= this.#eventDueAt()) return 'watcher';
    return now >= this.#scanAt ? 'scan' : undefined;
  }

  /** Milliseconds until a scan will be due if nothing else happens. */
  dueIn(now: number): number {
    return Math.min(this.#eventDueAt(), this.#scanAt) - now;
  }

  /** Call before a scan: what happens from now on needs another one. */
  scanBegins(): void {
    this.#firstEventAt = undefined;
    this.#scanAt = Infinity;
  }

  scanEnded(now: number, tookMs: number): void {
    this.#scanAt = Math.min(this.#scanAt, now + Math.max(this.#watching ? SAFETY_SCAN_MS : SCAN_ONLY_MS, tookMs * REST_PER_SCAN));
    this.ringAll();
  }

  ringAll(): void {
    for (const bell of this.#bells) bell.ring();
  }

  async close(): Promise<void> {
    await this.#watcher.close();
  }

  #eventDueAt(): number {
    if (this.#firstEventAt === undefined) return Infinity;
    return Math.min(this.#lastEventAt + DEBOUNCE_MS, this.#firstEventAt + LONGEST_DELAY_MS);
  }

  #event(): void {
    this.#lastEventAt = performance.now();
    if (this.#firstEventAt !== undefined) return;
    this.#firstEventAt = this.#lastEventAt;
    this.ringAll();
  }

  #scanNow(): void {
    this.#scanAt = 0;
    this.ringAll();
  }

  #giveUp(): void {
    if (!this.#watching) return;
    this.#watching = false;
    void this.#watcher.close();
    this.#scanNow();
  }
}
