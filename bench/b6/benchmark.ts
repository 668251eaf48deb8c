/** B6: a cancel without grace is asked for → no process of the run is left. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { whatIsMissing } from '../b1/host.ts';
import type { Benchmark, Context, Round, Samples } from '../benchmark.ts';
import { openRunHost, timed, type RunHost } from '../host-runs.ts';
import { takeRounds } from '../rounds.ts';
import { median } from '../stats.ts';

const FULL = { rounds: 9, samples: 5 };
const SMOKE = { rounds: 1, samples: 1 };
const DEADLINE_MS = 120_000;

/** Ten processes in ten sessions that ignore what can be ignored. Says so when all are there. */
const TREE = `trap '' INT TERM; for i in 1 2 3 4 5 6 7 8 9; do setsid sh -c "trap '' INT TERM; echo up; exec sleep 600" & done; wait`;
const UP = 9 * 'up\n'.length;

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`waited ${DEADLINE_MS} ms for ${what}`);
    await pause(5);
  }
}

const environmentOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
};

const carriers = (key: string): string[] =>
  readdirSync('/proc').filter((name) => /^\d+$/.test(name) && environmentOf(name).split('\0').includes(`HOLDPOINT_RUN=${key}`));

/** A survivor is a fault, not a sample. */
async function cancelOne({ api, run }: RunHost): Promise<number> {
  const request = run(TREE);
  const { key } = request;
  await api.startRun(request);
  await until('the tree', async () => (await api.readRun({ key, stream: 'out', offset: 0, maxBytes: 1, waitMs: 0 })).size >= UP);
  const took = await timed(() => api.cancelRun({ key, graceMs: 0 }));
  const left = carriers(key);
  if (left.length > 0) throw new Error(`survivors of a cancel: ${left.join(', ')}`);
  return took;
}

/** Our own group (cgroup v2), where this user may make others in it; undefined otherwise. */
export function ownGroup(): string | undefined {
  const mount = readFileSync('/proc/self/mounts', 'utf8').split('\n').map((line) => line.split(' ')).find(([, , type]) => type === 'cgroup2')?.[1];
  const path = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
  if (mount === undefined || path === undefined) return undefined;
  const trial = join(mount, path, `bench-${process.pid}`);
  try {
    mkdirSync(trial);
    const usable = existsSync(join(trial, 'cgroup.kill'));
    rmdirSync(trial);
    return usable ? join(mount, path) : undefined;
  } catch {
    return undefined;
  }
}

const isPopulated = (group: string): boolean => readFileSync(join(group, 'cgroup.events'), 'utf8').includes('populated 1');

/** The same tree in a group; from the write to the kernel's word that it is empty. */
async function killOne(own: string, path: string, n: number): Promise<number> {
  const group = join(own, `bench-${process.pid}-${n}`);
  mkdirSync(group);
  const child = spawn('/bin/sh', ['-c', `echo $$ > '${join(group, 'cgroup.procs')}'; ${TREE}`], { env: { PATH: path }, stdio: ['ignore', 'pipe', 'ignore'] });
  let said = 0;
  child.stdout.on('data', (data: Buffer) => (said += data.length));
  await until('the tree', () => said >= UP);
  const before = performance.now();
  writeFileSync(join(group, 'cgroup.kill'), '1');
  while (isPopulated(group)) if (performance.now() - before > DEADLINE_MS) throw new Error('the group does not end');
  const took = performance.now() - before;
  rmdirSync(group);
  return took;
}

async function times(count: number, one: () => Promise<number>): Promise<number[]> {
  const samples: number[] = [];
  for (let n = 0; n < count; n += 1) samples.push(await one());
  return samples;
}

async function measure({ smoke, path, log }: Context, runs: RunHost, own: string): Promise<Round[]> {
  const { rounds, samples } = smoke ? SMOKE : FULL;
  let n = 0;
  const arms = { ours: () => times(samples, () => cancelOne(runs)), anchor: () => times(samples, () => killOne(own, path, (n += 1))) };
  if (!smoke) await takeRounds(1, arms, () => undefined);
  return takeRounds(rounds, arms, (round, at) => log(`B6 round ${at} of ${rounds}: p50 ${median(round.ours).toFixed(2)} ms, anchor ${median(round.anchor).toFixed(2)} ms`));
}

async function run(context: Context): Promise<Samples> {
  const missing = whatIsMissing(context.path);
  if (missing) return { kind: 'unavailable', reason: missing };
  const own = ownGroup();
  if (own === undefined) return { kind: 'unavailable', reason: 'this user may not make control groups (cgroup v2), which the anchor needs' };
  const runs = await openRunHost(context.dir, context.path);
  try {
    return { kind: 'measured', rounds: { B6: await measure(context, runs, own) } };
  } finally {
    await runs.close();
  }
}

export const b6: Benchmark = {
  id: 'B6',
  series: [{
    key: 'B6', what: 'cancel without grace of ten deaf processes → none is left', unit: 'ms', anchor: 'cgroup.kill of the same processes',
    conditions: [{ metric: 'p99 in ms', judged: 'p99', op: '<=', target: 500 }],
  }],
  run,
};
