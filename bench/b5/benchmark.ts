/** B5: a run is asked for → it has started, over OpenSSH. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { whatIsMissing, type BenchHost } from '../b1/host.ts';
import type { Benchmark, Context, Round, Samples } from '../benchmark.ts';
import { openRunHost, timed, type RunHost } from '../host-runs.ts';
import { takeRounds } from '../rounds.ts';
import { median } from '../stats.ts';

const FULL = { rounds: 9, samples: 3, betweenMs: 2_500 };
const SMOKE = { rounds: 1, samples: 1, betweenMs: 0 };

/** `ssh` with an open master connection; the last argument is the command. */
async function ssh(host: BenchHost, dir: string, path: string, ...args: string[]): Promise<void> {
  const options = ['-F', host.configFile, '-o', 'BatchMode=yes', '-o', `ControlPath=${join(dir, 'ctl')}`];
  const child = spawn('ssh', [...options, ...args], { env: { PATH: path }, stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`ssh ${args.join(' ')} ended with ${code}`);
}

/** A turn does not begin right after the one before: the host has had time to have a supervisor waiting. */
async function startOne({ api, run }: RunHost, betweenMs: number): Promise<number> {
  await pause(betweenMs);
  const request = run('exit 0');
  const took = await timed(async () => {
    const { kind } = await api.startRun(request);
    if (kind !== 'running' && kind !== 'exited') throw new Error(`the run is ${kind}`);
  });
  await api.cancelRun({ key: request.key, graceMs: 0 }); // its end is not measured, and must not fall into the next sample
  return took;
}

async function times(count: number, one: () => Promise<number>): Promise<number[]> {
  const samples: number[] = [];
  for (let n = 0; n < count; n += 1) samples.push(await one());
  return samples;
}

async function measure({ smoke, dir, path, log }: Context, runs: RunHost): Promise<Round[]> {
  const { rounds, samples, betweenMs } = smoke ? SMOKE : FULL;
  const { host } = runs;
  const arms = {
    ours: () => times(samples, () => startOne(runs, betweenMs)),
    anchor: () => times(samples, () => timed(() => ssh(host, dir, path, host.alias, 'true'))),
  };
  if (!smoke) await takeRounds(1, arms, () => undefined);
  return takeRounds(rounds, arms, (round, at) => log(`B5 round ${at} of ${rounds}: p50 ${median(round.ours).toFixed(2)} ms, anchor ${median(round.anchor).toFixed(2)} ms`));
}

async function run(context: Context): Promise<Samples> {
  const { dir, path } = context;
  const missing = whatIsMissing(path);
  if (missing) return { kind: 'unavailable', reason: missing };
  const runs = await openRunHost(dir, path);
  const { host } = runs;
  try {
    await ssh(host, dir, path, '-M', '-N', '-f', host.alias);
    return { kind: 'measured', rounds: { B5: await measure(context, runs) } };
  } finally {
    await ssh(host, dir, path, '-O', 'exit', host.alias).catch(() => undefined);
    await runs.close();
  }
}

export const b5: Benchmark = {
  id: 'B5',
  series: [{
    key: 'B5', what: 'run asked for → started', unit: 'ms', anchor: 'ssh host true on an open master connection',
    conditions: [{ metric: 'ratio of p50', judged: 'ratio', op: '<=', target: 1.2 }],
  }],
  run,
};
