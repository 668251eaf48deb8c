/**
 * Beside the follower of a run: tells a run that gets on from one that lives but stalls, and ends one that has said its last
 * word and stays. Silence counts only while the host answers: a host that is away says nothing about the agent.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { findBreakpoint } from '../db/breakpoints.ts';
import { noteEvent } from '../db/events.ts';
import { updateRun } from '../db/runs.ts';
import type { StreamFold } from '../domain/agent.ts';
import { describeStall, roundOf, stallOf, type Stall, type WatchdogPolicy } from '../domain/watchdog.ts';
import type { ReportedStall, RunGoesOn, RunStalled } from './contract.ts';
import type { Deps } from './deps.ts';
import { whatWasEnded } from './ended.ts';
import type { LoadedRun } from './loaded-run.ts';
import { onDatabase } from './on-database.ts';
import { onHost, type HostCall } from './on-host.ts';
import type { Progress } from './progress.ts';
import type { StreamStore } from './stream-store.ts';

const SLOWEST_LOOK_MS = 5_000;
const FASTEST_LOOK_MS = 100;
const GRACE_MS = 5_000;

export interface Watch {
  run: LoadedRun;
  policy: WatchdogPolicy;
  /** The plan has switched the question off: a stall is only noted. */
  isOff: boolean;
  store: StreamStore;
  fold: StreamFold;
  progress: Progress;
}

type Reported = Omit<ReportedStall, 'question'> & { question: string | null };

const lookEvery = ({ silentAfterMs, silentInToolAfterMs, exitAfterMs }: WatchdogPolicy): number =>
  Math.max(FASTEST_LOOK_MS, Math.min(SLOWEST_LOOK_MS, Math.min(silentAfterMs, silentInToolAfterMs, exitAfterMs) / 4));

const patient = (target: HostCall): HostCall => ({ ...target, patienceMs: Number.POSITIVE_INFINITY });

/**
 * Looks now and then until the run stalls, or a reported stall is over. Rejects only when `target.signal` aborts or a statement
 * fails. `toEnd`: the same host, asked to end an overdue run; what it ended is still to be told when the run is followed to its end.
 */
export async function watchProgress(deps: Deps, target: HostCall, toEnd: HostCall, watch: Watch): Promise<RunStalled | RunGoesOn> {
  const dog = new Watchdog(deps, patient(target), patient(toEnd), watch);
  const everyMs = lookEvery(watch.policy);
  for (;;) {
    await sleep(everyMs, undefined, { signal: target.signal });
    const noticed = await dog.look(everyMs);
    if (noticed) return noticed;
  }
}

class Watchdog {
  readonly #deps: Deps;
  readonly #target: HostCall;
  readonly #toEnd: HostCall;
  readonly #watch: Watch;
  #reported: Reported | undefined;
  #lines: number;

  constructor(deps: Deps, target: HostCall, toEnd: HostCall, watch: Watch) {
    this.#deps = deps;
    this.#target = target;
    this.#toEnd = toEnd;
    this.#watch = watch;
    this.#reported = watch.run.call.reported;
    this.#lines = watch.progress.lines;
  }

  /** `sinceMs`: since the look before. */
  async look(sinceMs: number): Promise<RunStalled | RunGoesOn | null> {
    const { progress } = this.#watch;
    progress.silentMs = (await this.#isQuiet()) ? progress.silentMs + sinceMs : 0;
    if (progress.hasLastWord) await this.#endWhenOverdue();
    if (this.#reported) return this.#lookAgain(this.#reported);
    const stall = progress.hasLastWord ? null : this.#stall();
    return stall && this.#report(stall);
  }

  /** Nothing came since the look before, the host says so, and it says that the run lives. */
  async #isQuiet(): Promise<boolean> {
    const { progress, run, store } = this.#watch;
    const before = this.#lines;
    this.#lines = progress.lines;
    if (progress.lines !== before) return false;
    const { received: offset } = store;
    const { size, state } = await onHost(this.#target, (api) => api.readRun({ key: run.key, stream: 'out', offset, maxBytes: 1, waitMs: 0 }));
    return state.kind === 'running' && size <= offset;
  }

  #stall(): Stall | null {
    const { fold, policy, progress } = this.#watch;
    const { silentMs, calls, lastTool } = progress;
    return stallOf(policy, { silentMs, calls, lastTool, openTool: fold.summary(null).openCall?.tool ?? null });
  }

  async #report(stall: Stall): Promise<RunStalled | null> {
    const { isOff, store } = this.#watch;
    const { offset } = store;
    const message = describeStall(stall);
    if (stall.kind === 'silent') await this.#showSilence(new Date(Date.now() - stall.silentMs).toISOString());
    if (!isOff) return { outcome: 'stalled', message, kind: stall.kind, offset };
    await this.#note('stalled', `${message} The plan asks nobody about it.`, offset);
    this.#reported = { question: null, kind: stall.kind, offset };
    return null;
  }

  async #lookAgain(reported: Reported): Promise<RunGoesOn | null> {
    if (this.#isGettingOn(reported)) {
      await this.#showSilence(null);
      this.#reported = undefined;
      return reported.question === null ? null : { outcome: 'goesOn' };
    }
    if (reported.question !== null && (await this.#isWaitedFor(reported.question))) {
      this.#watch.progress.beginAnew();
      this.#reported = undefined;
    }
    return null;
  }

  async #isWaitedFor(question: string): Promise<boolean> {
    const stored = await onDatabase(this.#target.signal, () => findBreakpoint(this.#deps.db, question));
    return stored?.answer?.action === 'wait';
  }

  #showSilence(silentSince: string | null): Promise<void> {
    return onDatabase(this.#toEnd.signal, () => updateRun(this.#deps.db, this.#watch.run.key, { silentSince }));
  }

  #isGettingOn({ kind, offset }: Reported): boolean {
    const { policy, progress, store } = this.#watch;
    return kind === 'silent' ? store.offset > offset : roundOf(progress.calls, policy.sameCalls) === null;
  }

  /** Its work is done and told: that its process stays, with a child or a hung server, must not cost the result. */
  async #endWhenOverdue(): Promise<void> {
    const { fold, policy, progress, run, store } = this.#watch;
    if (progress.silentMs < policy.exitAfterMs || progress.ended) return;
    progress.ended = fold.summary(null).outcome;
    const ended = await onHost(this.#toEnd, (api) => api.cancelRun({ key: run.key, graceMs: GRACE_MS }));
    const since = Math.round(progress.silentMs / 1000);
    await this.#note('run_overdue', `the agent had said its last word ${since} s before and stayed: ${whatWasEnded(ended)}`, store.offset);
  }

  /** Once for each place in the stream, however often it is looked at. */
  async #note(kind: string, message: string, offset: number): Promise<void> {
    const { call: { project, milestone }, key } = this.#watch.run;
    await onDatabase(this.#toEnd.signal, () => noteEvent(this.#deps.db, { project, milestone, kind, message, key: `${key}/${offset}` }));
  }
}
