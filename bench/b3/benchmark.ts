/** B3: lines lost or duplicated on their way from the host into Postgres, at 20 faults per 10,000 lines. */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../src/domain/random.ts';
import { openHands } from '../../src/drill/hands.ts';
import { defaultHostsOptions } from '../../src/ssh/default-options.ts';
import { connectTemporal } from '../../src/temporal/connection.ts';
import type { Benchmark, Context, Round, Samples } from '../benchmark.ts';
import { whatIsMissing } from '../b1/host.ts';
import { buildBundles } from '../bundles.ts';
import { startProxiedHost } from '../proxied-host.ts';
import { takeRounds } from '../rounds.ts';
import { NAMESPACE, openMigrated } from '../servers.ts';
import { anchorDamage, type LinkFault } from './anchor.ts';
import { schedule, type Damage } from './lines.ts';
import { ourDamage, startReplaceable, type Fault, type OurParts } from './ours.ts';

const SEED = 20_260_103;
const LINK_FAULTS: readonly LinkFault[] = ['link reset', 'link silence'];
const ALL_FAULTS: readonly Fault[] = [...LINK_FAULTS, 'worker kill', 'host program kill'];

/** Five rounds of 2,000 lines and four faults. `countMax`: seconds of silence after which a link counts as dead. */
const FULL = { rounds: 5, flow: { lines: 2_000, perSecond: 60, bytes: 400 }, faults: ALL_FAULTS, linkFaults: LINK_FAULTS, countMax: 3 };
/** No link falls silent: none may count as dead because the machine is busy. */
const SMOKE: typeof FULL = { rounds: 1, flow: { lines: 300, perSecond: 60, bytes: 400 }, faults: ['link reset', 'host program kill'], linkFaults: ['link reset'], countMax: 60 };
/** It has nothing to recover, so its writer need not be slow. */
const ANCHOR_PER_SECOND = 300;

type Close = (() => Promise<unknown>)[];

async function startParts({ servers, path, smoke }: Context, dir: string, close: Close): Promise<OurParts & { databaseUrl: string }> {
  await buildBundles();
  const [databaseUrl, temporalAddress] = await Promise.all([servers.postgres(), servers.temporal()]);
  const db = await openMigrated(databaseUrl, close);
  const host = await startProxiedHost({ dir, path, alias: 'faulty-host', intervalSeconds: 1, countMax: (smoke ? SMOKE : FULL).countMax });
  close.push(() => host.close());
  const temporal = await connectTemporal({ env: {}, address: temporalAddress, namespace: NAMESPACE });
  close.push(() => temporal.close());
  const hands = await openHands('local', defaultHostsOptions({ bundlePath: '', sshConfigFile: null, stateDir: null, env: { PATH: path } }), new AbortController().signal);
  const stateDir = join(dir, 'state');
  const worker = await startReplaceable({ dir, databaseUrl, temporalAddress, host, stateDir });
  close.push(() => worker.stop());
  return { dir, host, db, temporal, hands, stateDir, worker, databaseUrl };
}

const sum = ({ lost, duplicated }: Damage): number => lost + duplicated;
const inWords = ({ lost, duplicated }: Damage): string => `${lost} lost, ${duplicated} duplicated`;

async function measure(context: Context, parts: OurParts & { databaseUrl: string }): Promise<Round[]> {
  const { rounds, flow, faults, linkFaults } = context.smoke ? SMOKE : FULL;
  const random = seededRandom(SEED);
  // Keys of runs are for ever, on the host too.
  const name = `b3-${randomBytes(4).toString('hex')}`;
  let n = 0;
  const told = (who: string, strikes: { fault: string; at: number }[], damage: Damage): number[] => {
    context.log(`B3 ${who}: ${strikes.map(({ fault, at }) => `${fault} at ${at}`).join(', ')}: ${inWords(damage)}`);
    return [sum(damage)];
  };
  const ours = async (): Promise<number[]> => {
    const strikes = schedule(random, faults, flow.lines);
    return told('ours', strikes, await ourDamage(parts, `${name}-${(n += 1)}`, flow, strikes));
  };
  const anchor = async (): Promise<number[]> => {
    const strikes = schedule(random, linkFaults, flow.lines);
    return told('anchor', strikes, await anchorDamage({ ...parts, path: context.path }, { ...flow, perSecond: ANCHOR_PER_SECOND }, strikes));
  };
  return takeRounds(rounds, { ours, anchor }, (_, at) => context.log(`B3 round ${at} of ${rounds}`));
}

async function run(context: Context): Promise<Samples> {
  const missing = whatIsMissing(context.path);
  if (missing) return { kind: 'unavailable', reason: missing };
  const dir = join(context.dir, 'b3');
  mkdirSync(dir, { recursive: true });
  const close: Close = [];
  try {
    return { kind: 'measured', rounds: { B3: await measure(context, await startParts(context, dir, close)) } };
  } finally {
    for (const one of close.reverse()) await one();
  }
}

export const b3: Benchmark = {
  id: 'B3',
  series: [{
    key: 'B3', what: 'lines lost or duplicated, 20 faults per 10,000 lines', unit: 'lines', anchor: 'ssh host cmd | psql, started again after each fault of the link',
    conditions: [{ metric: 'p99 in lines', judged: 'p99', op: '==', target: 0 }],
  }],
  run,
};
