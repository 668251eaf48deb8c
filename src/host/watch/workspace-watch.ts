/** Changes of one workspace while a turn runs: scans when the trigger says so, and tells each caller what is new to it. */
import type { Change, WatchBatch } from '../../domain/host-api.ts';
import { Bell } from '../bell.ts';
import { diffTrees } from '../snapshot/diff.ts';
import type { ScanOptions } from '../snapshot/scan.ts';
import type { Shadow } from '../snapshot/shadow.ts';
import { Trigger, type Cause } from './trigger.ts';

export interface WatchCall {
  base: string;
  cursor: number;
  waitMs: number;
}

export class WorkspaceWatch {
  readonly #shadow: Shadow;
  readonly #options: ScanOptions;
  readonly #trigger: Trigger;
  #latest: { tree: string; cause: Cause } | undefined;
  #scanning: Promise<void> | undefined;
  /** The last answer with changes, and the cursor it was given for: it may have been lost on its way. */
  #told: { askedWith: number; batch: WatchBatch } | undefined;
  // Cursors of an earlier process must not be taken for ours.
  #cursor = Date.now() * 1000;
  #closed = false;

  constructor(shadow: Shadow, options: ScanOptions) {
    this.#shadow = shadow;
    this.#options = options;
    this.#trigger = new Trigger(shadow.workspace, options.isExcluded);
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
        if (left <= 0 || signal.aborted || this.#closed) return { cursor: call.cursor, tree: from, changes: [], observedBy: 'scan' };
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
    this.#trigger.scanBegins();
    try {
      const { tree } = await this.#shadow.scan(this.#options);
      if (tree !== this.#latest?.tree) this.#latest = { tree, cause };
    } finally {
      this.#trigger.scanEnded(performance.now(), performance.now() - begin);
    }
  }

  async #tell(askedWith: number, from: string, { tree, cause }: { tree: string; cause: Cause }): Promise<WatchBatch> {
    const changes: Change[] = await diffTrees(this.#shadow.git, from, tree);
    const batch: WatchBatch = { cursor: (this.#cursor += 1), tree, changes, observedBy: cause };
    this.#told = { askedWith, batch };
    return batch;
  }
}
