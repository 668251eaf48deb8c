/**
 * A run's output is in Postgres once, whole and in order, whatever goes wrong on its way: links cut and silent, workers killed
 * and doubled, servers and host program restarted while lines of every sort are written.
 */
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { createInjector } from '../support/faults/injector.ts';
import { compare } from '../support/faults/oracle.ts';
import { FAULTS, faultSequence, type Fault } from '../support/faults/sequence.ts';
import { startStage, type Stage } from '../support/faults/stage.ts';
import { startWrittenRun, type WrittenRun } from '../support/faults/written-run.ts';
import { seededRandom } from '../support/random.ts';
import { scaled, SEED } from '../support/scale.ts';
import { describeWithSshd } from '../support/sshd.ts';

const RECOVERY_MS = 60_000;
const FLOW = { seed: SEED, lines: scaled(1_500, 10_000), perSecond: 150, longBytes: scaled(1_000_000, 10_000_000) };

interface Injected {
  fault: Fault;
  /** Until bytes written after the fault were stored. */
  recoveredMs: number;
}

/** Faults one after the other, each while lines are written; the next when the stream is seen to flow again, or at once. */
async function disturb(stage: Stage, run: WrittenRun, count: number): Promise<Injected[]> {
  const random = seededRandom(SEED);
  const faults = createInjector(stage, { random, attachSecond: run.attachSecond });
  const injected: Injected[] = [];
  for (const fault of faultSequence(random, FAULTS, count)) {
    const at = performance.now();
    await faults[fault]();
    const before = await eventually(run.offset, { timeoutMs: RECOVERY_MS, what: `the database after ${fault}` });
    await eventually(async () => (await run.offset()) > before, { timeoutMs: RECOVERY_MS, what: `lines stored after ${fault}` });
    injected.push({ fault, recoveredMs: Math.round(performance.now() - at) });
  }
  return injected;
}

describeWithSshd('under faults of all kinds', () => {
  test(`${scaled(7, 24)} of them lose nothing and double nothing: seed ${SEED}`, async () => {
    const stage = await startStage();
    try {
      await stage.startWorker();
      const run = await startWrittenRun(stage, 'stream', FLOW);
      const injected = await disturb(stage, run, scaled(7, 24));
      run.finish();
      await run.rested();
      const { written, stored, gaps, offset } = await compare(stage.db, stage.stateDir, run.key);
      process.stderr.write(`${JSON.stringify({ injected, written })}\n`);
      expect(new Set(injected.map(({ fault }) => fault)).size).toBe(FAULTS.length);
      expect(written.lines).toBeGreaterThan(FLOW.lines);
      expect({ ...stored, gaps, offset }).toEqual({ ...written, gaps: [], offset: written.bytes });
    } finally {
      await stage.close();
    }
  }, scaled(240_000, 1_200_000));
});
