/** The user's own commands: what their exit codes mean, and that none runs twice or outlives its time. */
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CancelledFailure } from '@temporalio/common';
import { baselineOf, evidenceOf } from '../../src/db/evidence.ts';
import type { CheckEvidence } from '../../src/domain/evidence.ts';
import { eventually } from '../support/eventually.ts';
import { commandOf, pidsWith } from '../support/marked-processes.ts';
import { openBench, type Bench, type ProjectOptions } from './bench.ts';
import type { Play } from './play.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

/** A project whose baseline is taken and whose first turn has ended. */
async function ended(name: string, options: ProjectOptions, between: (play: Play) => void = () => undefined): Promise<Play> {
  const play = await (await bench.project(name, options)).claim();
  await play.baseline();
  await play.begin();
  between(play);
  await play.end();
  return play;
}

async function only(play: Play): Promise<CheckEvidence> {
  const [evidence, ...more] = await evidenceOf(bench.deps.db, play.turn());
  if (!evidence || more.length > 0) throw new Error('not one');
  return evidence;
}

const touch = (file: string) => (play: Play): void => writeFileSync(join(play.workspace, file), '');
const markers = (play: Play, name: string): number[] => pidsWith(`HOLDPOINT_RUN=CHECK.${bench.deps.install}.${play.plan.project}.slugs.${play.epoch}.work.1.${name}.1`);

test.each([
  ['pass', 'true', () => undefined, { outcome: 'pass', met: true, exitCode: 0, baselineExitCode: 0 }],
  ['still', 'exit 4', () => undefined, { outcome: 'stillFailing', met: false, exitCode: 4, baselineExitCode: 4 }],
  ['fixed', 'test -e fix', touch('fix'), { outcome: 'fixed', met: true, exitCode: 0, baselineExitCode: 1 }],
  ['newly', 'test ! -e bug', touch('bug'), { outcome: 'newlyFailing', met: false, exitCode: 1, baselineExitCode: 0 }],
] as const)('%s', async (name, run, between, wanted) => {
  const play = await ended(`check-${name}`, { checks: [{ name, run }] }, between);
  expect((await play.checks()).checks).toMatchObject([{ name, outcome: wanted.outcome, met: wanted.met, exitCode: wanted.exitCode }]);
  expect(await only(play)).toMatchObject(wanted);
});

test('a failure that is new is looked at twice: one that passes then is flaky', async () => {
  const log = join(bench.dir, 'flaky.log');
  const run = `echo ran >> ${log}; test "$(wc -l < ${log})" != 2`;
  const play = await ended('flaky', { checks: [{ name: 'test', run: `${run} || { echo unlucky; exit 7; }` }] });
  expect((await play.checks()).checks).toMatchObject([{ outcome: 'flaky', met: true }]);
  expect(readFileSync(log, 'utf8')).toBe('ran\n'.repeat(3));
  expect(await only(play)).toMatchObject({ exitCode: 7, tail: 'unlucky\n' });
});

test('one that failed before the milestone, was repaired by a turn and fails by chance in the next is looked at twice as well', async () => {
  const log = join(bench.dir, 'flaky-later.log');
  // The baseline fails; the first turn repairs it; the second turn's checks have no luck once.
  const run = `echo ran >> ${log}; test -e fix && test "$(wc -l < ${log})" != 3`;
  const play = await ended('flaky-later', { checks: [{ name: 'test', run }] }, touch('fix'));
  expect((await play.checks()).checks).toMatchObject([{ outcome: 'fixed' }]);
  const another = async (turn: number): Promise<void> => {
    await play.begin(turn);
    await play.end(turn);
  };
  await another(2);
  expect((await play.checks(2)).checks).toMatchObject([{ outcome: 'flaky', met: true }]);
  // Broken in earnest it is what it was before the milestone.
  rmSync(join(play.workspace, 'fix'));
  await another(3);
  expect((await play.checks(3)).checks).toMatchObject([{ outcome: 'stillFailing', met: false }]);
  expect(readFileSync(log, 'utf8')).toBe('ran\n'.repeat(6));
});

