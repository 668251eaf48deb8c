/** B12: what a worker costs with 20 runs attached, silent and at 100 lines a second each. */
import { randomBytes } from 'node:crypto';
import { whatIsMissing } from '../b1/host.ts';
import { startWorkerParts, type OurParts } from '../b1/ours.ts';
import type { Benchmark, Context, Round, Samples, Series } from '../benchmark.ts';
import { anchorRound, type AnchorParts } from './anchor.ts';
import { ourRound, type Load } from './ours.ts';
import type { Usage } from './usage.ts';

const FULL = { rounds: 5, runs: 20, windowMs: 15_000 };
const SMOKE = { rounds: 1, runs: 2, windowMs: 500 };
/** Lines a second of each run; a run that is thinking says hardly anything. */
const LOADS = { idle: 1, busy: 100 } as const;

type Close = (() => Promise<unknown>)[];
type Parts = Pick<OurParts, 'dir' | 'db' | 'temporal' | 'host' | 'worker'> & AnchorParts;

async function startParts(context: Context, runs: number, close: Close): Promise<Parts> {
  return { path: context.path, ...(await startWorkerParts(context, close, { HOLDPOINT_AGENT_SEATS: String(runs) })) };
}

interface Pair {
  ours: Usage;
  anchor: Usage;
}

const roundsOf = (pairs: Pair[], of: keyof Usage): Round[] => pairs.map(({ ours, anchor }) => ({ ours: [ours[of]], anchor: [anchor[of]] }));

/** With a worker of its own: a milestone that waits for a person stays in the cache of the one that worked on it. */
async function pairOf(context: Context, name: string, load: Load): Promise<Pair> {
  const close: Close = [];
  try {
    const parts = await startParts(context, load.runs, close);
    return { ours: await ourRound(parts, name, load), anchor: await anchorRound(parts, name, load) };
  } finally {
    for (const one of close.reverse()) await one();
  }
}

async function measure(context: Context): Promise<Record<string, Round[]>> {
  const { rounds, runs, windowMs } = context.smoke ? SMOKE : FULL;
  const name = `b12-${randomBytes(4).toString('hex')}`;
  const measured: Record<string, Round[]> = {};
  for (const [kind, perSecond] of Object.entries(LOADS)) {
    const pairs: Pair[] = [];
    for (let n = 1; n <= rounds; n += 1) {
      const pair = await pairOf(context, `${name}-${kind}-${n}`, { runs, perSecond, windowMs });
      context.log(`B12 ${kind} round ${n} of ${rounds}: ${pair.ours.cores.toFixed(2)} cores, ${pair.ours.megabytes.toFixed(0)} MB; anchor ${pair.anchor.cores.toFixed(2)} cores, ${pair.anchor.megabytes.toFixed(0)} MB`);
      pairs.push(pair);
    }
    measured[`B12-${kind}-cores`] = roundsOf(pairs, 'cores');
    measured[`B12-${kind}-memory`] = roundsOf(pairs, 'megabytes');
  }
  return measured;
}

async function run(context: Context): Promise<Samples> {
  const missing = whatIsMissing(context.path);
  if (missing) return { kind: 'unavailable', reason: missing };
  return { kind: 'measured', rounds: await measure(context) };
}

const ANCHOR = '20 × ssh host tail -F';

const seriesOf = (kind: keyof typeof LOADS): Series[] => {
  const what = `worker with 20 runs attached, ${LOADS[kind]} line${LOADS[kind] === 1 ? '' : 's'}/s each`;
  return [
    { key: `B12-${kind}-cores`, what, unit: 'cores', anchor: ANCHOR, conditions: [{ metric: 'cores', judged: 'p50', op: '<=', target: 1 }] },
    { key: `B12-${kind}-memory`, what, unit: 'MB', anchor: ANCHOR, conditions: [{ metric: 'MB resident', judged: 'p99', op: '<=', target: 300 }] },
  ];
};

export const b12: Benchmark = { id: 'B12', series: [...seriesOf('idle'), ...seriesOf('busy')], run };
