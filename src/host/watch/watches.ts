/** At most one watch per workspace; asking with other exclusions or another store replaces it. */
import { readFileSync } from 'node:fs';
import type { CheckpointRequest, WatchBatch } from '../../domain/host-api.ts';
import { scanOptions } from '../snapshot/checkpoint.ts';
import type { Shadow } from '../snapshot/shadow.ts';
import { watchModeOf, type WatchMode } from './file-system.ts';
import { DEBOUNCE_MS } from './trigger.ts';
import { WorkspaceWatch, type WatchCall } from './workspace-watch.ts';

type Options = Pick<CheckpointRequest, 'exclude' | 'include' | 'maxFileBytes'> & { debounceMs?: number };

export class Watches {
  readonly #mountinfo: string;
  readonly #open = new Map<string, { key: string; watch: WorkspaceWatch }>();

  /** `mountinfo`: where the kernel tells of its mounts. */
  constructor(mountinfo = '/proc/self/mountinfo') {
    this.#mountinfo = mountinfo;
  }

  /** Begins to watch at the first call. */
  async next(shadow: Shadow, call: WatchCall & Options, signal: AbortSignal): Promise<WatchBatch> {
    const key = JSON.stringify([shadow.root, call.exclude, call.include, call.maxFileBytes, call.debounceMs]);
    const known = this.#open.get(shadow.workspace);
    if (known?.key === key) return known.watch.next(call, signal);
    const watch = new WorkspaceWatch(shadow, { ...scanOptions(call), mode: this.#modeOf(shadow.workspace), debounceMs: call.debounceMs ?? DEBOUNCE_MS });
    this.#open.set(shadow.workspace, { key, watch });
    await known?.watch.close();
    return watch.next(call, signal);
  }

  #modeOf(workspace: string): WatchMode {
    return watchModeOf(readFileSync(this.#mountinfo, 'utf8'), workspace);
  }

  /** Ends the watch and the calls that wait on it. May be repeated. */
  async close(workspace: string): Promise<void> {
    const known = this.#open.get(workspace);
    this.#open.delete(workspace);
    await known?.watch.close();
  }
}
