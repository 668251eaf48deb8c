/** A turn of the agent: its run is started if nobody has, followed to its end, reaped. Hours; safe to repeat at any point. */
import { CancelledFailure } from '@temporalio/activity';
import type { StreamFold, StreamSummary } from '../domain/agent.ts';
import { outOffset, runLines } from '../db/agent-events.ts';
import { noteEvent } from '../db/events.ts';
import { updateRun } from '../db/runs.ts';
import { finishTurn } from '../db/turns.ts';
import type { TurnOutcome } from '../domain/turn-outcome.ts';
import type { AgentActivities, RunResult, RunTurn } from './contract.ts';
import type { Deps } from './deps.ts';
import { followRun, readTail, type EndedRun } from './follow-run.ts';
import { mustStop, thisAttempt, withHeartbeat, type Beat } from './heartbeat.ts';
import { loadRun, type LoadedRun } from './loaded-run.ts';
import { onDatabase } from './on-database.ts';
import { onHost, toTheEnd, type HostCall } from './on-host.ts';
import { watchRun } from './run-watch.ts';
import { createStreamStore, type StreamStore } from './stream-store.ts';
import { keepUsage } from './usage.ts';
import { checkpointSettings, fenceOf, hostOf } from './workspaces.ts';

const GRACE_MS = 5_000;
const STDERR_BYTES = 2_000;
const MAX_MESSAGE = 500;
/** A cancel must not wait for ever for a host that is away. */
const CANCEL_DEADLINE_MS = 120_000;

/** Rebuilds what an earlier follower had learned from the lines it stored. */
async function resumeStore(deps: Deps, { signal }: HostCall, run: LoadedRun): Promise<{ store: StreamStore; fold: StreamFold }> {
  const fold = run.agent.fold();
  const offset = await outOffset(deps.db, run.key);
  for await (const raw of runLines(deps.db, run.key)) fold.line(raw.toString('utf8'));
  const { plan } = run.planned;
  const onLimits = (): Promise<void> => keepUsage(deps, plan, fold);
  return { fold, store: createStreamStore(deps, { runKey: run.key, offset, fold, redactor: deps.redactor(plan.agent), onLimits, signal }) };
}

async function start(deps: Deps, target: HostCall, run: LoadedRun): Promise<void> {
  const { spec, secrets } = run.launch();
  const state = await onHost(target, (api) => {
    const asked = api.startRun({ key: run.key, spec, secrets, ...fenceOf(run.planned, run.call) });
    run.starting = asked.then(() => undefined, () => undefined);
    return asked;
  });
  await updateRun(deps.db, run.key, { state });
}

async function watchBeside(deps: Deps, target: HostCall, run: LoadedRun, store: StreamStore): Promise<void> {
  const request = { ...fenceOf(run.planned, run.call), ...checkpointSettings(run.planned) };
  const watching = watchRun(deps, target, { turn: run.call, base: run.turn.treeBefore, request, store });
  await watching.catch(async (error: unknown) => {
    if (target.signal.aborted) return;
    // The checkpoints before and after are the truth; without the watcher only the live view is missing, and that is said.
    const message = `changes are not shown while the turn runs: ${String(error)}`;
    const note = { project: run.call.project, milestone: run.call.milestone, kind: 'watch_failed', message, key: run.key };
    await onDatabase(target.signal, () => noteEvent(deps.db, note));
  });
}

async function follow(deps: Deps, target: HostCall, run: LoadedRun, store: StreamStore): Promise<EndedRun> {
  const over = new AbortController();
  const besides = { ...target, signal: AbortSignal.any([target.signal, over.signal]) };
  // Nobody waits for it before the end of the run: unheard, its failure would end the worker.
  const watching = watchBeside(deps, besides, run, store).catch(() => undefined);
  try {
    return await followRun(target, run.key, store);
  } finally {
    over.abort();
    await watching;
  }
}

/**
 * Nothing of the run is left alive when this returns, and all it said is stored. A supervisor that has ended has swept
 * already; the agent of a lost one works on and writes until it is ended here.
 */
async function reap(target: HostCall, run: LoadedRun, state: EndedRun, store: StreamStore): Promise<void> {
  if (state.kind === 'lost') {
    await onHost(target, (api) => api.cancelRun({ key: run.key, graceMs: GRACE_MS }));
    await followRun(target, run.key, store);
  }
  await store.end();
  await onHost(target, (api) => api.unwatch({ workspace: run.planned.plan.workspace.path }));
}

