/**
 * Says when a workspace should be scanned. Chokidar only rings: which files changed is told by comparing trees, because no watcher
 * is complete (lost events are silent). Without it, where the kernel tells nothing or its watches run out, scans by the clock go on alone.
 */
import { basename, relative } from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import type { Bell } from '../bell.ts';
import { errorCode } from '../host-error.ts';
import type { WatchBatch } from '../../domain/host-api.ts';
import { modeText, type WatchMode } from './file-system.ts';

export type Cause = WatchBatch['observedBy'];

export interface TriggerOptions {
  workspace: string;
  isExcluded: (path: string) => boolean;
  mode: WatchMode;
  /** So long after the last event of a burst; a burst that does not end is looked into sooner than `LONGEST_DELAY_MS`. */
  debounceMs: number;
}

/** An agent's edits come one by one: a longer wait would only make each be seen later (B9). */
export const DEBOUNCE_MS = 100;
const LONGEST_DELAY_MS = 2000;
const SAFETY_SCAN_MS = 5000;
const SCAN_ONLY_MS = 1000;
// Scanning a large tree takes no more than a tenth of the time when nothing is heard, and no more than half of it in a burst: of 100,000
// files a change is in a row within a second (B9).
const REST_PER_SCAN = 9;
const REST_IN_BURST = 1;
/** Events of one second above which the kernel's queue may have lost some: nothing tells of that. */
const MOST_EVENTS = 8000;
/** Paths whose time of change is kept until the next scan. */
const MOST_TIMES = 10_000;

export class Trigger {
  readonly #watcher: FSWatcher | undefined;
  readonly #debounceMs: number;
  readonly #workspace: string;
  readonly #bells = new Set<Bell>();
  #firstEventAt: number | undefined;
  #lastEventAt = 0;
  #scanAt = 0;
  #restUntil = 0;
  #mode: string;
  #times = new Map<string, number>();
  #second = { begun: 0, events: 0 };

  /** Begins to watch at once; a scan is due at once, and another when the watcher is complete. */
  constructor({ workspace, isExcluded, mode, debounceMs }: TriggerOptions) {
    this.#workspace = workspace;
    this.#debounceMs = debounceMs;
    this.#mode = modeText(mode);
    if (mode.kind === 'polling') return;
    const ignored = (path: string): boolean => path !== workspace && (basename(path) === '.git' || isExcluded(relative(workspace, path)));
    // What may not be read is not covered either.
    this.#watcher = watch(workspace, { followSymlinks: false, ignoreInitial: true, atomic: false, ignorePermissionErrors: true, ignored });
    this.#watcher.on('all', (_, path) => this.#event(path));
    this.#watcher.on('ready', () => this.#scanNow());
    this.#watcher.on('error', (error) => this.#giveUp(error));
  }

  /** How changes are noticed, for people. */
  get mode(): string {
    return this.#mode;
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

  /** Call before a scan: what happens from now on needs another one. Gives when paths were heard of since the one before, by the host's clock. */
  scanBegins(): ReadonlyMap<string, number> {
    const times = this.#times;
    this.#times = new Map();
    this.#firstEventAt = undefined;
    this.#scanAt = Infinity;
    return times;
  }

  scanEnded(now: number, tookMs: number): void {
    const isWatching = this.#mode === 'inotify';
    this.#restUntil = now + tookMs * REST_IN_BURST;
    this.#scanAt = Math.min(this.#scanAt, now + Math.max(isWatching ? SAFETY_SCAN_MS : SCAN_ONLY_MS, tookMs * REST_PER_SCAN));
    this.ringAll();
  }

  ringAll(): void {
    for (const bell of this.#bells) bell.ring();
  }

  async close(): Promise<void> {
    await this.#watcher?.close();
  }

  #eventDueAt(): number {
    if (this.#firstEventAt === undefined) return Infinity;
    return Math.max(this.#restUntil, Math.min(this.#lastEventAt + this.#debounceMs, this.#firstEventAt + LONGEST_DELAY_MS));
  }

  #event(path: string): void {
    this.#lastEventAt = performance.now();
    if (this.#times.size < MOST_TIMES) this.#times.set(relative(this.#workspace, path), Date.now());
    if (this.#isFlood()) return this.#scanNow();
    if (this.#firstEventAt !== undefined) return;
    this.#firstEventAt = this.#lastEventAt;
    this.ringAll();
  }

  #isFlood(): boolean {
    if (this.#lastEventAt - this.#second.begun > 1000) this.#second = { begun: this.#lastEventAt, events: 0 };
    this.#second.events += 1;
    return this.#second.events === MOST_EVENTS;
  }

  #scanNow(): void {
    this.#scanAt = 0;
    this.ringAll();
  }

  #giveUp(error: unknown): void {
    if (this.#mode !== 'inotify') return;
    this.#mode = errorCode(error) === 'ENOSPC' ? 'polling (no inotify watches left: raise fs.inotify.max_user_watches)' : `polling (the watcher failed: ${errorCode(error) ?? 'unknown'})`;
    void this.#watcher?.close();
    this.#scanNow();
  }
}
