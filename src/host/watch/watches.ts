/** At most one watch per workspace; asking with other exclusions replaces it. */
import type { CheckpointRequest, WatchBatch } from '../../domain/host-api.ts';
import { scanOptions } from '../snapshot/checkpoint.ts';
import type { Shadow } from '../snapshot/shadow.ts';
import { WorkspaceWatch, type WatchCall } from './workspace-watch.ts';

type Options = Pick<CheckpointRequest, 'exclude' | 'maxFileBytes'>;

export class Watches {
  readonly #open = new Map<string, { key: string; watch: WorkspaceWatch }>();

  /** Begins to watch at the first call. */
  async next(shadow: Shadow, call: WatchCall & Options, signal: AbortSignal): Promise<WatchBatch> {
    const key = JSON.stringify([call.exclude, call.maxFileBytes]);
    const known = this.#open.get(shadow.workspace);
    if (known?.key === key) return known.watch.next(call, signal);
    const watch = new WorkspaceWatch(shadow, scanOptions(call));
    this.#open.set(shadow.workspace, { key, watch });
    await known?.watch.close();
    return watch.next(call, signal);
  }

  /** Ends the watch and the calls that wait on it. May be repeated. */
  async close(workspace: string): Promise<void> {
    const known = this.#open.get(workspace);
    this.#open.delete(workspace);
    await known?.watch.close();
  }
}
