/**
 * A run's output is in Postgres once, whole and in order, whatever goes wrong on its way: links cut and silent, workers killed
 * and doubled, servers and host program restarted while lines of every sort are written. And a worker outlives its servers: it
 * waits while they are away, and goes on with the same process when they are there again.
 */
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { isRunning } from '../host/support/processes.ts';
import { eventually } from '../support/eventually.ts';
import { createInjector } from '../support/faults/injector.ts';
import { compare, outFile } from '../support/faults/oracle.ts';
import { FAULTS, faultSequence, type Fault } from '../support/faults/sequence.ts';
import { growth, hasEnded, usages } from '../support/faults/processes.ts';
import { holdTable } from '../support/faults/slow-database.ts';
import { startStage, type Stage } from '../support/faults/stage.ts';
import { startWrittenRun, type WrittenRun } from '../support/faults/written-run.ts';
import { seededRandom } from '../support/random.ts';
import { scaled, SEED } from '../support/scale.ts';
import { describeWithSshd } from '../support/sshd.ts';

const RECOVERY_MS = 120_000;
const SHORT = { seed: SEED, lines: 100, perSecond: 100, longBytes: 20_000 };
const LONG = { seed: SEED, lines: scaled(1_500, 10_000), perSecond: 150, longBytes: scaled(1_000_000, 10_000_000) };
const COUNT = scaled(FAULTS.length, 24);

jest.setTimeout(400_000); // several recoveries

interface Injected {
  fault: Fault;
  /** Until what was written after the fault was stored. */
  recoveredMs: number;
}

describeWithSshd('a run that is followed', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage();
    await stage.startWorker();
  });
  afterAll(() => stage.close());

  /** Lets the writer come to its end and compares every byte. */
  async function expectWhole(run: WrittenRun): Promise<number> {
    run.finish();
    await run.rested();
    const { written, stored, gaps, offset } = await compare(stage.db, stage.stateDir, run.key);
    expect({ ...stored, gaps, offset }).toEqual({ ...written, gaps: [], offset: written.bytes });
    return written.lines;
  }

  test('waits for a database that is away while only the watch of the workspace has something to tell', async () => {
    const [worker] = stage.workers;
    const run = await startWrittenRun(stage, 'silent', SHORT);
    const pause = join(run.workspace, 'pause');
    const seen = (path: string) => stage.db.selectFrom('file_change').select('path').where('path', '=', path).where('final', '=', false).executeTakeFirst();
    writeFileSync(pause, '');
    await eventually(() => seen('paused'), { timeoutMs: RECOVERY_MS, what: 'a writer that has paused, in a row' });
    await eventually(async () => (await run.offset()) === statSync(outFile(stage.stateDir, run.key)).size, { timeoutMs: RECOVERY_MS, what: 'all its lines to be stored' });
    await stage.postgres.stop('crash');
    const before = stage.databaseProxy.accepted();
    writeFileSync(join(run.workspace, 'changed.txt'), 'by somebody');
    // It came to the database with it, more than once.
    await eventually(() => stage.databaseProxy.accepted() >= before + 3, { timeoutMs: RECOVERY_MS, what: 'three tries to reach the database' });
    await stage.postgres.start();
    await eventually(() => seen('changed.txt'), { timeoutMs: RECOVERY_MS, what: 'the change of the workspace in a row' });
    rmSync(pause);
    await expectWhole(run);
    expect(isRunning(worker?.pid ?? 0)).toBe(true);
    expect(await stage.db.selectFrom('event').select('message').where('project', '=', 'silent').where('kind', '=', 'watch_failed').execute()).toEqual([]);
  });

  test('goes on in the same worker after a database and a Temporal that were away at once', async () => {
    const [worker] = stage.workers;
    const run = await startWrittenRun(stage, 'both', SHORT);
    await Promise.all([stage.postgres.stop(), stage.temporal.stop('crash')]);
    const before = stage.databaseProxy.accepted();
    await eventually(() => stage.databaseProxy.accepted() >= before + 3, { timeoutMs: RECOVERY_MS, what: 'three tries to reach the database' });
    await Promise.all([stage.postgres.start(), stage.temporal.start()]);
    await expectWhole(run);
    expect(isRunning(worker?.pid ?? 0)).toBe(true);
  });

  test('gives up a database that is silent, and stores on another connection', async () => {
    const run = await startWrittenRun(stage, 'mute', SHORT);
    stage.databaseProxy.swallow();
    const { size } = statSync(outFile(stage.stateDir, run.key));
    await eventually(async () => (await run.offset()) > size, { timeoutMs: RECOVERY_MS, what: 'lines stored after the silence' });
    await expectWhole(run);
    // An attempt that failed would have been made again, and hidden it.
    expect(await run.failures()).not.toContain('database_unreachable');
  });

  async function whileHeld<T>(table: string, work: () => Promise<T>): Promise<T> {
    const held = await holdTable(stage.postgres.url, table);
    try {
      return await work();
    } finally {
      await held.release(); // or every test after this one waits for it
    }
  }

  test('a slow database holds up the reading, and the memory of worker and host program stays as it was', async () => {
    const run = await startWrittenRun(stage, 'slow', { ...SHORT, lines: scaled(8_000, 50_000) });
    const [worker = 0, ...programs] = [stage.workers[0]?.pid ?? 0, ...stage.hostPrograms()];
    const before = usages([worker, ...programs]);
    const { size, grown } = await whileHeld('agent_event', async () => {
      run.finish();
      await eventually(() => hasEnded(run.key), { timeoutMs: scaled(RECOVERY_MS, 5 * RECOVERY_MS), what: 'the end of the writer' });
      return { size: statSync(outFile(stage.stateDir, run.key)).size, grown: growth(before) };
    });
    expect(size).toBeGreaterThan(8e6);
    expect(programs.filter((pid) => grown.has(pid))).not.toHaveLength(0);
    expect(grown.has(worker)).toBe(true);
    expect([...grown.values()].reduce((sum, { bytesRead }) => sum + bytesRead, 0)).toBeLessThan(size / 2);
    for (const { residentBytes } of grown.values()) expect(residentBytes).toBeLessThan(100e6);
    await expectWhole(run);
  }, scaled(400_000, 900_000));

  /** Faults one after the other, each while lines are written; the next when what was written meanwhile is stored. */
  async function disturb(run: WrittenRun): Promise<Injected[]> {
    const random = seededRandom(SEED);
    const faults = createInjector(stage, { random, attachSecond: run.attachSecond });
    const injected: Injected[] = [];
    for (const fault of faultSequence(random, FAULTS, COUNT)) {
      const at = performance.now();
      await faults[fault]();
      const { size } = statSync(outFile(stage.stateDir, run.key));
      await eventually(async () => (await run.offset()) > size, { timeoutMs: RECOVERY_MS, what: `lines stored after ${fault}` });
      injected.push({ fault, recoveredMs: Math.round(performance.now() - at) });
    }
    return injected;
  }

  test(`loses nothing and doubles nothing under ${COUNT} faults of all kinds: seed ${SEED}`, async () => {
    const run = await startWrittenRun(stage, 'stream', LONG);
    const injected = await disturb(run);
    expect(new Set(injected.map(({ fault }) => fault)).size).toBe(FAULTS.length);
    expect(await expectWhole(run)).toBeGreaterThan(LONG.lines);
  }, scaled(900_000, 1_800_000));
});
