/** Changes of one workspace while a turn runs: scans when the trigger says so, and tells each caller what is new to it. */
import type { Change, WatchBatch } from '../../domain/host-api.ts';
import { Bell } from '../bell.ts';
import { diffTrees } from '../snapshot/diff.ts';
import type { ScanOptions } from '../snapshot/folder-walk.ts';
import type { Shadow } from '../snapshot/shadow.ts';
import { Trigger, type Cause, type TriggerOptions } from './trigger.ts';

export interface WatchCall {
  base: string;
  cursor: number;
  waitMs: number;
}

/** A tree, and when the scan that found it began and ended, by the host's clock. */
interface Seen {
  tree: string;
  cause: Cause;
  since: number;
  until: number;
}

export class WorkspaceWatch {
  readonly #shadow: Shadow;
  readonly #options: ScanOptions;
  readonly #trigger: Trigger;
  #latest: Seen | undefined;
  /** When the scan began that found the tree which was told last. */
  #since = 0;
  #times = new Map<string, number>();
  #scanning: Promise<void> | undefined;
  /** The last answer with changes, and the cursor it was given for: it may have been lost on its way. */
  #told: { askedWith: number; batch: WatchBatch } | undefined;
  // Cursors of an earlier process must not be taken for ours.
  #cursor = Date.now() * 1000;
  #closed = false;

  constructor(shadow: Shadow, options: ScanOptions & Pick<TriggerOptions, 'mode' | 'debounceMs'>) {
    this.#shadow = shadow;
    this.#options = options;
    this.#trigger = new Trigger({ ...options, workspace: shadow.workspace });
  }

  /** Answers when the workspace differs from what the caller knows; with no changes after `waitMs`, an abort, or `close`. */
  async next(call: WatchCall, signal: AbortSignal): Promise<WatchBatch> {
    if (this.#told && call.cursor !== 0 && call.cursor === this.#told.askedWith) return this.#told.batch;
    const from = this.#told?.batch.cursor === call.cursor ? this.#told.batch.tree : call.base;
    const bell = new Bell();
    const unsubscribe = this.#trigger.subscribe(bell);
    const deadline = performance.now() + call.waitMs;
    try {
      for (;;) {
        await this.#scanIfDue();
        if (this.#latest && this.#latest.tree !== from) return await this.#tell(call.cursor, from, this.#latest);
        const left = deadline - performance.now();
        if (left <= 0 || signal.aborted || this.#closed) return { ...this.#clock(0), cursor: call.cursor, tree: from, changes: [], observedBy: 'scan', times: {} };
        await bell.next(Math.min(left, this.#trigger.dueIn(performance.now())), signal);
      }
    } finally {
      unsubscribe();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#trigger.ringAll();
    await this.#trigger.close();
  }

  /** Callers that come during a scan wait for it instead of starting another. */
  async #scanIfDue(): Promise<void> {
    const cause = this.#trigger.due(performance.now());
    if (cause) this.#scanning ??= this.#scan(cause).finally(() => (this.#scanning = undefined));
    await this.#scanning;
  }

  async #scan(cause: Cause): Promise<void> {
    const begin = performance.now();
    const since = Date.now();
    for (const [path, at] of this.#trigger.scanBegins()) this.#times.set(path, at);
    try {
      const { tree } = await this.#shadow.scan(this.#options);
      if (tree !== this.#latest?.tree) this.#latest = { tree, cause, since, until: Date.now() };
      else this.#since = since;
    } finally {
      this.#trigger.scanEnded(performance.now(), performance.now() - begin);
    }
  }

  #clock(until: number): Pick<WatchBatch, 'mode' | 'since' | 'until'> {
    return { mode: this.#trigger.mode, since: this.#since, until };
  }

  async #tell(askedWith: number, from: string, { tree, cause, since, until }: Seen): Promise<WatchBatch> {
    const changes: Change[] = await diffTrees(this.#shadow.git, from, tree);
    const times = Object.fromEntries(changes.flatMap(({ path }) => (this.#times.has(path) ? [[path, this.#times.get(path) ?? 0]] : [])));
    const batch: WatchBatch = { ...this.#clock(until), cursor: (this.#cursor += 1), tree, changes, observedBy: cause, times };
    this.#told = { askedWith, batch };
    this.#since = since;
    this.#times = new Map();
    return batch;
  }
}
