/** While a turn runs: rows of what changes in the workspace, each with the tool call that was under way. Liveness, not truth. */
import { insertChanges } from '../db/file-changes.ts';
import { noteWatchMode } from '../db/watch-mode.ts';
import { causeOf, openAt, openBetween, suspects, type ChangeCause } from '../domain/attribution.ts';
import { callSpans, readMarks, type CallSpan } from '../domain/call-marks.ts';
import type { Change, CheckpointRequest, WatchBatch } from '../domain/host-api.ts';
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
  request: CheckpointRequest & { debounceMs?: number };
  store: StreamStore;
  /** Of the run. */
  key: string;
}

const CHUNK_BYTES = 512 * 1024;

/** The supervisor's notes as far as they are written. */
class LiveMarks {
  readonly #target: HostCall;
  readonly #key: string;
  #text = '';
  #offset = 0;

  constructor(target: HostCall, key: string) {
    this.#target = target;
    this.#key = key;
  }

  async spans(): Promise<CallSpan[]> {
    for (let isMore = true; isMore;) {
      const { data } = await onHost(this.#target, (api) => api.readRun({ key: this.#key, stream: 'calls', offset: this.#offset, maxBytes: CHUNK_BYTES, waitMs: 0 }));
      const bytes = Buffer.from(data, 'base64');
      this.#text += bytes.toString('utf8');
      this.#offset += bytes.length;
      isMore = bytes.length > 0;
    }
    return callSpans(readMarks(this.#text), () => false);
  }
}

/** The call that was open when the path was heard of, or while it was not looked at. Without notes, the one that the stream says is open. */
function causedBy({ times, since, until }: WatchBatch, spans: readonly CallSpan[], { openCall }: StreamStore): (change: Change) => Change & { by: ChangeCause } {
  if (spans.length === 0) return (change) => ({ ...change, by: openCall ? { kind: 'tool', ...openCall } : { kind: 'other' } });
  return (change) => {
    const at = times[change.path];
    const open = at === undefined ? openBetween(since, until, spans) : openAt(at, spans, spans);
    return { ...change, by: causeOf(suspects(change.path, open, () => null)) };
  };
}

/** Writes rows until `target.signal` aborts; may be started again for the same turn. Rejects when the host cannot watch. */
export async function watchRun(deps: Deps, target: HostCall, watched: Watched): Promise<void> {
  const { request, turn, store } = watched;
  const marks = new LiveMarks(target, watched.key);
  let mode = '';
  let from = watched.base;
  let cursor = 0;
  while (!target.signal.aborted) {
    const call = { ...request, base: watched.base, cursor, waitMs: WAIT_MS };
    const batch = await onHost(target, (api) => api.watchChanges(call));
    if (batch.mode !== mode) await onDatabase(target.signal, () => noteWatchMode(deps.db, turn.project, batch.mode));
    ({ mode } = batch);
    const changes = batch.changes.map(causedBy(batch, batch.changes.length > 0 ? await marks.spans() : [], store));
    const rows = { turn, treeFrom: from, treeTo: batch.tree, observedBy: batch.observedBy, final: false, changes };
    await onDatabase(target.signal, () => insertChanges(deps.db, rows));
    ({ cursor, tree: from } = batch);
  }
}
