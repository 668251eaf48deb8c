/** T-A6: whatever a run starts and however it hides, a cancel leaves nothing of it, and says what it killed. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { commandOf, pidsWith } from '../support/marked-processes.ts';
import { describeWith } from '../support/needs.ts';
import { canMakeGroups, groupsOf } from './support/cgroup.ts';
import { Bench, exitOf, type HostProgram } from './support/host-program.ts';
import { isRunning } from './support/processes.ts';

let bench: Bench;
let host: HostProgram;
beforeAll(async () => {
  bench = await Bench.open();
  host = await bench.program();
});
afterAll(() => bench.close());

/** Each writes the pids of what it leaves into $F, and its main process stays. */
const SURVIVORS = {
  setsid: `setsid sh -c 'echo $$ >>"$F"; exec sleep 600' & wait`,
  'a double fork': `( ( sh -c 'echo $$ >>"$F"; exec sleep 600' & ) & ) ; sleep 600`,
  'ignored INT, TERM and HUP': `trap '' INT TERM HUP; sh -c 'echo $$ >>"$F"; exec sleep 600' & while :; do sleep 600; done`,
  'an emptied environment in a group of the run': `setsid sh -c 'trap "" INT TERM; env -i sh -c "trap \\"\\" TERM; echo \\$\\$ >>$F; while :; do sleep 600; done" & while :; do sleep 600; done' & wait`,
  'an emptied environment whose parent has gone': `env -i sh -c 'trap "" INT TERM; echo $$ >>'"$F"'; while :; do sleep 600; done' & wait`,
  'children of children in many sessions': `for i in 1 2 3 4 5; do setsid sh -c 'setsid sh -c "echo \\$\\$ >>$F; exec sleep 600" & exec sleep 600' & done; wait`,
} as const;

/** Of whole lines: the file is there a moment before its first one. */
const leftIn = (file: string): number[] => readFileSync(file, 'utf8').split('\n').slice(0, -1).map(Number);

/** `count`: how many the script leaves. */
async function startSurvivor(key: string, script: string, count = 1): Promise<{ file: string; pids: number[] }> {
  const file = join(bench.dir, key);
  await host.call('startRun', bench.run(key, '', [], { command: 'sh', args: ['-c', script], env: { F: file } }));
  const pids = await eventually(() => (leftIn(file).length === count ? leftIn(file) : null), { what: `${key} to have started its children` });
  await eventually(() => pids.every(isRunning), { what: 'them to run' });
  return { file, pids };
}

const nothingCarries = (key: string): unknown => expect(pidsWith(bench.marker(key))).toEqual([]);

/** A supervisor that is killed leaves no group to go by: only the marker is left. */
async function loseGroup(key: string): Promise<void> {
  process.kill(bench.supervisorOf(key), 'SIGKILL');
  rmSync(join(bench.directoryOf(key), 'cgroup'), { force: true });
  await eventually(async () => (await host.call('runState', { key })).kind === 'lost', { what: 'the run to be lost' });
}

describe.each(Object.entries(SURVIVORS))('%s', (name, script) => {
  test.each(['by its supervisor', 'by marker alone'])('is ended %s', async (how) => {
    const key = `${name}-${how}`.replaceAll(/[^a-z]+/gi, '-');
    const { pids } = await startSurvivor(key, script, name.startsWith('children') ? 5 : 1);
    if (how === 'by marker alone') await loseGroup(key);
    const { killed, proof } = await host.call('cancelRun', { key, graceMs: 200 });
    expect(pids.filter(isRunning)).toEqual([]);
    nothingCarries(key);
    expect(killed.map(({ pid }) => pid)).toEqual(expect.arrayContaining(pids));
    expect(killed.filter(({ command }) => command.includes('sleep 600'))).not.toEqual([]);
    expect(proof).toBe(how === 'by its supervisor' && canMakeGroups() ? 'cgroup' : 'marker');
  });
});

/** Each lives a moment, and another of it lives on: no pid is there for long. */
const FORK_LOOPS = {
  'a fork loop': `hop() { echo x >>"$F"; ( hop & ) ; exit 0; }; ( hop & ); trap '' TERM; while :; do sleep 600; done`,
  'a fork loop through sessions': `trap '' TERM; echo 'echo x >>"$F"; setsid sh "$F.sh" & exit 0' >"$F.sh"; sh "$F.sh"; while :; do sleep 600; done`,
} as const;

describe.each(Object.entries(FORK_LOOPS))('%s', (name, script) => {
  test.each(['by its supervisor', 'by marker alone'])('is ended %s', async (how) => {
    const key = `${name}-${how}`.replaceAll(' ', '-');
    const file = join(bench.dir, key);
    await host.call('startRun', bench.run(key, '', [], { command: 'sh', args: ['-c', script], env: { F: file } }));
    const length = (): number => readFileSync(file, 'latin1').length;
    await eventually(() => length() > 100, { what: 'the loop to go round' });
    if (how === 'by marker alone') await loseGroup(key);
    await host.call('cancelRun', { key, graceMs: 100 });
    const atCancel = length();
    nothingCarries(key);
    // The loop would go round many times while another run starts and ends.
    await host.call('startRun', bench.run(`after-${key}`, 'print-env.mjs'));
    await exitOf(host, `after-${key}`);
    expect(length()).toBe(atCancel);
  });
});

