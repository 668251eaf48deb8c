/** Run directories are thrown away by age and count, and never those of a run that is alive or whose output nobody else has. */
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { Bench, exitOf, follow, type HostProgram } from './support/host-program.ts';

let bench: Bench;
let host: HostProgram;
beforeAll(async () => {
  bench = await Bench.open();
  host = await bench.program();
});
afterAll(() => bench.close());

const DAY_MS = 24 * 60 * 60 * 1000;

/** Puts the end of a run, or its start, into the past. */
function age(dir: string, file: 'exit' | 'started', days: number): void {
  const at = new Date(Date.now() - days * DAY_MS);
  utimesSync(join(dir, file), at, at);
}

async function ended(key: string, days: number): Promise<string> {
  await host.call('startRun', bench.run(key, '', [], { command: 'echo', args: [key] }));
  await exitOf(host, key);
  const dir = bench.directoryOf(key);
  age(dir, 'exit', days);
  return dir;
}

/** A program prunes when a workspace is claimed, and once in an hour. */
async function prune(): Promise<void> {
  await (await bench.program()).call('claimWorkspace', bench.lease);
}

test('too many, too old, alive, unstored: what goes and what stays', async () => {
  const old = await ended('old', 11);
  const unstored = await ended('unstored', 9);
  const stored = [await ended('stored-1', 1), await ended('stored-2', 2), await ended('stored-3', 3)] as const;
  for (const key of ['stored-1', 'stored-2', 'stored-3']) await host.call('runStored', { key });
  await host.call('startRun', bench.run('alive', 'forever.mjs'));
  await host.call('startRun', bench.run('lost', 'forever.mjs', [join(bench.dir, 'lost')]));
  await eventually(() => readFileSync(join(bench.dir, 'lost')), { what: 'the run' });
  process.kill(bench.supervisorOf('lost'), 'SIGKILL');
  await eventually(async () => (await host.call('runState', { key: 'lost' })).kind === 'lost', { what: 'the loss' });
  const [alive, lost] = [bench.directoryOf('alive'), bench.directoryOf('lost')];
  age(alive, 'started', 100);
  age(lost, 'started', 100);

  const before = await host.call('runState', { key: 'stored-3' });
  writeFileSync(join(bench.state, 'settings.json'), JSON.stringify({ runs: { days: 10, count: 2 } }));
  await prune();
  await eventually(() => !existsSync(old) && !existsSync(join(stored[2], 'out')), { what: 'what is too old and too many to go' });
  expect([alive, lost, unstored, stored[0], stored[1]].filter((dir) => !existsSync(join(dir, 'out')))).toEqual([]);
  expect(await host.call('runState', { key: 'old' })).toEqual({ kind: 'none' });
  expect((await follow(host, 'unstored')).toString()).toBe('unstored\n');
  // Its key is used for ever, or for as long as the age limit: a late request must not start it again.
  const again = join(bench.dir, 'again');
  expect(await host.call('startRun', bench.run('stored-3', '', [], { command: 'touch', args: [again] }))).toEqual(before);

  await host.call('cancelRun', { key: 'lost', graceMs: 0 });
  await prune();
  await eventually(() => !existsSync(lost), { what: 'a lost run of which nothing is left to go' });
  expect(existsSync(again)).toBe(false);
  expect(existsSync(alive)).toBe(true);
});
