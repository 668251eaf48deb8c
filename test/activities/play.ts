/** One project of a test, step by step as its workflow would take them. */
import { ActivityCancellationDetails } from '@temporalio/common';
import type { Activities, ChecksResult, EndTurnResult, JudgeResult, JudgeTurn, ReportedStall, ReviewResult, RunReport, TurnCall } from '../../src/activities/contract.ts';
import { runsOfTurn, type Run } from '../../src/db/runs.ts';
import { turn as loadTurn, type Turn } from '../../src/db/turns.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { environment, SHA, type Bench } from './bench.ts';

type Reason = ConstructorParameters<typeof ActivityCancellationDetails>[0];

/** An activity under way, whose server can take it back. */
export interface Running<T> {
  result: Promise<T>;
  /** As the server, or the worker's own end, would tell it. */
  cancel(reason: NonNullable<Reason>): void;
  heartbeats: unknown[];
}

export class Play {
  readonly plan: Plan;
  readonly ref: { project: string; planSha256: string; milestone: string };
  epoch = 0;
  readonly #bench: Bench;

  constructor(bench: Bench, plan: Plan) {
    this.#bench = bench;
    this.plan = plan;
    this.ref = { project: plan.project, planSha256: SHA, milestone: 'slugs' };
  }

  get workspace(): string {
    return this.plan.workspace.path;
  }

  turn(turn = 1): TurnCall {
    return { ...this.ref, epoch: this.epoch, task: 'work', turn };
  }

  async claim(workflowRunId = 'first-run'): Promise<this> {
    const { epoch } = await inContext(this.#bench.activities, 'claimWorkspace', { ...this.ref, workflowRunId });
    this.epoch = epoch;
    return this;
  }

  async begin(turn = 1, { seq = 1, note = null }: { seq?: number; note?: string | null } = {}): Promise<string> {
    return (await inContext(this.#bench.activities, 'beginTurn', { ...this.turn(turn), seq, note })).runKey;
  }

  run(turn = 1, seq = 1): Promise<RunReport> {
    return this.start(turn, seq).result;
  }

  /** `activities`: those of another worker. */
  start(turn = 1, seq = 1, activities = this.#bench.activities, reported?: ReportedStall): Running<RunReport> {
    return running(activities, 'runTurn', { ...this.turn(turn), seq, ...(reported && { reported }) });
  }

  /** `again`: measured anew, with no run since. */
  end(turn = 1, again = 0): Promise<EndTurnResult> {
    return inContext(this.#bench.activities, 'endTurn', { ...this.turn(turn), ...(again > 0 && { again }) });
  }

  baseline(): Promise<ChecksResult> {
    return inContext(this.#bench.activities, 'takeBaseline', { ...this.ref, epoch: this.epoch });
  }

  checks(turn = 1, again = 0): Promise<ChecksResult> {
    return this.startChecks(turn, again).result;
  }

  startChecks(turn = 1, again = 0): Running<ChecksResult> {
    return running(this.#bench.activities, 'runChecks', { ...this.turn(turn), ...(again > 0 && { again }) });
  }

  review(turn = 1): Promise<ReviewResult> {
    return inContext(this.#bench.activities, 'reviewTurn', this.turn(turn));
  }

  judge(turn = 1, more: Partial<JudgeTurn> = {}): Promise<JudgeResult> {
    return inContext(this.#bench.activities, 'judgeTurn', { ...this.turn(turn), attemptsLeft: 2, failuresBefore: 0, skipReview: false, ...more });
  }

  /** Begin, run and end in one. */
  async whole(turn = 1): Promise<RunReport> {
    await this.begin(turn);
    const result = await this.run(turn);
    await this.end(turn);
    return result;
  }

  row(turn = 1): Promise<Turn> {
    return loadTurn(this.#bench.deps.db, this.turn(turn));
  }

  async runRow(turn = 1, seq = 1): Promise<Run> {
    const run = (await runsOfTurn(this.#bench.deps.db, this.turn(turn))).find((one) => one.seq === seq);
    if (!run) throw new Error(`no run ${seq}`);
    return run;
  }
}

/** An activity in a context of its own. */
export const inContext = <N extends keyof Activities>(
  activities: Activities, name: N, input: Parameters<Activities[N]>[0], env = environment(),
): ReturnType<Activities[N]> => {
  const activity = activities[name] as (given: typeof input) => Promise<unknown>;
  return env.run<[typeof input], unknown, typeof activity>(activity, input) as ReturnType<Activities[N]>;
};

type Result<N extends keyof Activities> = Awaited<ReturnType<Activities[N]>>;

/** Starts an activity whose context the test holds in its hand. */
export function running<N extends keyof Activities>(activities: Activities, name: N, input: Parameters<Activities[N]>[0]): Running<Result<N>> {
  const env = environment();
  const heartbeats: unknown[] = [];
  env.on('heartbeat', (details) => heartbeats.push(details));
  const result = inContext(activities, name, input, env) as Promise<Result<N>>;
  result.catch(() => undefined);
  return { result, heartbeats, cancel: (reason) => env.cancel('CANCELLED', new ActivityCancellationDetails(reason)) };
}