/** Their children have no marker, and are not there yet when the sweep begins. */
const BORN_OF_TERM = `
  printf '%s\\n' 'echo $$ >>"$1"; exec sleep 600' >"$F.child"
  printf '%s\\n' "trap 'env -i sh \\"\\$1.child\\" \\"\\$1\\" & exit' TERM; : >\\"\\$1.ready\\"; while :; do sleep 0.05; done" >"$F.sh"
  env -i sh "$F.sh" "$F" & wait`;

test('what is started while TERM is heeded is ended too', async () => {
  let runs = 0;
  // On a busy machine KILL may come before it is born.
  const born = await eventually(async () => {
    const key = `term-${(runs += 1)}`;
    const file = join(bench.dir, key);
    await host.call('startRun', bench.run(key, '', [], { command: 'sh', args: ['-c', BORN_OF_TERM], env: { F: file } }));
    await eventually(() => existsSync(`${file}.ready`), { what: 'the trap' });
    await loseGroup(key);
    await host.call('cancelRun', { key, graceMs: 1000 });
    return existsSync(file) && leftIn(file).length === 1 ? leftIn(file) : null;
  }, { timeoutMs: 90_000, what: 'a run with a child that TERM gave birth to' });
  expect(born.filter(isRunning)).toEqual([]);
});

/** A host user who may make no control groups. */
const AS_NOBODY = process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];

test('of an end without a cancel, and without a control group, nothing is left of the session either', async () => {
  const state = join(bench.dir, 'state-of-nobody');
  mkdirSync(state);
  execFileSync('chmod', ['-R', 'a+rwX', bench.dir]);
  const user = await bench.programAt(state, AS_NOBODY);
  const file = join(bench.dir, 'left');
  const script = `env -i sh -c 'echo $$ >>'"$F"'; exec sleep 600' & while [ ! -e "$F.seen" ]; do sleep 0.01; done`;
  await user.call('startRun', bench.run('left', '', [], { command: 'sh', args: ['-c', script], env: { F: file } }));
  const [pid = 0] = await eventually(() => (existsSync(file) && leftIn(file).length === 1 ? leftIn(file) : null), { what: 'its child' });
  expect(isRunning(pid)).toBe(true);
  await eventually(() => commandOf(pid) === 'sleep 600', { what: 'it to be what it will be' });
  writeFileSync(`${file}.seen`, '');
  const proof = AS_NOBODY.length > 0 ? 'marker' : expect.anything();
  expect(await exitOf(user, 'left')).toMatchObject({ reason: 'exited', proof, message: expect.stringContaining(`ended what it had left running: ${pid} sleep 600`) });
  expect(isRunning(pid)).toBe(false);
});

describeWith('writable cgroup v2', canMakeGroups(), 'with a control group', () => {
  test('a child with an emptied environment in another session is ended too', async () => {
    const { pids } = await startSurvivor('emptied', `env -i setsid sh -c 'trap "" TERM; echo $$ >>'"$F"'; while :; do sleep 600; done' & wait`);
    expect(pidsWith(bench.marker('emptied'))).not.toEqual(expect.arrayContaining(pids));
    const { killed, proof, state } = await host.call('cancelRun', { key: 'emptied', graceMs: 200 });
    expect({ proof, state }).toMatchObject({ proof: 'cgroup', state: { exit: { reason: 'cancelled', proof: 'cgroup' } } });
    expect(killed.map(({ pid }) => pid)).toEqual(expect.arrayContaining(pids));
    expect(pids.filter(isRunning)).toEqual([]);
  });

  test('also when the supervisor was killed, and of an end without a cancel it is the proof', async () => {
    const { pids } = await startSurvivor('emptied-lost', `env -i setsid sh -c 'echo $$ >>'"$F"'; exec sleep 600' & wait`);
    process.kill(bench.supervisorOf('emptied-lost'), 'SIGKILL');
    expect(await host.call('cancelRun', { key: 'emptied-lost', graceMs: 100 })).toMatchObject({ proof: 'cgroup', state: { kind: 'lost' } });
    expect(pids.filter(isRunning)).toEqual([]);
    const left = await startSurvivor('emptied-left', `env -i setsid sh -c 'echo $$ >>'"$F"'; exec sleep 600' & while [ ! -e "$F.seen" ]; do sleep 0.01; done`);
    writeFileSync(`${left.file}.seen`, '');
    expect(await exitOf(host, 'emptied-left')).toMatchObject({ reason: 'exited', proof: 'cgroup', message: expect.stringContaining('left running') });
    expect(left.pids.filter(isRunning)).toEqual([]);
  });

  test('no group is left behind', async () => {
    const keys = ['emptied', 'emptied-lost', 'emptied-left'];
    await eventually(() => groupsOf(keys.map((key) => bench.supervisorOf(key))).length === 0, { what: 'the groups to be removed' });
  });
});