const messageOf = (outcome: TurnOutcome): string => {
  if (outcome.kind === 'completed') return outcome.text;
  if (outcome.kind === 'deferred') return `waits for an answer about ${outcome.tool}`;
  return outcome.kind === 'maxTurns' ? `reached its limit of ${outcome.turns} turns` : outcome.message;
};

async function outcomeOf(target: HostCall, run: LoadedRun, state: EndedRun, summary: StreamSummary): Promise<TurnOutcome> {
  if (state.kind === 'lost') return { kind: 'lost', message: 'the supervisor of the run died' };
  const outcome = summary.outcome ?? { kind: 'interrupted', message: 'the agent ended without a result' };
  if (outcome.kind !== 'failed' || outcome.reason !== 'agent_error') return outcome;
  const stderr = (await readTail(target, run.key, 'err', STDERR_BYTES)).trim();
  return stderr ? { ...outcome, message: `${outcome.message}: ${stderr}` } : outcome;
}

async function book(deps: Deps, { key }: LoadedRun, state: EndedRun, { costUsd, inputTokens, outputTokens, toolCalls }: StreamSummary): Promise<void> {
  await updateRun(deps.db, key, { state, costUsd, inputTokens, outputTokens, toolCalls });
}

async function record(deps: Deps, run: LoadedRun, state: EndedRun, summary: StreamSummary, found: TurnOutcome): Promise<RunResult> {
  const outcome = deps.redactor(run.planned.plan.agent).json(found) as TurnOutcome;
  const message = messageOf(outcome).slice(0, MAX_MESSAGE);
  const { costUsd, toolCalls } = summary;
  await book(deps, run, state, summary);
  await finishTurn(deps.db, { ...run.call, ...thisAttempt() }, { outcome, message });
  const until = outcome.kind === 'limited' ? outcome.until : null;
  return { outcome: outcome.kind, message, until, costUsd, toolCalls, ...(outcome.kind === 'failed' && { failure: outcome.reason }) };
}

/** Stores the rest of a stream that has ended, from where the database stands, and books what it cost. */
async function storeRest(deps: Deps, target: HostCall, run: LoadedRun): Promise<void> {
  const { store, fold } = await resumeStore(deps, target, run);
  const state = await followRun(target, run.key, store);
  await store.end();
  await book(deps, run, state, fold.summary(state.kind === 'exited' ? state.exit : null));
  await finishTurn(deps.db, run.call, {});
}

/** Stops the agent and all it started. A start that is still on its way to the host comes first, or it would win. */
async function stop(deps: Deps, target: HostCall, run: LoadedRun): Promise<void> {
  await run.starting;
  const { proof, killed, state } = await onHost(target, (api) => api.cancelRun({ key: run.key, graceMs: GRACE_MS }));
  if (state.kind !== 'none' && state.kind !== 'new') await storeRest(deps, target, run);
  await onHost(target, (api) => api.unwatch({ workspace: run.planned.plan.workspace.path }));
  const names = killed.map(({ pid, command }) => `${command} (${pid})`).join(', ') || 'nothing was running';
  const message = `cancelled: ended ${names}; nothing is left (${proof})`;
  await noteEvent(deps.db, { project: run.call.project, milestone: run.call.milestone, kind: 'run_cancelled', message, key: run.key });
}

async function runTurn(deps: Deps, call: RunTurn, beat: Beat, onStore: (store: StreamStore) => void): Promise<RunResult> {
  const run = await loadRun(deps, call);
  const target = hostOf(deps, run.planned, beat.signal);
  const { store, fold } = await resumeStore(deps, target, run);
  onStore(store);
  try {
    await start(deps, target, run);
    const state = await follow(deps, target, run, store);
    await reap(target, run, state, store);
    const summary = fold.summary(state.kind === 'exited' ? state.exit : null);
    return await record(deps, run, state, summary, await outcomeOf(target, run, state, summary));
  } catch (error) {
    if (!beat.signal.aborted) throw error;
    // Otherwise it only lets go: the agent works on, and the next attempt finds it.
    if (await mustStop(deps, beat, call)) await stop(deps, toTheEnd(target, CANCEL_DEADLINE_MS), run);
    throw beat.signal.reason instanceof Error ? beat.signal.reason : new CancelledFailure('cancelled');
  }
}

export const createAgentRuns = (deps: Deps): AgentActivities => ({
  async runTurn(call: RunTurn): Promise<RunResult> {
    let store: StreamStore | null = null;
    const details = (): unknown => store && { offset: store.offset, last: store.last?.kind, tool: store.openCall?.tool };
    return withHeartbeat((beat) => runTurn(deps, call, beat, (made) => (store = made)), details);
  },
});
