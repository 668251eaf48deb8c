/** B1: a line written on the host → its row committed, at 100 lines a second over OpenSSH. */
import { randomBytes } from 'node:crypto';
import type { Benchmark, Context, Round, Samples } from '../benchmark.ts';
import { takeRounds } from '../rounds.ts';
import { median } from '../stats.ts';
import type { Flow } from './agent.ts';
import { anchorRound, prepareAnchor, type AnchorParts } from './anchor.ts';
import { whatIsMissing } from './host.ts';
import { openObserver } from './observer.ts';
import { ourRound, startWorkerParts, type OurParts } from './ours.ts';

const FULL = { rounds: 7, warmUp: 200, flow: { lines: 500, perSecond: 100, bytes: 400 } };
const SMOKE = { rounds: 1, warmUp: 0, flow: { lines: 20, perSecond: 100, bytes: 400 } };

interface Parts {
  ours: OurParts;
  anchor: AnchorParts;
}

type Close = (() => Promise<unknown>)[];

async function startParts(context: Context, close: Close): Promise<Parts> {
  const parts = await startWorkerParts(context, close);
  const { dir, host, databaseUrl } = parts;
  const observer = await openObserver(databaseUrl);
  close.push(() => observer.close());
  await observer.install('agent_event', 'json');
  const anchor = { dir, path: context.path, host, databaseUrl, observer };
  await prepareAnchor(anchor);
  return { ours: { ...parts, observer }, anchor };
}

async function measure(context: Context, { ours, anchor }: Parts): Promise<Round[]> {
  const { rounds, warmUp, flow } = context.smoke ? SMOKE : FULL;
  // Keys of runs are for ever, on the host too.
  const name = `b1-${randomBytes(4).toString('hex')}`;
  let n = 0;
  const arms = (of: Flow) => ({
    ours: () => ourRound(ours, `${name}-${(n += 1)}`, of),
    anchor: () => anchorRound(anchor, `${name}-${(n += 1)}`, of),
  });
  if (warmUp > 0) await takeRounds(1, arms({ ...flow, lines: warmUp }), () => undefined);
  return takeRounds(rounds, arms(flow), (round, at) =>
    context.log(`B1 round ${at} of ${rounds}: p50 ${median(round.ours).toFixed(2)} ms, anchor ${median(round.anchor).toFixed(2)} ms`));
}

async function run(context: Context): Promise<Samples> {
  const missing = whatIsMissing(context.path);
  if (missing) return { kind: 'unavailable', reason: missing };
  const close: Close = [];
  try {
    return { kind: 'measured', rounds: { B1: await measure(context, await startParts(context, close)) } };
  } finally {
    for (const one of close.reverse()) await one();
  }
}

export const b1: Benchmark = {
  id: 'B1',
  series: [{
    key: 'B1', what: 'line written on the host → row committed, 100 lines/s', unit: 'ms', anchor: 'ssh host tail -F | psql, one COPY per line',
    conditions: [
      { metric: 'ratio of p50', judged: 'ratio', op: '<=', target: 1 },
      { metric: 'p99 in ms', judged: 'p99', op: '<=', target: 100 },
    ],
  }],
  run,
};
