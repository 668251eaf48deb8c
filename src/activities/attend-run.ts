/** What goes on beside a run that is followed: the live view of changes and the watchdog. All of it ends together. */
import { noteEvent } from '../db/events.ts';
import type { RunGoesOn, RunStalled } from './contract.ts';
import type { Deps } from './deps.ts';
import { followRun, type EndedRun } from './follow-run.ts';
import { watchGate } from './gate-watch.ts';
import type { LoadedRun } from './loaded-run.ts';
import { onDatabase } from './on-database.ts';
import { onHost, type HostCall } from './on-host.ts';
import { watchRun } from './run-watch.ts';
import type { StreamStore } from './stream-store.ts';
import { watchProgress, type Watch } from './watchdog.ts';
import { checkpointSettings, fenceOf } from './workspaces.ts';

async function watchBeside(deps: Deps, target: HostCall, run: LoadedRun, store: StreamStore): Promise<void> {
  const { debounceMs } = run.planned.plan.policy.snapshot;
  const request = { ...fenceOf(run.planned, run.call), ...checkpointSettings(run.planned), ...(debounceMs !== undefined && { debounceMs }) };
  const watching = watchRun(deps, target, { turn: run.call, base: run.turn.treeBefore, request, store, key: run.key });
  await watching.catch(async (error: unknown) => {
    if (target.signal.aborted) return;
    // The checkpoints before and after are the truth; without the watcher only the live view is missing, and that is said.
    const message = `changes are not shown while the turn runs: ${String(error)}`;
    const note = { project: run.call.project, milestone: run.call.milestone, kind: 'watch_failed', message, key: run.key };
    await onDatabase(target.signal, () => noteEvent(deps.db, note));
  });
}

/**
 * Until the run is over and all its whole lines are stored, or the watchdog has something to say; then the run is let go, and
 * may be attended again. Ends early with an error: the host away for too long, or `target.signal` aborted.
 */
export async function attendRun(deps: Deps, target: HostCall, watch: Watch): Promise<EndedRun | RunStalled | RunGoesOn> {
  const { run } = watch;
  const store = watchGate(watch.store, watch.fold, () => onHost(target, (api) => api.cancelRun({ key: run.key, graceMs: 0 })));
  const over = new AbortController();
  const besides = { ...target, signal: AbortSignal.any([target.signal, over.signal]) };
  // Nobody waits for it before the end of the run: unheard, its failure would end the worker.
  const watching = watchBeside(deps, besides, run, store).catch(() => undefined);
  // An empty push looks at what a follower before us has stored.
  const following = store.push(Buffer.alloc(0)).then(() => followRun(besides, run.key, store));
  const progress = watchProgress(deps, besides, target, watch);
  try {
    return await Promise.race([following, progress]);
  } finally {
    over.abort();
    await Promise.allSettled([following, progress, watching]);
  }
}
