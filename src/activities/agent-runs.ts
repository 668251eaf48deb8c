/** A turn of the agent: its run is started if nobody has, followed to its end, reaped. Hours; safe to repeat at any point. */
import { CancelledFailure } from '@temporalio/activity';
import type { StreamSummary } from '../domain/agent.ts';
import { outOffset, runLines } from '../db/agent-events.ts';
import { noteEvent } from '../db/events.ts';
import { updateRun } from '../db/runs.ts';
import { noteRead } from '../db/steering.ts';
import { finishTurn } from '../db/turns.ts';
import type { TurnOutcome } from '../domain/turn-outcome.ts';
import { WATCHDOG_DEFAULTS } from '../domain/watchdog.ts';
import { askedAbout } from './asked-call.ts';
import { attendRun } from './attend-run.ts';
import type { AgentActivities, RunReport, RunResult, RunTurn } from './contract.ts';
import { warnOfBudget } from './budgets.ts';
import type { Deps } from './deps.ts';
import { whatWasEnded } from './ended.ts';
import { followRun, readTail, tellStored, type EndedRun } from './follow-run.ts';
import { mustStop, thisAttempt, withHeartbeat, type Beat } from './heartbeat.ts';
import { loadRun, type LoadedRun } from './loaded-run.ts';
import { onHost, toTheEnd, type HostCall } from './on-host.ts';
import { Progress } from './progress.ts';
import { createStreamStore, type StreamStore } from './stream-store.ts';
import { keepTranscript } from './transcripts.ts';
import { keepUsage } from './usage.ts';
import type { Watch } from './watchdog.ts';
import { checkpointSettings, fenceOf, hostOf } from './workspaces.ts';

const GRACE_MS = 5_000;
const STDERR_BYTES = 2_000;
const MAX_MESSAGE = 500;
/** A cancel must not wait for ever for a host that is away. */
const CANCEL_DEADLINE_MS = 120_000;

type Attached = Pick<Watch, 'store' | 'fold' | 'progress'>;

const policyOf = ({ planned: { plan } }: LoadedRun): Pick<Watch, 'policy' | 'isOff'> => ({
  policy: plan.policy.watchdog ?? WATCHDOG_DEFAULTS,
  isOff: plan.policy.breakpoints.stalled?.enabled === false,
});

/** Rebuilds what an earlier follower had learned from the lines it stored. */
async function resumeStore(deps: Deps, { signal }: HostCall, run: LoadedRun): Promise<Attached> {
  const progress = new Progress(policyOf(run).policy.sameCalls);
  const fold = progress.seenBy(run.agent.fold());
  const offset = await outOffset(deps.db, run.key);
  for await (const raw of runLines(deps.db, run.key)) fold.line(raw.toString('utf8'));
  const { plan } = run.planned;
  const onLimits = (): Promise<void> => keepUsage(deps, plan, fold);
  return { fold, progress, store: createStreamStore(deps, { runKey: run.key, offset, fold, redactor: deps.redactor(plan.agent), onLimits, signal }) };
}

async function start(deps: Deps, target: HostCall, run: LoadedRun): Promise<void> {
  const { spec: launched, secrets } = run.launch();
  const spec = { trees: checkpointSettings(run.planned), ...launched };
  const state = await onHost(target, (api) => {
    const asked = api.startRun({ key: run.key, spec, secrets, ...fenceOf(run.planned, run.call) });
    run.starting = asked.then(() => undefined, () => undefined);
    return asked;
  });
  await updateRun(deps.db, run.key, { state });
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
  await onHost(target, (api) => api.unwatch({ workspace: run.planned.place.path }));
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
  const message = stderr ? `${outcome.message}: ${stderr}` : outcome.message;
  // It could not go on with the call it was answered about: that says nothing about the work, and the next run is told in words.
  return run.isEmpty && summary.sessionId === null ? { kind: 'interrupted', message } : { ...outcome, message };
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
  await warnOfBudget(deps, run.planned.plan, run.call);
  const until = outcome.kind === 'limited' ? outcome.until : null;
  return { outcome: outcome.kind, message, until, costUsd, toolCalls, ...(outcome.kind === 'failed' && { failure: outcome.reason }) };
}

/** How it ended, by its own word where it had said that before we ended its process. */
async function conclude(deps: Deps, target: HostCall, run: LoadedRun, state: EndedRun, { fold, progress }: Attached): Promise<RunResult> {
  const summary = fold.summary(state.kind === 'exited' ? state.exit : null);
  const found = progress.ended ?? (await outcomeOf(target, run, state, summary));
  const result = await record(deps, run, state, summary, found.kind === 'deferred' ? await askedAbout(target, run.key, found) : found);
  await noteRead(deps.db, run.key, summary.heard);
  await keepTranscript(deps, target, run);
  await tellStored(target, run.key);
  return result;
}

/** Stores the rest of a stream that has ended, from where the database stands, and books what it cost and how it ended. */
async function storeRest(deps: Deps, target: HostCall, run: LoadedRun): Promise<void> {
  const attached = await resumeStore(deps, target, run);
  const state = await followRun(target, run.key, attached.store);
  await attached.store.end();
  await conclude(deps, target, run, state, attached);
}

/** Stops the agent and all it started. A start that is still on its way to the host comes first, or it would win. */
async function stop(deps: Deps, target: HostCall, run: LoadedRun): Promise<void> {
  await run.starting;
  const ended = await onHost(target, (api) => api.cancelRun({ key: run.key, graceMs: GRACE_MS }));
  const { state } = ended;
  if (state.kind !== 'none' && state.kind !== 'new') await storeRest(deps, target, run);
  await onHost(target, (api) => api.unwatch({ workspace: run.planned.place.path }));
  const message = `cancelled: ${whatWasEnded(ended)}`;
  await noteEvent(deps.db, { project: run.call.project, milestone: run.call.milestone, kind: 'run_cancelled', message, key: run.key });
}

async function runTurn(deps: Deps, call: RunTurn, beat: Beat, onAttached: (attached: Attached) => void): Promise<RunReport> {
  const run = await loadRun(deps, call);
  const target = hostOf(deps, run.planned, beat.signal);
  const attached = await resumeStore(deps, target, run);
  onAttached(attached);
  try {
    await start(deps, target, run);
    const seen = await attendRun(deps, target, { run, ...policyOf(run), ...attached });
    if ('outcome' in seen) return seen;
    await reap(target, run, seen, attached.store);
    return await conclude(deps, target, run, seen, attached);
  } catch (error) {
    if (!beat.signal.aborted) throw error;
    // Otherwise it only lets go: the agent works on, and the next attempt finds it.
    if (await mustStop(deps, beat, call)) await stop(deps, toTheEnd(target, CANCEL_DEADLINE_MS), run);
    throw beat.signal.reason instanceof Error ? beat.signal.reason : new CancelledFailure('cancelled');
  }
}

/** Small and for people: the live view in the Web UI. */
const detailsOf = ({ store, progress: { silentMs } }: Attached): unknown =>
  ({ offset: store.offset, last: store.last?.kind, tool: store.openCall?.tool, ...(silentMs > 0 && { silentMs }) });

export const createAgentRuns = (deps: Deps): AgentActivities => ({
  async runTurn(call: RunTurn): Promise<RunReport> {
    let attached: Attached | null = null;
    return withHeartbeat((beat) => runTurn(deps, call, beat, (made) => (attached = made)), () => attached && detailsOf(attached));
  },
});
