/**
 * B4: a connection goes silent while a run writes: how soon that is seen, and how soon all that the run has written is here
 * again. Beside OpenSSH's client with the same ServerAlive numbers, on the same proxy, server and file.
 */
import { join } from 'node:path';
import type { Benchmark, Context, Round, Samples } from '../benchmark.ts';
import { buildBundles } from '../bundles.ts';
import { findProgram } from '../b1/host.ts';
import { findSshd } from '../../src/demo/ssh/openssh.ts';
import { takeRounds } from '../rounds.ts';
import { anchorTrial } from './anchor.ts';
import { ourTrial } from './ours.ts';
import { openScene, type Scene, type Trial } from './scene.ts';

const FULL = { rounds: 7, intervalSeconds: 1, countMax: 3 };
/** The silence must be longer than what a busy machine keeps a healthy link waiting. */
const SMOKE = { rounds: 1, intervalSeconds: 1, countMax: 15 };
/** (N + 1) intervals and a second. */
const TARGET_MS = (FULL.countMax + 1) * FULL.intervalSeconds * 1000 + 1000;

function whatIsMissing(path: string): string | null {
  if (!findSshd(path)) return 'no usable sshd is installed (Debian: openssh-server; root also needs the directory /run/sshd)';
  const missing = ['ssh', 'tail'].find((name) => !findProgram(name, path));
  return missing ? `${missing} is not installed` : null;
}

/** One trial gives a sample to each series: the rounds are taken once and split afterwards. */
async function measure(context: Context, scene: Scene): Promise<Record<string, Round[]>> {
  const { rounds } = context.smoke ? SMOKE : FULL;
  const taken = { ours: [] as Trial[], anchor: [] as Trial[] };
  const arm = (name: 'ours' | 'anchor', trial: (scene: Scene) => Promise<Trial>) => async (): Promise<number[]> => {
    const result = await trial(scene);
    taken[name].push(result);
    return [result.seenMs];
  };
  const seen = await takeRounds(rounds, { ours: arm('ours', ourTrial), anchor: arm('anchor', anchorTrial) }, (round, n) =>
    context.log(`B4 round ${n} of ${rounds}: seen after ${round.ours.join()} ms, anchor ${round.anchor.join()} ms`));
  const caughtUp = seen.map((_, n): Round => ({ ours: [taken.ours[n]?.caughtUpMs ?? NaN], anchor: [taken.anchor[n]?.caughtUpMs ?? NaN] }));
  return { 'B4-seen': seen, 'B4-caught-up': caughtUp };
}

async function run(context: Context): Promise<Samples> {
  const missing = whatIsMissing(context.path);
  if (missing) return { kind: 'unavailable', reason: missing };
  await buildBundles();
  const scene = await openScene({ dir: join(context.dir, 'b4'), path: context.path, ...(context.smoke ? SMOKE : FULL) });
  try {
    return { kind: 'measured', rounds: await measure(context, scene) };
  } finally {
    await scene.close();
  }
}

const series = (key: string, what: string): Benchmark['series'][number] => ({
  key, what, unit: 'ms', anchor: 'ssh with ServerAliveInterval 1, ServerAliveCountMax 3; tail -F',
  conditions: [
    { metric: 'ratio of p50', judged: 'ratio', op: '<=', target: 1.1 },
    { metric: 'p99 in ms', judged: 'p99', op: '<=', target: TARGET_MS },
  ],
});

export const b4: Benchmark = {
  id: 'B4',
  series: [series('B4-seen', 'silence → dead link seen'), series('B4-caught-up', 'silence → all that was written is here')],
  run,
};