test('one that is past its time is ended with all it started, and says so', async () => {
  // Time enough to begin, on a machine that is busy too.
  const checks = [{ name: 'slow', run: 'test -e begin || exit 0; echo begun; sleep 300 & sleep 301', timeoutMs: 8_000 }];
  const play = await ended('slow', { checks }, touch('begin'));
  expect((await play.checks()).checks).toMatchObject([{ exitCode: null, outcome: 'timeout', met: false }]);
  expect(markers(play, 'slow')).toEqual([]);
  expect(await only(play)).toMatchObject({ timedOut: true, tail: expect.stringMatching(/^begun\n\n\[holdpoint: the check was ended: wall_limit/) });
});

test('nor does one outlive its time in a session and process group of its own, with its parent gone', async () => {
  const note = join(bench.dir, 'daemon.pid');
  // Twice away from the shell: a child of init, of another session, that heeds no signal but the last.
  // It says itself which session it is of: by the time that is read it may have been ended.
  const daemon = `(setsid sh -c 'trap "" TERM INT HUP; echo $$ $(cut -d" " -f6 /proc/$$/stat) > ${note}; while :; do sleep 1; done' &)`;
  const play = await (await bench.project('daemon', { checks: [{ name: 'slow', run: `test -e begin || exit 0; ${daemon}; sleep 300`, timeoutMs: 8_000 }] })).claim();
  await play.baseline();
  await play.begin();
  touch('begin')(play);
  await play.end();
  const call = play.startChecks();
  expect((await call.result).checks).toMatchObject([{ outcome: 'timeout', met: false }]);
  const [pid = 0, session] = readFileSync(note, 'utf8').trim().split(' ').map(Number);
  expect(session).toBe(pid); // led a session
  expect(commandOf(pid)).toBe(''); // gone, or its remains wait for init
  expect(markers(play, 'slow')).toEqual([]);
});

test('the evidence is bound to the tree the checks ran on, also when somebody changed files after the turn had ended', async () => {
  const play = await ended('moved', { checks: [{ name: 'test', run: 'true' }] });
  const { treeAfter } = await play.row();
  writeFileSync(join(play.workspace, 'by-hand'), 'x');
  await play.checks();
  const { tree } = await only(play);
  expect(tree).not.toBe(treeAfter);
  const { api } = await bench.deps.hosts.link('local');
  expect((await api.diffTrees({ workspace: play.workspace, from: treeAfter ?? '', to: tree })).changes.map(({ path }) => path)).toEqual(['by-hand']);
});

test('the evidence names the tree before and after each check, also when it is taken again after a crash', async () => {
  const log = join(bench.dir, 'changer.log');
  const checks = [{ name: 'changer', run: `echo ran >> ${log}; date +%N > artefact` }, { name: 'calm', run: 'sleep 1' }];
  const play = await ended('changer', { checks });
  const before = readFileSync(log, 'utf8');
  await play.checks();
  const { treeAfter } = await play.row();
  const [changer, calm] = await evidenceOf(bench.deps.db, play.turn());
  expect(changer?.tree).toBe(treeAfter);
  expect(changer?.treeAfter).not.toBe(treeAfter);
  expect([calm?.tree, calm?.treeAfter]).toEqual([changer?.treeAfter, changer?.treeAfter]);
  expect([changer?.changed, calm?.changed]).toEqual([{ files: 1, paths: ['artefact'] }, undefined]);

  // The worker was killed after the check had run and before its row was written.
  await bench.deps.db.deleteFrom('evidence').where('project', '=', 'changer').where('turn_id', 'is not', null).execute();
  await play.checks();
  expect(await evidenceOf(bench.deps.db, play.turn())).toMatchObject([{ tree: changer?.tree, treeAfter: changer?.treeAfter }, { tree: calm?.tree }]);
  expect(readFileSync(log, 'utf8')).toBe(`${before}ran\n`);
});

test('asked again, it tells what is stored; the baseline likewise', async () => {
  const log = join(bench.dir, 'again.log');
  const play = await ended('checked-again', { checks: [{ name: 'test', run: `echo ran >> ${log}` }] });
  const first = await play.checks();
  appendFileSync(join(play.workspace, 'README.md'), 'more');
  expect(await play.checks()).toEqual(first);
  expect(await play.baseline()).toEqual(first);
  expect(readFileSync(log, 'utf8')).toBe('ran\nran\n');
  expect(await baselineOf(bench.deps.db, play.turn())).toHaveLength(1);
});

test('only the checks that hold for the task run after its turn; secrets are hidden in what they say', async () => {
  bench.secrets.push('hunter2-hunter2');
  const checks = [{ name: 'mine', run: 'echo hunter2-hunter2', tasks: ['work'] }, { name: 'other', run: 'true', tasks: ['later'] }];
  const play = await ended('holds-for', { checks });
  expect((await play.checks()).checks.map(({ name }) => name)).toEqual(['mine']);
  expect((await only(play)).tail).toBe('[redacted]\n');
});

/** A check under way that waits for a file. */
async function underway(name: string): Promise<{ play: Play; call: ReturnType<Play['startChecks']>; pid: number }> {
  const play = await ended(name, { checks: [{ name: 'waits', run: 'test ! -e wait || until test -e go; do sleep 0.1; done' }] }, touch('wait'));
  const call = play.startChecks();
  // The shell of the check itself; its sleeps come and go.
  const shell = () => markers(play, 'waits').find((pid) => commandOf(pid).startsWith('/bin/sh'));
  return { play, call, pid: await eventually(shell, { what: 'the check' }) };
}

test('a cancel ends the check', async () => {
  const { play, call } = await underway('cancelled-check');
  call.cancel({ cancelRequested: true });
  await expect(call.result).rejects.toBeInstanceOf(CancelledFailure);
  expect(markers(play, 'waits')).toEqual([]);
});

test('a worker that shuts down leaves it to the next attempt, which finds the same process', async () => {
  const { play, call, pid } = await underway('detached-check');
  call.cancel({ workerShutdown: true });
  await expect(call.result).rejects.toBeInstanceOf(CancelledFailure);
  const next = play.startChecks();
  await eventually(() => next.heartbeats.length > 1, { what: 'the next attempt' });
  expect(markers(play, 'waits')).toContain(pid);
  touch('go')(play);
  expect((await next.result).checks).toMatchObject([{ outcome: 'pass' }]);
  expect(existsSync(join(play.workspace, 'go'))).toBe(true);
});
