/** T-A7: no room for what a run writes is an end like any other, with its reason: never a hang, never a loss. */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { pidsWith } from '../support/marked-processes.ts';
import { describeWith } from '../support/needs.ts';
import { Bench, exitOf, type HostProgram } from './support/host-program.ts';
import { isRunning } from './support/processes.ts';
import { canMount, hasPrlimit, mountSmallDisk, unmount } from './support/small-disk.ts';

const DISK_BYTES = 4 * 1024 * 1024;
const PATIENT = { limits: { wallMs: 600_000, outBytes: 1e9, graceMs: 100 } };

const exitIn = async (host: HostProgram, key: string): Promise<unknown> => {
  return eventually(async () => {
    const state = await host.call('runState', { key });
    if (state.kind === 'running' || state.kind === 'new') return undefined;
    return state.kind === 'exited' ? state.exit : state;
  }, { timeoutMs: 60_000, what: `${key} to end` });
};

describeWith('mount, as root', canMount(), 'on a disk that is full', () => {
  let bench: Bench;
  let host: HostProgram;
  beforeAll(async () => {
    bench = await Bench.open();
    mountSmallDisk(bench.state, DISK_BYTES);
    host = await bench.program();
  });
  afterAll(async () => {
    rmSync(join(bench.state, 'filler'), { force: true });
    await bench.close(() => unmount(bench.state));
  });

  /** Takes all the room there is. */
  const fill = (): void => {
    try {
      for (let n = 0; n < 100; n += 1) writeFileSync(join(bench.state, 'filler'), Buffer.alloc(65_536), { flag: 'a' });
    } catch {
      // ENOSPC: that was the point.
    }
  };

  test.each([['out', 'cat /dev/zero; exit 0'], ['err', 'cat /dev/zero >&2'], ['out, and it stays', 'cat /dev/zero; sleep 600']])('by %s', async (name, script) => {
    const key = `full-${name.replaceAll(/\W+/g, '-')}`;
    await host.call('startRun', bench.run(key, '', [], { ...PATIENT, command: 'sh', args: ['-c', script] }));
    expect(await exitIn(host, key)).toMatchObject({ reason: 'output_limit', message: expect.stringMatching(/^its output could not be kept: the disk is full/) });
    expect(pidsWith(bench.marker(key))).toEqual([]);
    for (const stream of ['out', 'err']) rmSync(join(bench.directoryOf(key), stream));
  });

  test('by others: the end of a run is told all the same', async () => {
    const limits = { ...PATIENT.limits, graceMs: 60_000 }; // it says how it ended itself
    await host.call('startRun', bench.run('others', 'polite.mjs', [], { limits }));
    const { size } = await host.call('readRun', { key: 'others', stream: 'out', offset: 0, maxBytes: 1, waitMs: 60_000 });
    expect(size).toBeGreaterThan(0);
    fill();
    expect(await exitIn(host, 'others')).toMatchObject({ code: 7, reason: 'output_limit', message: 'its output could not be kept: the disk is full' });
  });

  test('nothing is started, and it is when there is room again', async () => {
    fill();
    expect(await host.failure('startRun', bench.run('no-room', 'print-env.mjs'))).toMatchObject({ kind: 'internal', message: expect.stringMatching(/ENOSPC|no space left/) });
    expect(await host.call('runState', { key: 'no-room' })).toMatchObject({ kind: expect.stringMatching(/none|new/) });
    rmSync(join(bench.state, 'filler'));
    await host.call('startRun', bench.run('no-room', 'print-env.mjs'));
    expect(await exitOf(host, 'no-room')).toMatchObject({ code: 0, reason: 'exited' });
  });
});

describeWith('prlimit', hasPrlimit(), 'with a limit of the size of files', () => {
  const FILE_BYTES = 16_384;
  let bench: Bench;
  let host: HostProgram;
  beforeAll(async () => {
    bench = await Bench.open();
    host = await bench.program({}, ['prlimit', `--fsize=${FILE_BYTES}`]);
  });
  afterAll(() => bench.close());

  test('a run that reaches it has ended for that', async () => {
    await host.call('startRun', bench.run('limit', '', [], { ...PATIENT, command: 'sh', args: ['-c', 'trap "" XFSZ; cat /dev/zero; exit 0'] }));
    expect(await exitIn(host, 'limit')).toMatchObject({ reason: 'output_limit', message: `its output could not be kept: a file may have ${FILE_BYTES} bytes at most on this host` });
  });

  test('a gate that can record no more ends the run: nothing would be allowed', async () => {
    const files = [{ path: 'gate.json', content: '{"url":"{{GATE_URL}}","token":"{{GATE_TOKEN}}"}' }];
    const gate = { workspace: bench.workspace, allow: ['Edit(**)'], ask: [], deny: [] };
    await host.call('startRun', bench.run('gate', 'forever.mjs', [], { ...PATIENT, gate, files }));
    const dir = bench.directoryOf('gate');
    const { url, token } = JSON.parse(readFileSync(join(dir, 'gate.json'), 'utf8')) as { url: string; token: string };
    const ask = async (): Promise<boolean> => {
      const body = JSON.stringify({ tool_name: 'Edit', tool_input: { file_path: 'a' }, tool_use_id: 'x'.repeat(1000) });
      const answer = await fetch(url, { method: 'POST', body, headers: { authorization: `Bearer ${token}` } });
      return (await answer.text()).includes('could not be recorded');
    };
    await eventually(ask, { everyMs: 1, what: 'a decision that cannot be recorded' });
    expect(await exitIn(host, 'gate')).toMatchObject({ reason: 'output_limit', message: expect.stringMatching(/^a decision of the gate could not be recorded: EFBIG/) });
    expect(statSync(join(dir, 'gate')).size).toBeLessThanOrEqual(FILE_BYTES);
  });
});

describe('without its directory', () => {
  test('a supervisor ends the run and itself', async () => {
    const bench = await Bench.open();
    const host = await bench.program();
    try {
      await host.call('startRun', bench.run('removed', 'forever.mjs', [join(bench.dir, 'pid')], PATIENT));
      await eventually(() => existsSync(join(bench.dir, 'pid')), { what: 'the run' });
      const supervisor = bench.supervisorOf('removed');
      rmSync(bench.directoryOf('removed'), { recursive: true });
      await eventually(() => !isRunning(supervisor), { what: 'the supervisor to end' });
      expect(pidsWith(bench.marker('removed'))).toEqual([]);
    } finally {
      await bench.close();
    }
  });
});
