/** T-A1 and T-A2: of any number of starts of a key, by any number of programs that may die in the middle, there is at most one process. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunState } from '../../src/domain/host-api.ts';
import { eventually } from '../support/eventually.ts';
import { parentOf } from '../support/marked-processes.ts';
import { pick, seededRandom } from '../support/random.ts';
import { scaled, SEED } from '../support/scale.ts';
import { Bench, type HostProgram } from './support/host-program.ts';
import { pidsOf } from './support/processes.ts';

let bench: Bench;
let host: HostProgram;
beforeAll(async () => {
  bench = await Bench.open();
  host = await bench.program();
});
afterAll(() => bench.close());

/** Writes its pid into the file of its key, then goes on as told. */
const run = (key: string, then: string): ReturnType<Bench['run']> =>
  bench.run(key, '', [], { command: 'sh', args: ['-c', `echo $$ >>"$F"; ${then}`], env: { F: join(bench.dir, key) } });

const startsOf = (key: string): string[] => (existsSync(join(bench.dir, key)) ? readFileSync(join(bench.dir, key), 'utf8').split('\n').filter(Boolean) : []);

const pidOf = (state: RunState): string => String(state.kind === 'running' ? state.process?.pid : state.kind);

const KEYS = scaled(5, 20);
const STARTS = scaled(20, 50);

test(`${KEYS} keys, each started ${STARTS} times at once by four programs, are ${KEYS} processes`, async () => {
  const programs = [host, await bench.program(), await bench.program(), await bench.program()];
  const keys = Array.from({ length: KEYS }, (_, n) => `race.${n}`);
  const random = seededRandom(SEED);
  const starts = Array.from({ length: STARTS }, () => keys.map((key) => ({ key, program: pick(random, programs) }))).flat();
  const answers = await Promise.all(starts.map(async ({ key, program }) => ({ key, pid: pidOf(await program.call('startRun', run(key, 'exec sleep 600'))) })));
  await eventually(() => pidsOf('holdpoint supervise', bench.state).length === KEYS, { what: 'the supervisors that were not first to be gone' });
  await eventually(() => keys.every((key) => startsOf(key).length > 0), { what: 'all to run' });
  for (const key of keys) {
    expect(startsOf(key)).toHaveLength(1);
    // Everybody was told of the same process.
    expect(new Set(answers.filter((answer) => answer.key === key).map(({ pid }) => pid))).toEqual(new Set(startsOf(key)));
  }
}, scaled(120_000, 600_000));

const TRIALS = scaled(12, 120);
// With a supervisor that waits, a start takes some 10 ms; without one, Node has to start first.
const WINDOW_MS = { warm: 30, cold: 150 };

interface Trial {
  key: string;
  starter: HostProgram;
  supervisor: 'warm' | 'cold';
  afterMs: number;
  alsoSupervisor: boolean;
}

/** The starter is killed somewhere in its start, then somebody else starts the same key to the end. */
async function killInTheMiddle({ key, starter, supervisor, afterMs, alsoSupervisor }: Trial): Promise<RunState> {
  await starter.call(supervisor === 'warm' ? 'claimWorkspace' : 'hello', bench.lease);
  const ofStarter = (): number[] => pidsOf('supervise', bench.state).filter((pid) => parentOf(pid) === starter.process.pid);
  if (supervisor === 'warm') await eventually(() => ofStarter().some(waitsForWords), { what: 'a supervisor that waits' });
  void starter.call('startRun', run(key, 'exit 0')).catch(() => undefined);
  await pause(afterMs);
  const supervisors = ofStarter();
  await starter.kill();
  if (alsoSupervisor) supervisors.forEach(kill);
  await host.call('startRun', run(key, 'exit 0'));
  return eventually(async () => {
    const state = await host.call('runState', { key });
    return state.kind === 'running' ? undefined : state;
  }, { what: `${key} to end` });
}

/** It catches SIGHUP by now (the lowest bit), so Node has started. */
const waitsForWords = (pid: number): boolean => /^SigCgt:\s*[0-9a-f]*[13579bdf]$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

test(`${TRIALS} starts whose starter, and often whose supervisor, is killed in the middle: never two`, async () => {
  const random = seededRandom(SEED + 1);
  const ends: Record<string, number> = {};
  for (let n = 0; n < TRIALS; n += 1) {
    const supervisor = pick(random, ['warm', 'cold'] as const);
    const trial = { key: `fuzz.${n}`, starter: await bench.program(), supervisor, afterMs: random() * WINDOW_MS[supervisor], alsoSupervisor: random() < 0.5 };
    const { kind } = await killInTheMiddle(trial);
    const starts = startsOf(trial.key).length;
    expect({ ...trial, starter: null, kind, starts }).toMatchObject({ kind: expect.stringMatching(/^(exited|lost)$/), starts: kind === 'exited' ? 1 : expect.any(Number) });
    expect(starts).toBeLessThanOrEqual(1);
    ends[`${kind} ${starts}`] = (ends[`${kind} ${starts}`] ?? 0) + 1;
  }
  process.stderr.write(`T-A2: ${JSON.stringify(ends)}\n`);
}, scaled(120_000, 600_000));
