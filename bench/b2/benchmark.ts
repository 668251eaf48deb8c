/** B2: how many lines of 1 kB a second go from a finished run on the host into Postgres. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { defaultHostsOptions } from '../../src/ssh/default-options.ts';
import { createHosts } from '../../src/ssh/hosts.ts';
import { startHost, whatIsMissing } from '../b1/host.ts';
import type { Benchmark, Context, Round, Samples } from '../benchmark.ts';
import { buildBundles } from '../bundles.ts';
import { takeRounds } from '../rounds.ts';
import { openMigrated } from '../servers.ts';
import { anchorRound, prepareAnchor, type AnchorParts } from './anchor.ts';
import { writeLines } from './lines.ts';
import { ourRound, type OurParts } from './ours.ts';

const ROOT = join(import.meta.dirname, '../..');
const FULL = { rounds: 7, lines: 50_000 };
const SMOKE = { rounds: 1, lines: 300 };

type Close = (() => Promise<unknown>)[];

async function startParts({ servers, dir, path }: Context, lines: number, close: Close): Promise<{ ours: OurParts; anchor: AnchorParts }> {
  await buildBundles();
  const databaseUrl = await servers.postgres();
  const db = await openMigrated(databaseUrl, close, 4);
  const host = await startHost(dir, path);
  close.push(() => host.close());
  const hosts = createHosts(defaultHostsOptions({ bundlePath: join(ROOT, 'build/host.mjs'), sshConfigFile: host.configFile, stateDir: join(dir, 'state'), env: {} }));
  close.push(() => hosts.close());
  const file = join(dir, 'lines.jsonl');
  writeLines(file, lines);
  const anchor = { path, databaseUrl, file, lines };
  await prepareAnchor(anchor);
  return { ours: { dir, db, hosts, host: host.alias, file, lines }, anchor };
}

async function measure(context: Context, close: Close): Promise<Round[]> {
  const { rounds, lines } = context.smoke ? SMOKE : FULL;
  const { ours, anchor } = await startParts(context, lines, close);
  const name = `b2-${randomBytes(4).toString('hex')}`;
  let n = 0;
  const arms = { ours: () => ourRound(ours, `${name}-${(n += 1)}`), anchor: () => anchorRound(anchor) };
  if (!context.smoke) await takeRounds(1, arms, () => undefined);
  return takeRounds(rounds, arms, (round, at) =>
    context.log(`B2 round ${at} of ${rounds}: ${round.ours[0]?.toFixed(0)} lines/s, anchor ${round.anchor[0]?.toFixed(0)} lines/s`));
}

async function run(context: Context): Promise<Samples> {
  const missing = whatIsMissing(context.path);
  if (missing) return { kind: 'unavailable', reason: missing };
  const close: Close = [];
  try {
    return { kind: 'measured', rounds: { B2: await measure(context, close) } };
  } finally {
    for (const one of close.reverse()) await one();
  }
}

export const b2: Benchmark = {
  id: 'B2',
  series: [{
    key: 'B2', what: 'lines of 1 kB from a finished run into rows', unit: 'lines/s', anchor: 'psql \\copy of the same lines',
    conditions: [
      { metric: 'ratio of lines/s', judged: 'ratio', op: '>=', target: 0.4 },
      { metric: 'lines/s', judged: 'p50', op: '>=', target: 20_000 },
    ],
  }],
  run,
};
