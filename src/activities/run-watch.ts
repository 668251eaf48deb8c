/** While a turn runs: rows of what changes in the workspace, each with the tool call that was under way. Liveness, not truth. */
import { insertChanges } from '../db/file-changes.ts';
import type { CheckpointRequest } from '../domain/host-api.ts';
import type { TurnRef } from '../domain/ids.ts';
import type { Deps } from './deps.ts';
import { onDatabase } from './on-database.ts';
import { onHost, type HostCall } from './on-host.ts';
import type { StreamStore } from './stream-store.ts';

const WAIT_MS = 10_000;

export interface Watched {
  turn: TurnRef;
  /** Tree of the checkpoint before the turn. */
  base: string;
  request: CheckpointRequest;
  store: StreamStore;
}

/** Writes rows until `target.signal` aborts; may be started again for the same turn. Rejects when the host cannot watch. */
export async function watchRun(deps: Deps, target: HostCall, watched: Watched): Promise<void> {
  const { request, turn, store } = watched;
  let from = watched.base;
  let cursor = 0;
  while (!target.signal.aborted) {
    const call = { ...request, base: watched.base, cursor, waitMs: WAIT_MS };
    const batch = await onHost(target, (api) => api.watchChanges(call));
    const by = store.openCall ? ({ kind: 'tool', ...store.openCall } as const) : ({ kind: 'other' } as const);
    const changes = batch.changes.map((change) => ({ ...change, by }));
    const rows = { turn, treeFrom: from, treeTo: batch.tree, observedBy: batch.observedBy, final: false, changes };
    await onDatabase(target.signal, () => insertChanges(deps.db, rows));
    ({ cursor, tree: from } = batch);
  }
}
