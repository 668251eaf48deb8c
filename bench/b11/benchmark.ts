/** B11: a question is answered → the agent's first line, beside Claude Code resumed by hand. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startScriptedMessages } from '../../src/demo/scripted-messages.ts';
import { connectTemporal } from '../../src/temporal/connection.ts';
import { startWorker } from '../b1/ours.ts';
import type { Benchmark, Context, Round, Samples } from '../benchmark.ts';
import { buildBundles } from '../bundles.ts';
import { takeRounds } from '../rounds.ts';
import { NAMESPACE, openMigrated } from '../servers.ts';
import { median } from '../stats.ts';
import { startBare, type Bare } from './bare.ts';
import { answered, startAsking, type OurParts } from './ours.ts';

const FULL = { rounds: 7, answers: 3 };
const SMOKE = { rounds: 1, answers: 1 };

/** What supervision may cost on top of the agent's own start. */
const ALLOWED_MS = 300;

const CLAUDE = fileURLToPath(new URL(`../../node_modules/@anthropic-ai/claude-code-${process.platform}-${process.arch}/claude`, import.meta.url));

type Close = (() => Promise<unknown>)[];

async function startParts({ servers, dir }: Context, close: Close): Promise<{ ours: OurParts; bare: Bare }> {
  await buildBundles();
  const [databaseUrl, address, api] = await Promise.all([servers.postgres(), servers.temporal(), startScriptedMessages({ scenario: { whenDone: { text: 'Said.' } } })]);
  close.push(() => api.close());
  const db = await openMigrated(databaseUrl, close);
  const temporal = await connectTemporal({ env: {}, address, namespace: NAMESPACE });
  close.push(() => temporal.close());
  const host = { home: join(dir, 'home'), configFile: join(dir, 'ssh_config') };
  mkdirSync(host.home);
  writeFileSync(host.configFile, '');
  const env = { HOLDPOINT_CLAUDE_COMMAND: CLAUDE, HOLDPOINT_CLAUDE_BASE_URL: api.url, BENCH_KEY: 'scripted' };
  const worker = await startWorker(dir, databaseUrl, address, host, env);
  close.push(() => worker.stop());
  const ours = { dir, db, temporal, project: `b11-${randomBytes(4).toString('hex')}` };
  await startAsking(ours);
  return { ours, bare: await startBare({ claude: CLAUDE, dir, url: api.url }) };
}

async function times(count: number, take: () => Promise<number>): Promise<number[]> {
  const samples: number[] = [];
  while (samples.length < count) samples.push(await take());
  return samples;
}

async function measure(context: Context, { ours, bare }: { ours: OurParts; bare: Bare }): Promise<Round[]> {
  const { rounds, answers } = context.smoke ? SMOKE : FULL;
  const arms = { ours: () => times(answers, () => answered(ours)), anchor: () => times(answers, async () => (await bare.resumed()) + ALLOWED_MS) };
  if (!context.smoke) await takeRounds(1, arms, () => undefined);
  return takeRounds(rounds, arms, (round, at) =>
    context.log(`B11 round ${at} of ${rounds}: p50 ${median(round.ours).toFixed(0)} ms, claude alone ${(median(round.anchor) - ALLOWED_MS).toFixed(0)} ms`));
}

async function run(context: Context): Promise<Samples> {
  if (!existsSync(CLAUDE)) return { kind: 'unavailable', reason: 'Claude Code is not installed in this clone (npm ci)' };
  const close: Close = [];
  try {
    return { kind: 'measured', rounds: { B11: await measure(context, await startParts(context, close)) } };
  } finally {
    for (const one of close.reverse()) await one();
  }
}

export const b11: Benchmark = {
  id: 'B11',
  series: [{
    key: 'B11', what: 'question answered → first line of the agent, session resumed', unit: 'ms', anchor: `claude --resume alone, plus ${ALLOWED_MS} ms`,
    conditions: [{ metric: 'ratio of p50', judged: 'ratio', op: '<=', target: 1 }],
  }],
  run,
};
