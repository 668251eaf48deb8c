/** B10: what our workflow adds to Temporal itself, between a signal and the next activity and over a whole turn. */
import type { Benchmark, Context, Round, Samples } from '../benchmark.ts';
import { takeRounds } from '../rounds.ts';
import { median } from '../stats.ts';
import { bareSignalsRound, ourSignals } from './signals.ts';
import { bareTurns, ourTurns } from './turns.ts';
import { startWorkers, type Workers } from './workers.ts';

const FULL = { rounds: 12, signals: 10, turns: 5 };
const SMOKE = { rounds: 1, signals: 1, turns: 1 };

type Size = typeof FULL;

const told = (context: Context, what: string, of: number) => ({ ours, anchor }: Round, n: number): void =>
  context.log(`B10 ${what}, round ${n} of ${of}: p50 ${median(ours).toFixed(2)} ms, bare ${median(anchor).toFixed(2)} ms`);

function signalRounds(context: Context, workers: Workers, { rounds, signals }: Size): Promise<Round[]> {
  const arms = { ours: () => ourSignals(workers, signals), anchor: () => bareSignalsRound(workers, signals) };
  return takeRounds(rounds, arms, told(context, 'signal', rounds));
}

interface TurnRounds {
  shares: Round[];
  counts: Round[];
}

async function turnRounds(context: Context, workers: Workers, { rounds, turns }: Size, perTurn: number): Promise<TurnRounds> {
  const counts: Round[] = [];
  const shares = await takeRounds(rounds, {
    ours: async () => {
      const taken = await ourTurns(workers, turns);
      counts.push({ ours: taken.counts, anchor: taken.counts.map(() => perTurn) });
      return taken.shares;
    },
    anchor: async () => (await bareTurns(workers, turns, perTurn)).shares,
  }, told(context, 'turn', rounds));
  return { shares, counts };
}

/** Also says how many activities a turn takes, so that the anchor does as many. */
async function warmUp(workers: Workers, { turns, signals }: Size): Promise<number> {
  const { counts } = await ourTurns(workers, turns);
  const perTurn = Math.round(median(counts));
  await bareTurns(workers, turns, perTurn);
  await ourSignals(workers, signals);
  await bareSignalsRound(workers, signals);
  return perTurn;
}

async function run(context: Context): Promise<Samples> {
  const size = context.smoke ? SMOKE : FULL;
  const workers = await startWorkers(await context.servers.temporal(), context.log);
  try {
    const perTurn = await warmUp(workers, size);
    const signals = await signalRounds(context, workers, size);
    const { shares, counts } = await turnRounds(context, workers, size, perTurn);
    return { kind: 'measured', rounds: { 'B10-signal': signals, 'B10-turn': shares, 'B10-activities': counts } };
  } finally {
    await workers.stop();
  }
}

const bare = 'bare workflow, same server, same number of no-op activities';

export const b10: Benchmark = {
  id: 'B10',
  series: [
    {
      key: 'B10-signal', what: '(a) signal → next activity started', unit: 'ms', anchor: 'bare workflow, same server',
      conditions: [{ metric: 'ratio of p50', judged: 'ratio', op: '<=', target: 1.2 }],
    },
    {
      key: 'B10-turn', what: '(b) workflow share of a supervised turn', unit: 'ms', anchor: bare,
      conditions: [{ metric: 'ratio of p50', judged: 'ratio', op: '<=', target: 1.2 }],
    },
    {
      key: 'B10-activities', what: '(b) activities of a supervised turn', unit: 'activities', anchor: bare,
      conditions: [{ metric: 'p99 of the count', judged: 'p99', op: '<=', target: 8 }],
    },
  ],
  run,
};
