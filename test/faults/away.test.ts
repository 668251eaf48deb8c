/** Hosts that go away and workers that sleep, through the real workflow: what runs on the host goes on, and nobody loses count. */
import { statSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { processStart } from '../../src/embedded/process-identity.ts';
import { answerBreakpoint } from '../../src/temporal/client.ts';
import { connectTemporal } from '../../src/temporal/connection.ts';
import { eventually } from '../support/eventually.ts';
import { compare, outFile } from '../support/faults/oracle.ts';
import { startStage, type Stage } from '../support/faults/stage.ts';
import { startWrittenRun, type WrittenRun } from '../support/faults/written-run.ts';
import { SEED } from '../support/scale.ts';
import { describeWithSshd } from '../support/sshd.ts';
import { CONNECT } from '../support/temporal-worker.ts';

const FLOW = { seed: SEED, lines: 100, perSecond: 100, longBytes: 20_000 };

describeWithSshd('a run on a host over SSH', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage();
  });
  afterAll(() => stage.close());

  const runRow = (run: WrittenRun) => stage.db.selectFrom('run').select(['pid', 'state', 'seq']).where('run_key', '=', run.key).executeTakeFirstOrThrow();

  /** The process of the run as the kernel knows it; the row has it a moment after the first line. */
  async function processOf(run: WrittenRun): Promise<{ pid: number; start: string | undefined }> {
    const pid = await eventually(async () => (await runRow(run)).pid, { what: 'the row of the process' });
    return { pid, start: processStart(pid) };
  }

  const questions = (project: string) => stage.db.selectFrom('breakpoint').select(['id', 'kind']).where('project', '=', project).orderBy('opened_at').execute();

  const growsBeyond = (run: WrittenRun, offset: number, what: string): Promise<boolean> =>
    eventually(async () => (await run.offset()) > offset, { timeoutMs: 120_000, what });

  /** Lets the writer come to its end: every byte is stored once, by one run of one process, which nobody has ended. */
  async function expectWhole(run: WrittenRun, project: string, pid: number, earlier: number): Promise<void> {
    run.finish();
    await eventually(async () => (await questions(project)).length > earlier, { timeoutMs: 120_000, everyMs: 100, what: `the end of ${project}` });
    const { written, stored, gaps, offset } = await compare(stage.db, stage.stateDir, run.key);
    expect({ ...stored, gaps, offset }).toEqual({ ...written, gaps: [], offset: written.bytes });
    expect(await runRow(run)).toEqual({ pid, state: 'exited', seq: 1 });
    const runs = await stage.db.selectFrom('run').innerJoin('turn', 'turn.id', 'run.turn_id').select('run_key').where('project', '=', project).execute();
    expect(runs).toEqual([{ run_key: run.key }]);
    const ended = await stage.db.selectFrom('event').select('message').where('project', '=', project).where('kind', '=', 'run_cancelled').execute();
    expect(ended).toEqual([]);
  }

  test('goes on while a person is asked about its host, and is followed to its end after "retry"', async () => {
    await stage.startWorker();
    const run = await startWrittenRun(stage, 'away', FLOW, { hostPatience: '30s' }); // long enough to come back on a loaded machine
    const { pid, start } = await processOf(run);
    stage.proxy.greet('swallow');
    stage.proxy.swallow();
    const question = await eventually(async () => (await questions('away'))[0], { timeoutMs: 120_000, everyMs: 100, what: 'a question' });
    expect(question.kind).toBe('host_unreachable');
    const [stored, size] = [await run.offset(), statSync(outFile(stage.stateDir, run.key)).size];
    await eventually(() => statSync(outFile(stage.stateDir, run.key)).size > size, { what: 'a run that goes on' });
    expect([await run.offset(), processStart(pid)]).toEqual([stored, start]);
    stage.proxy.greet('pass');
    const temporal = await connectTemporal({ ...CONNECT, address: stage.temporal.address, namespace: stage.temporal.namespace });
    await answerBreakpoint(temporal, { breakpoint: question.id, action: 'retry', by: 'test' });
    await temporal.close();
    await growsBeyond(run, stored, 'lines stored after the answer');
    expect(processStart(pid)).toBe(start);
    await expectWhole(run, 'away', pid, 1);
  }, 600_000);

  test('is followed by another worker while its own sleeps, which does no harm when it wakes and may go on afterwards', async () => {
    const [sleeper] = stage.workers;
    if (!sleeper) throw new Error('no worker was started');
    const run = await startWrittenRun(stage, 'asleep', FLOW);
    const { pid, start } = await processOf(run);
    process.kill(sleeper.pid, 'SIGSTOP');
    let other: Awaited<ReturnType<Stage['startWorker']>>;
    try {
      other = await stage.startWorker();
      // Its attempt began when the heartbeats of the other had been missing: longer than a silent link lives.
      await growsBeyond(run, await run.offset(), 'lines stored by another worker');
    } finally {
      process.kill(sleeper.pid, 'SIGCONT');
    }
    await growsBeyond(run, await run.offset(), 'lines stored beside the one that woke');
    await other.stop();
    await growsBeyond(run, await run.offset(), 'lines stored by the one that woke');
    expect(processStart(pid)).toBe(start);
    await expectWhole(run, 'asleep', pid, 0);
  }, 600_000);
});
